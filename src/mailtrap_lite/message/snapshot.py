"""A mail as text that is the same each time a program sends it: what changes by itself gets a name. Never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mailtrap_lite.message.codes import Code
from mailtrap_lite.message.limits import SNAPSHOT
from mailtrap_lite.message.reading import guarded

if TYPE_CHECKING:
    from mailtrap_lite.message.content import Content
    from mailtrap_lite.message.envelope import Envelope
    from mailtrap_lite.message.parts import Part

# A text or a regular expression, and what stands in its place.
Replacements = Mapping[str, str] | Mapping[re.Pattern[str], str] | Mapping[str | re.Pattern[str], str]

# What somebody on the way writes, and what is different for each mail.
_WHOLE = {
    "date": "<date>",
    "received": "<received>",
    "dkim-signature": "<dkim-signature>",
    "arc-seal": "<arc-seal>",
    "arc-message-signature": "<arc-message-signature>",
    "x-received": "<received>",
}
_STRUCTURE = frozenset({"content-type", "content-transfer-encoding", "mime-version", "content-disposition"})
_IDENTIFIER = re.compile(r"<[^<>\s]{1,998}@[^<>\s]{1,998}>")
_CID = re.compile(r"(cid:)([^\"'\s<>)]{1,998})", re.IGNORECASE)
_LOOPBACK = re.compile(r"\b(localhost|127\.0\.0\.1|\[::1\]):\d{2,5}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
# JWT and itsdangerous, Django's reset tokens, hexadecimal digests; then anything long of letters and digits.
_TOKENS = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:ey[A-Za-z0-9_-]{8,4096}(?:\.[A-Za-z0-9_-]{4,4096}){1,2}
    |[A-Za-z0-9_-]{2,400}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{20,100}
    |[0-9a-z]{6}-[0-9a-f]{32}
    |[A-Za-z0-9_-]{16,4096}={0,2})(?![A-Za-z0-9_-])""",
    re.VERBOSE,
)
_TEXTUAL = re.compile(r"application/(?:[a-z0-9.-]{1,80}\+)?(?:json|xml|yaml)")
_APART = re.compile(r"[-_.=]")
_WORD = re.compile(r"[a-z]+[0-9]{0,4}|[A-Z]+|[0-9]{1,40}|[a-z]*(?:[A-Z][a-z]{2,})+[0-9]{0,2}")
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def snapshot_of(content: Content, envelope: Envelope, codes: Sequence[Code], replace: Replacements) -> str:
    """Return the envelope, the header, and each part of a mail."""
    names = _Names()
    text = "\n".join(guarded(content, "the snapshot", lambda: [*_lines(content, envelope, names)], ["(unreadable)"]))
    for pattern, instead in replace.items():
        text = _replaced(text, pattern, instead)
    for code in codes:
        text = _without_code(text, code.digits, names)
    text = _LOOPBACK.sub(r"\1:<port>", text)
    text = _UUID.sub(lambda found: names.of("uuid", found[0].lower()), text)
    text = _TOKENS.sub(lambda found: names.of("token", found[0]) if _is_random(found[0]) else found[0], text)
    text = _ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") + "\n"


class _Names:
    """Names for what changes: the same value has the same name, so that it can be seen where values are equal."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        if (kind, value) not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[kind, value] = f"<{kind}-{self._counts[kind]}>"
        return self._known[kind, value]


def _lines(content: Content, envelope: Envelope, names: _Names) -> Iterator[str]:
    yield f"MAIL FROM:<{envelope.sender}>"
    yield from (f"RCPT TO:<{address}>" for address in envelope.addresses)
    yield ""
    for name, value in content.headers:
        if name.lower() not in _STRUCTURE:
            yield f"{name}: {_value(name.lower(), value, names)}"
    for part in content.parts:
        yield ""
        yield _head(part, names)
        yield from _body(part, names)


def _value(name: str, value: str, names: _Names) -> str:
    if name in _WHOLE:
        return _WHOLE[name]
    if name in ("message-id", "in-reply-to", "references"):
        return _IDENTIFIER.sub(lambda found: names.of("message-id", found[0]), value)
    return value


def _head(part: Part, names: _Names) -> str:
    """Return what the part is: its type without what changes, how it is to be shown, its name."""
    said = [part.content_type]
    if part.charset:
        said.append(f"charset={part.charset}")
    if part.disposition:
        said.append(part.disposition)
    if part.filename:
        said.append(repr(part.filename))
    if part.content_id:
        said.append(f"Content-ID {names.of('cid', part.content_id)}")
    return f"--- {', '.join(said)}"


def _body(part: Part, names: _Names) -> list[str]:
    if not part.content_type.startswith("text/") and not _TEXTUAL.fullmatch(part.content_type):
        return [f"({part.size:,} octets, {_digest(part)})"]
    text = part.text.replace("\r\n", "\n")
    cut = [f"({len(text) - SNAPSHOT:,} more characters)"] if len(text) > SNAPSHOT else []
    text = text[:SNAPSHOT].rstrip("\n")
    if part.content_type == "text/html":
        text = _CID.sub(lambda found: found[1] + names.of("cid", found[2]), text)
    return [*text.split("\n"), *cut]


def _replaced(text: str, pattern: str | re.Pattern[str], instead: str) -> str:
    if isinstance(pattern, re.Pattern):
        return pattern.sub(lambda _: instead, text)
    return text.replace(pattern, instead) if pattern else text


def _without_code(text: str, digits: str, names: _Names) -> str:
    """Replace a code as it is, and with a space or a hyphen in its middle."""
    half = len(digits) // 2
    as_typed = re.compile(rf"(?<!\d){digits[:half]}[ \u00a0-]?{digits[half:]}(?!\d)")
    return as_typed.sub(lambda _: names.of("code", digits), text)


def _digest(part: Part) -> str:
    from hashlib import sha256  # costs start-up time that most runs never need

    return f"sha256 {sha256(part.data).hexdigest()[:8]}"


def _is_random(text: str) -> bool:
    """Return whether a long word looks drawn. It must say the same of all that are drawn alike, or snapshots change.

    So a word is one only if its pieces are words or numbers: order-confirmation-2024, backgroundTableWrapper.
    """
    return (text.startswith("ey") and "." in text) or not all(map(_WORD.fullmatch, filter(None, _APART.split(text))))
