"""Lint of the handing over: what MAIL announced, to whom the mail went, and what only the wire showed.

Not flagged on purpose, since it is normal: an envelope sender that is in no header (bounces go elsewhere), recipients
in no header (blind copies, lists), a null sender, From of another domain than the envelope's sender.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from mailtrap_lite.message.content import Content
from mailtrap_lite.message.envelope import Envelope
from mailtrap_lite.message.places import and_more, line_of, place_of, shown, tree
from mailtrap_lite.message.rules import Finding, Kind, Rule

BINARYMIME = "BINARYMIME"

# RFC 5321 section 4.5.3.1.8: so many recipients each server takes; a client that has more may split the mail.
_SURE_TO_BE_TAKEN = 100
# Mail of a list, and mail that was sent on, has other recipients than its header says, as it should.
_SENT_ON = ("list-id", "list-post", "list-help", "list-unsubscribe", "precedence", "resent-to", "resent-from")
_PIECE = 64 * 1024
_8BIT = re.compile(rb"[\x80-\xff]")


def declared(content: Content, envelope: Envelope) -> Iterator[Finding]:
    """Find octets that may be sent only when MAIL has announced them."""
    raw, body, said = content.raw, content.root.block.body, envelope.body
    if said not in ("8BITMIME", BINARYMIME) and (place := _first_8bit(raw, body, len(raw))) >= 0:
        yield Rule.UNDECLARED_8BIT.finding(f"8-bit octets in the body, first in line {line_of(raw, place)}")
    if not envelope.smtputf8:
        yield from _undeclared_utf8(content)
    binary = [part for part in tree(content.root) if part.encoding == "binary"]
    if binary and said != BINARYMIME:
        yield Rule.UNDECLARED_BINARY.finding(
            f"{place_of(binary[0])}Content-Transfer-Encoding binary{and_more(len(binary))}"
        )


def addressed(content: Content, envelope: Envelope) -> Iterator[Finding]:
    """Find what is odd between the header's addresses and the recipients."""
    if path := content.root.block.first("return-path"):
        yield Rule.RETURN_PATH.finding(f"Return-Path is {shown(path.text)}")
    recipients = _comparable(envelope.addresses)
    blind = _comparable(address.address for address in content.bcc)
    # RFC 5322 section 3.6.3: those who got a blind copy may see the field, in a copy of their own.
    if blind and (others := [address for address in recipients if address not in blind]):
        yield Rule.BCC_HEADER.finding(f"Bcc names {shown(next(iter(blind)))}, and {shown(others[0])} can read it")
    yield from _left_out(content, envelope, recipients)


def wire(envelope: Envelope) -> Iterator[Finding]:
    """Turn what the door remarked on into findings; what it calls by a name that is none of ours is left out."""
    rules = {rule.value: rule for rule in Rule if rule.kind is Kind.WIRE}
    for code, count in Counter(envelope.remarks).items():
        if rule := rules.get(code):
            yield rule.finding(rule.meaning if count == 1 else f"{rule.meaning}, {count:,} times")


def _undeclared_utf8(content: Content) -> Iterator[Finding]:
    raw, body = content.raw, content.root.block.body
    if raw.isascii():
        return
    if (place := _first_8bit(raw, 0, body)) >= 0:
        yield Rule.UNDECLARED_UTF8.finding(f"8-bit octets in the header, first in line {line_of(raw, place)}")
    # RFC 6532 section 3 allows UTF-8 in the header of a part too, and RFC 2045 does not.
    fields = [(part, field) for part in islice(tree(content.root), 1, None) for field in part.block.fields]
    wide = [(part, field) for part, field in fields if not field.value.isascii()]
    if wide:
        part, field = wide[0]
        yield Rule.UNDECLARED_UTF8.finding(f"{place_of(part)}8-bit octets in {field.name}{and_more(len(wide))}")


def _left_out(content: Content, envelope: Envelope, recipients: dict[str, None]) -> Iterator[Finding]:
    """Find somebody whom To or Cc names and who was no recipient, though somebody beside was.

    That is what a program does that gives RCPT for To and forgets Cc. Nothing is said when the mail may have been split
    or sent on: by lists, by senders that name the recipient (VERP, with an equals sign), for bounces, for hundreds.
    """
    if len(recipients) < len({address.lower() for address in envelope.addresses}):
        return  # one of them may be the one that is missed, spelled in another way
    if not envelope.sender or "=" in envelope.sender or len(recipients) >= _SURE_TO_BE_TAKEN:
        return
    if any(content.root.block.first(name) for name in _SENT_ON):
        return
    named = _comparable(address.address for address in (*content.to, *content.cc))
    left = [address for address in named if address not in recipients]
    if left and len(left) < len(named):
        yield Rule.RECIPIENT_LEFT_OUT.finding(f"{shown(left[0])} was no accepted recipient{and_more(len(left))}")


def _comparable(addresses: Iterable[str]) -> dict[str, None]:
    """Return in lower case those addresses that have one spelling only: no quotes, no international domains."""
    lower = (address.lower() for address in addresses)
    return {a: None for a in lower if "@" in a and a.isascii() and '"' not in a and "xn--" not in a}


def _first_8bit(raw: bytes, start: int, end: int) -> int:
    """Return where the first octet over 127 is, or -1."""
    for piece in range(start, end, _PIECE):
        # Asking a piece whether it has any is 50 times as fast as looking for the one.
        if not raw[piece : min(piece + _PIECE, end)].isascii() and (found := _8BIT.search(raw, piece)):
            return found.start()
    return -1
