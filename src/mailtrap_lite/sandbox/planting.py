"""What somebody hands over to be planted: a mail, for whom, when and under which UIDL. Knows no store."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import Message as EmailMessage
from pathlib import Path
from typing import TypeAlias

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Content

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace

# What can be planted: the bytes, an email.message, or the path of an .eml file.
Plantable: TypeAlias = bytes | EmailMessage | os.PathLike[str]

# RFC 1939 section 7.
_UID = re.compile(r"[!-~]{1,70}")


def octets_of(mail: Plantable) -> bytes:
    """Return the mail's bytes; raises BadMail for what is no mail or cannot be read."""
    match mail:
        case bytes():
            return mail
        case bytearray() | memoryview():
            return bytes(mail)
        case EmailMessage():
            return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        case os.PathLike():
            try:
                return Path(mail).read_bytes()
            except OSError as err:
                raise BadMail(f"{err.filename} cannot be read: {err.strerror}") from err
    raise BadMail(f"a mail is bytes, an email.message or a pathlib.Path, not {type(mail).__name__}")


def addresses_of(raw: bytes, to: str | Sequence[str] | None) -> list[str]:
    """Return for whom a mail is: `to`, or if it is None whom its To, Cc and Bcc name. Raises BadMail for nobody."""
    found = _named_in(raw) if to is None else [to] if isinstance(to, str) else list(to)
    if not found or any(not isinstance(a, str) or not a.strip() or not a.isprintable() for a in found):
        said = "its To, Cc and Bcc name nobody" if to is None else f"to={to!r} is no address"
        raise BadMail(f"nobody to deliver to: {said}; give an address or several with to=")
    return found


def _named_in(raw: bytes) -> list[str]:
    content = Content(raw)
    return [address.address for address in (*content.to, *content.cc, *content.bcc) if address.address]


def seconds_of(moment: datetime | float) -> float:
    """Return a moment as seconds since the epoch; a datetime without a zone is local. Raises BadMail for no moment."""
    try:
        seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
        datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as err:
        raise BadMail(f"received_at={moment!r} is no moment; give a datetime or seconds since the epoch") from err
    return seconds


def checked_uid(uid: str) -> str:
    """Return what can be a UIDL; raises BadMail for anything else."""
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise BadMail(f"uid={uid!r} is no UIDL: it has 1 to 70 characters from ! to ~ (RFC 1939 section 7)")
    return uid
