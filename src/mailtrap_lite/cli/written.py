"""The mail that a program wrote for sendmail: where it ends, who is in it, and what goes over the wire. Pure.

Only what has to change does: lines get the CR that SMTP wants, and Bcc goes with -t. Nothing is folded or added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

_BARE_LF = re.compile(rb"(?<!\r)\n")
# RFC 5322 section 2.2: printable ASCII but the colon; white space before the colon is obsolete, and written.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_TO = ("to", "cc", "bcc")
_RESENT = ("resent-to", "resent-cc", "resent-bcc")
_BCC = {"bcc", "resent-bcc"}


def until_lone_dot(stream: BinaryIO) -> bytes:
    """Return what stands before a line with a dot alone, or everything."""
    lines = []
    for line in stream:
        if line.rstrip(b"\r\n") == b".":
            break
        lines.append(line)
    return b"".join(lines)


def on_the_wire(raw: bytes) -> bytes:
    """Return a mail with CR LF at the end of each line.

    A first line "From …" of an mbox file is no part of it. A text that has no header gets the empty line that parts
    header and body, without which its first lines would be one.
    """
    raw = _BARE_LF.sub(b"\r\n", raw)
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    if raw and not raw.endswith(b"\n"):
        raw += b"\r\n"  # RFC 5321 section 4.1.1.4: the dot that ends it stands on a line of its own
    return raw if not raw or raw.startswith(b"\r\n") or _FIELD.match(raw) else b"\r\n" + raw


def recipients_in(raw: bytes) -> list[str]:
    """Return the addresses in To, Cc and Bcc, or in the Resent- ones if there are any (RFC 5322 section 3.6.6)."""
    from email.utils import getaddresses  # smtplib brings it in anyway

    fields = [(name, _value(field)) for name, field in _fields(raw)]
    resent = [value for name, value in fields if name in _RESENT]
    values = resent or [value for name, value in fields if name in _TO]
    return [address for _, address in getaddresses(values) if address]


def without_bcc(raw: bytes) -> bytes:
    """Return a mail whose header has no Bcc; every other octet stays."""
    header = b"".join(field for name, field in _fields(raw) if name not in _BCC)
    return header + raw[sum(len(field) for _, field in _fields(raw)) :]


def _fields(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the fields of the header with their lower-case names, and all their lines."""
    at = 0
    while found := _FIELD.match(raw, at):
        end = _line_end(raw, at)
        while raw[end : end + 1] in (b" ", b"\t"):
            end = _line_end(raw, end)
        yield found[1].decode("ascii").lower(), raw[at:end]
        at = end


def _line_end(raw: bytes, at: int) -> int:
    return raw.find(b"\n", at) + 1 or len(raw)


def _value(field: bytes) -> str:
    return " ".join(field.partition(b":")[2].decode("utf-8", "replace").split())
