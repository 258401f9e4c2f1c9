"""Lint: what a strict receiver would object to in a mail. The rules are in rules.py, the handing over in handover.py.

A rule keeps silent when it cannot be sure, since one false alarm costs more trust than ten findings earn.
Octets are looked at by methods of bytes and never line by line, so that 25 MB cost tens of milliseconds.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from mailtrap_lite.message import limits
from mailtrap_lite.message.addresses import addresses_in
from mailtrap_lite.message.charsets import guess
from mailtrap_lite.message.content import Content
from mailtrap_lite.message.envelope import Envelope, Origin
from mailtrap_lite.message.handover import BINARYMIME, addressed, declared, wire
from mailtrap_lite.message.headers import Block
from mailtrap_lite.message.parts import Part
from mailtrap_lite.message.places import and_more, line_of, place_of, shown, tree, where
from mailtrap_lite.message.reading import guarded
from mailtrap_lite.message.rules import Finding, Rule

LINE = 998  # RFC 5322 section 2.1.1, without the line end
BOUNDARY = 70  # RFC 2046 section 5.1.1

# The literal octet comes first, so that the search jumps from one to the next.
_BARE_LF = re.compile(rb"\n(?<!\r\n)")
_BARE_CR = re.compile(rb"\r(?!\n)")
_NO_FIELD = re.compile(rb"^(?![!-9;-~]{1,998}:|[ \t]|\r?$)", re.MULTILINE)
_USABLE = re.compile(r'(?:[^@]+|".*")@(?:[^\s@<>()\[\],;:"\\]+|\[[^\s\[\]]+\])', re.DOTALL)
_PART = re.compile(r"part [0-9.]+: ")

_NO_CHARSET = "8-bit octets without a charset"
_PRESCAN = 1024  # octets, in which HTML may name its charset itself (WHATWG HTML section 13.2.3)

# The fields with a maximum of 1 in RFC 5322 section 3.6, and the one of RFC 2045 section 4.
_ONCE = (
    *("date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"),
    "mime-version",
)
_NEEDED = {"date": Rule.MISSING_DATE, "from": Rule.MISSING_FROM, "message-id": Rule.MISSING_MESSAGE_ID}

# The rule that a defect of the content breaks, by the words it begins with.
# None: a limit of our own, or something that is looked at more closely here.
DEFECTS: dict[str, Rule | None] = {
    "bad Content-Type": Rule.BAD_CONTENT_TYPE,
    "more than one Content-Type": Rule.BAD_CONTENT_TYPE,
    "a multipart without a boundary": Rule.MISSING_BOUNDARY,
    "the boundary of the multipart around it is used again": Rule.REUSED_BOUNDARY,
    "a multipart has no closing delimiter": Rule.UNCLOSED_MULTIPART,
    "a multipart without parts": Rule.MULTIPART_WITHOUT_PARTS,
    "a multipart with Content-Transfer-Encoding": Rule.ENCODED_MULTIPART,
    "broken base64": Rule.BROKEN_BASE64,
    "bad escapes in quoted-printable": Rule.BAD_QUOTED_PRINTABLE,
    "unknown Content-Transfer-Encoding": Rule.UNKNOWN_ENCODING,
    "unknown charset": Rule.UNKNOWN_CHARSET,
    "8-bit octets in": Rule.WRONG_CHARSET,
    _NO_CHARSET: Rule.WRONG_CHARSET,
    "octets that are not": Rule.WRONG_CHARSET,
    "no empty line between header and body": Rule.MALFORMED_PART_HEADER,
    "no header fields": Rule.MALFORMED_PART_HEADER,
    "a line in the header that is no field": Rule.MALFORMED_PART_HEADER,
    "more than": None,
    "the header is longer than": None,
    "the field": None,
    "the text": None,
    "text in": None,
    "parts nested more than": None,
    "a boundary of more than": None,
    "the Date is no date": None,
    "internal fault": None,
}


def findings(content: Content, envelope: Envelope) -> tuple[Finding, ...]:
    """Return what a strict receiver would object to: octets, header, MIME, envelope, wire. Never raises. Any thread.

    Mail that was planted came over no wire, so its envelope is not looked at.
    """
    found: list[Finding] = []
    # What was found before a fault of ours is true all the same.
    guarded(content, "lint", lambda: found.extend(_findings(content, envelope)), None)
    return tuple(found)


def _findings(content: Content, envelope: Envelope) -> Iterator[Finding]:
    yield from _octets(content, envelope)
    yield from _header(content)
    yield from _mime(content)
    if envelope.origin is Origin.SMTP:
        yield from declared(content, envelope)
        yield from addressed(content, envelope)
        yield from wire(envelope)


def _octets(content: Content, envelope: Envelope) -> Iterator[Finding]:
    raw = content.raw
    if envelope.body == BINARYMIME:
        raw = raw[: content.root.block.body]  # RFC 3030 section 3: any octets may follow
    pairs = raw.count(b"\r\n")
    if (bare := raw.count(b"\n") - pairs) and (first := _BARE_LF.search(raw)):
        yield Rule.BARE_LF.finding(f"LF without CR {where(raw, first.start(), bare)}")
    if (bare := raw.count(b"\r") - pairs) and (first := _BARE_CR.search(raw)):
        yield Rule.BARE_CR.finding(f"CR without LF {where(raw, first.start(), bare)}")
    if nuls := raw.count(b"\0"):
        yield Rule.NUL.finding(f"NUL {where(raw, raw.find(0), nuls)}")
    if lines := list(_long_lines(raw)):
        start, length = lines[0]
        yield Rule.LONG_LINE.finding(f"over {LINE} octets {where(raw, start, len(lines))}: {length:,} octets")


def _long_lines(raw: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each long line begins, and its length. Two steps for each 1,000 octets, however short the lines."""
    start = 0
    while start + LINE < len(raw):
        # If a line ends within reach, so does each before it: go on behind the last of them.
        end = raw.rfind(b"\n", start, start + LINE + 1)
        if end < 0:
            end = raw.find(b"\n", start + LINE)
            end = len(raw) if end < 0 else end
            length = end - start - raw.endswith(b"\r", start, end)
            if length > LINE:
                yield start, length
        start = end + 1


def _header(content: Content) -> Iterator[Finding]:
    raw, block = content.raw, content.root.block
    yield from _malformed(raw, block.body)
    try:
        codecs.utf_8_decode(raw[: min(block.body, limits.HEADER_BLOCK)])  # which may cut the last character in two
    except UnicodeDecodeError as err:
        yield Rule.HEADER_NOT_UTF8.finding(f"octets that are not UTF-8 in line {line_of(raw, err.start)}")
    names = Counter(field.name.lower() for field in block.fields)
    if block.body > limits.HEADER_BLOCK or len(block.fields) >= limits.HEADER_FIELDS:
        # It is not read to its end, so nobody knows what is missing in it.
        size = f"{block.body:,} octets, of which {len(block.fields):,} fields were read"
        yield Rule.LARGE_HEADER.finding(f"the header has {size}")
    else:
        yield from (rule.finding(rule.meaning) for name, rule in _NEEDED.items() if not names[name])
    for name in _ONCE:
        if names[name] > 1:
            yield Rule.DOUBLED_HEADER.finding(f"{block.all(name)[1].name} is there {names[name]} times")
    if (date := block.first("date")) and content.date is None:
        yield Rule.BAD_DATE.finding(f"the Date is {shown(date.text)}")
    if (author := block.first("from")) and not _has_address(block):
        yield Rule.BAD_FROM.finding(f"From is {shown(author.text)}, without an address that has a domain")


def _malformed(raw: bytes, body: int) -> Iterator[Finding]:
    """Find lines of the header that are no fields, also the one that begins the body without an empty line before."""
    header = raw[: min(body, limits.HEADER_BLOCK)]
    if body > len(header):
        header = header[: header.rfind(b"\n") + 1]  # the last line is cut
    lines = [found.start() for found in _NO_FIELD.finditer(header)]
    ended = raw.endswith((b"\n\n", b"\n\r\n"), 0, body) or header in (b"\n", b"\r\n")
    if body < len(raw) and not ended and (body == 0 or _NO_FIELD.match(raw, body)):
        lines.append(body)
    if lines:
        first = raw[lines[0] : lines[0] + limits.HEADER_FIELD].partition(b"\n")[0].removesuffix(b"\r")
        yield Rule.MALFORMED_HEADER.finding(f"no field {where(raw, lines[0], len(lines))}: {shown(guess(first))}")


def _has_address(block: Block) -> bool:
    found = (address for field in block.all("from") for address in addresses_in(guess(field.value)))
    return any(_USABLE.fullmatch(mailbox.address) for mailbox in islice(found, limits.ADDRESSES))


def _mime(content: Content) -> Iterator[Finding]:
    block = content.root.block
    mime = block.first("content-type") or block.first("content-transfer-encoding")
    if mime and not block.first("mime-version"):
        yield Rule.MISSING_MIME_VERSION.finding(f"{mime.name} is there, and MIME-Version is not")
    for rule, broken in _structure(content).items():
        yield rule.finding(f"{broken[0]}{and_more(len(broken))}")
    unlabelled = [part for part in tree(content.root) if _is_unlabelled(part)] if not content.raw.isascii() else []
    if unlabelled:
        yield Rule.UNLABELLED_8BIT.finding(
            f"{place_of(unlabelled[0])}8-bit octets without Content-Transfer-Encoding 8bit{and_more(len(unlabelled))}"
        )


def _structure(content: Content) -> dict[Rule, list[str]]:
    """Return what is wrong with the parts, by rule."""
    broken: dict[Rule, list[str]] = {}
    parts = {place_of(part): part for part in tree(content.root)}
    for place, part in parts.items():
        if (length := len(part.boundary)) > BOUNDARY:
            broken.setdefault(Rule.LONG_BOUNDARY, []).append(f"{place}a boundary of {length:,} characters")
    for defect in content.defects:
        prefix = _PART.match(defect)
        place = prefix[0] if prefix else ""
        if rule := _broken_by(defect.removeprefix(place), parts[place]):
            broken.setdefault(rule, []).append(defect)
    return broken


def _broken_by(defect: str, part: Part) -> Rule | None:
    if part.id == "0" and DEFECTS.get(defect) is Rule.MALFORMED_PART_HEADER:
        return None  # the header of the mail itself has a rule of its own, which says more
    if defect == _NO_CHARSET and not _needs_charset(part):
        return None
    return next((rule for beginning, rule in DEFECTS.items() if defect.startswith(beginning)), None)


def _needs_charset(part: Part) -> bool:
    """Return whether a reader cannot know the charset of 8-bit text unless a field says it."""
    if part.disposition == "attachment" or part.filename:
        return False  # it is for another program
    if part.content_type == "text/html":
        return b"charset" not in part.data[:_PRESCAN].lower()
    # Calendars, vCards, CSV and others are UTF-8 by rules of their own (RFC 6657).
    return part.content_type == "text/plain"


def _is_unlabelled(part: Part) -> bool:
    # A mail in the mail says for itself what is in it.
    if part.children or part.encoding not in ("", "7bit") or part.content_type.startswith("message/"):
        return False
    return not part.data.isascii()
