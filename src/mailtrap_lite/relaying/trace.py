"""What is put before a mail on its way out (RFC 5321 section 4.4), and which mail goes round in circles."""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Final

from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.message.envelope import Origin

MOST_HOPS: Final = 100  # RFC 5321 section 6.3
MOST_PASSES: Final = 2  # a mail may come back to us once, as of a forward; a third time it would go on for ever

_OURS: Final = b"mailtrap-lite"
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_RECEIVED: Final = re.compile(rb"^Received[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)


def received_line(message: Message, *, hostname: str, mark: str, now: float, recipient: str = "") -> bytes:
    """Return the Received field of a message on its way out.

    mark: ours, unlike any other store's. recipient: the only one of this transaction; "" if there are several, as those
    that were not named to each other stay unknown.
    """
    envelope = message.envelope
    lines = [f"Received: from {_whom(envelope)}"] if envelope.client else ["Received:"]
    lines.append(f"by {hostname} (mailtrap-lite) with {_protocol(envelope)} id {mark}.{message.id}")
    if recipient.isascii() and recipient:
        lines.append(f"for <{recipient}>")
    return ("\r\n ".join(lines) + f"; {formatdate(now)}\r\n").encode("ascii", "replace")


def loop_in(raw: bytes, *, hostname: str, mark: str) -> str | None:
    """Return why a mail goes round in circles; None if it does not. Servers of one name have marks of their own."""
    end = _HEAD_END.search(raw)
    fields = _RECEIVED.findall(raw, 0, end.start() if end else len(raw))
    if len(fields) >= MOST_HOPS:
        return f"it has passed {len(fields)} servers"
    if not any(_OURS in field for field in fields):
        return None
    ours = re.compile(rb"\bby %s \(mailtrap-lite\) with \w+ id %s\." % (re.escape(hostname.encode()), mark.encode()))
    passes = sum(ours.search(b" ".join(field.split())) is not None for field in fields)
    return f"it has passed {hostname} {passes} times" if passes >= MOST_PASSES else None


def _whom(envelope: Envelope) -> str:
    address = envelope.client.rpartition(":")[0].strip("[]")
    literal = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    name = re.sub(r"[^A-Za-z0-9.:\[\]_-]", "?", envelope.helo) or "unknown"
    return f"{name} ({literal})"


def _protocol(envelope: Envelope) -> str:
    """Return the transmission type (RFC 3848, RFC 6531 section 4.3)."""
    if envelope.origin is not Origin.SMTP:
        return "local"
    utf8, tls, login = "UTF8" if envelope.smtputf8 else "E", "S" if envelope.tls else "", "A" if envelope.user else ""
    return f"{utf8}SMTP{tls}{login}"
