"""The text of one header field: encoded words (RFC 2047), parameters (RFC 2045, RFC 2231). Knows no field by name."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from mailtrap_lite.message.charsets import decode, guess
from mailtrap_lite.message.limits import HEADER_FIELD, PARAMETERS

# No part of it can match a "?", so each character is looked at a bounded number of times.
_WORD = re.compile(r"=\?([^?\s]{1,75})\?([bBqQ])\?([^?]*)\?=")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_END = re.compile("[\r\n\u2028\u2029]+")
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")))
_SEPARATOR = re.compile(r"[\s;=\"]*")
_NAME = re.compile(r"([^\s;=\"]{1,100})\s*")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"?', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*([0-9]{1,4}))?(\*?)")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def decode_words(text: str) -> str:
    """Return a field's text with its encoded words decoded, as one line without control characters. Never raises."""
    text = text[:HEADER_FIELD]
    if "=?" not in text:
        return clean(text)
    pieces: list[str] = []
    end = 0
    charset, octets = "", b""
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        next_charset = word[1].partition("*")[0].lower()  # RFC 2231 section 5: charset*language
        # White space between two encoded words is not shown (RFC 2047 section 6.2).
        # Two of one charset are joined before decoding: some mailers cut a character in two.
        shown = between if end == 0 or between.strip() else ""
        if shown or next_charset != charset:
            pieces += [_text(octets, charset), shown]
            octets = b""
        charset = next_charset
        octets += _octets(word[2], word[3])
        end = word.end()
    pieces += [_text(octets, charset), text[end:]]
    return clean("".join(pieces))


def clean(text: str) -> str:
    """Return text as one line: line ends become a space, other control characters U+FFFD."""
    if text.isprintable():
        return text
    return _CONTROL.sub("\ufffd", _LINE_END.sub(" ", text))


def base64_octets(data: bytes) -> tuple[bytes, bool]:
    """Return what base64 text says, and whether it was whole. Foreign octets are ignored (RFC 2045 section 6.8)."""
    try:
        octets = binascii.a2b_base64(data)
    except binascii.Error:
        letters = data.translate(None, _NOT_BASE64)
        if len(letters) % 4 == 1:
            letters = letters[:-1]  # six bits are no octet
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)), False
    # Counting instead of a strict decoder: no copy of a large attachment is made.
    others = sum(data.count(octet) for octet in b" \t\r\n=")
    return octets, len(data) - others == -(-len(octets) * 8 // 6)


@dataclass(frozen=True, slots=True)
class Parametered:
    """A structured field: its value in lower case, and its parameters by lower-case name."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Parametered:
        """Read `value; name=value; name*=charset'language'%20value; name*0=…`. Never raises.

        Of two parameters with one name the first counts.
        """
        value, _, rest = text.partition(";")
        plain: dict[str, str] = {}
        sections: dict[str, dict[int, tuple[str, bool]]] = {}
        for name, said in _pairs(rest):
            found = _SECTION.fullmatch(name)
            if "*" not in name or found is None:
                plain.setdefault(name, decode_words(said))
            else:
                sections.setdefault(found[1], {}).setdefault(int(found[2] or 0), (said, bool(found[3])))
        value = value.partition("(")[0]  # what follows is a comment: none of these values has a bracket
        return cls(value.strip().lower(), plain | {name: _joined(parts) for name, parts in sections.items()})


def _octets(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return base64_octets(data)[0]
    return binascii.a2b_qp(data, header=True)


def _text(octets: bytes, charset: str) -> str:
    return decode(octets, charset)[0] if octets else ""


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(text) and len(pairs) < PARAMETERS:
        if separator := _SEPARATOR.match(text, position):
            position = separator.end()
        if (name := _NAME.match(text, position)) is None:
            break
        position = name.end()
        if not text.startswith("=", position):
            continue
        position += 1
        while position < len(text) and text[position] in " \t":
            position += 1
        if quoted := _QUOTED.match(text, position):
            # Only \" and \\ are escapes: senders write "C:\temp" and mean it.
            value = quoted[1].replace('\\"', '"').replace("\\\\", "\\")
            position = quoted.end()
        else:
            end = text.find(";", position)
            end = len(text) if end < 0 else end
            value = text[position:end].strip()
            position = end
        pairs.append((name[1].lower(), value))
    return pairs


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    charset, octets = "", b""
    collected: list[bytes] = []
    for number in sorted(parts):
        said, extended = parts[number]
        if extended and number == 0 and said.count("'") >= 2:
            charset, _, said = said.split("'", 2)
        octets = said.encode("utf-8", "replace")
        collected.append(_PERCENT.sub(lambda found: bytes([int(found[1], 16)]), octets) if extended else octets)
    joined = b"".join(collected)
    return clean(decode(joined, charset)[0] if charset else guess(joined))
