"""Header fields and MIME parts, written. It knows texts and octets; it knows no mail as a whole.

The standard library's policies raise on odd addresses and cost seconds on long ones, so these are written by hand.
"""

from __future__ import annotations

import binascii
import re
import secrets
from collections.abc import Sequence
from urllib.parse import quote

_LINE = 76  # characters of a line, if it can be broken (RFC 5322 section 2.1.1)
_LONGEST = 900  # octets of what cannot be broken; beyond it is encoded
_WORD = 42  # octets in one encoded word, which may have 75 characters (RFC 2047 section 2)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(r"[A-Za-z0-9._+-]{1,100}")


def unstructured(name: str, value: str) -> str:
    """Return a field whose value is a text: as it is, or as encoded words where it is not ASCII."""
    plain = value.isascii() and "=?" not in value and max(map(len, value.split(" "))) <= _LONGEST
    return f"{name}: {_folded(value, len(name) + 2) if plain else words(value)}"


def addresses(name: str, people: Sequence[tuple[str, str]]) -> str:
    """Return a field of addresses. people: name, which may be empty, and address of each."""
    return f"{name}: " + ",\r\n ".join(
        f"{_phrase(person)} <{address}>" if person else address for person, address in people
    )


def words(text: str) -> str:
    """Return a text as encoded words (RFC 2047), each on a line of its own; no character is cut in two."""
    chunks: list[bytes] = [b""]
    for character in text:
        octets = character.encode("utf-8")
        if len(chunks[-1]) + len(octets) > _WORD:
            chunks.append(b"")
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(chunk, newline=False).decode()}?=" for chunk in chunks)


def text_part(subtype: str, text: str) -> bytes:
    """Return a part of text in UTF-8, in lines that end with CR LF."""
    octets = _LINE_END.sub("\r\n", text if text.endswith("\n") else text + "\n").encode("utf-8")
    is_plain = octets.isascii() and b"\0" not in octets and max(map(len, octets.split(b"\r\n"))) <= _LINE
    encoding = "7bit" if is_plain else "quoted-printable"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + (octets if is_plain else binascii.b2a_qp(octets, istext=True))


def file_part(kind: str, name: str, octets: bytes, *, content_id: str) -> bytes:
    """Return a part with the octets of a file. content_id: makes it inline; "" for an attachment."""
    head = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64"]
    head.append(f"Content-Disposition: {'inline' if content_id else 'attachment'}{_filename(name)}")
    if content_id:
        head.append(f"Content-ID: <{content_id}>")
    body = b"".join(
        binascii.b2a_base64(octets[at : at + 57], newline=False) + b"\r\n" for at in range(0, len(octets), 57)
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    """Return a part made of parts; the one part itself if there is only one."""
    if len(parts) == 1:
        return parts[0]
    boundary = secrets.token_hex(16)  # so long that no part has it by chance
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return (
        head
        + b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
        + b"--%s--\r\n" % boundary.encode()
    )


def _filename(name: str) -> str:
    if _TOKEN.fullmatch(name):
        return f'; filename="{name}"'
    # RFC 2231 section 3: numbered pieces, so that no line is too long.
    encoded = quote(name, safe="")
    pieces = re.findall(r"(?:%..|[^%]){1,20}", encoded) or [""]
    first, *others = pieces
    told = [f"filename*0*=utf-8''{first}", *(f"filename*{number}*={piece}" for number, piece in enumerate(others, 1))]
    return "".join(f";\r\n {piece}" for piece in told)


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > _LONGEST:
        return words(name)
    if _ATOMS.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(value: str, used: int) -> str:
    """Return a text broken before spaces, so that unfolding gives it back (RFC 5322 section 2.2.3)."""
    lines = [""]
    for piece in re.findall(r" *[^ ]+| +$", value):
        room = _LINE - (used if len(lines) == 1 else 0)
        if lines[-1] and piece.startswith(" ") and piece.strip() and len(lines[-1]) + len(piece) > room:
            lines.append(piece)
        else:
            lines[-1] += piece
    return "\r\n".join(lines)
