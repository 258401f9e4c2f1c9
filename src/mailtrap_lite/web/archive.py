"""Mails as one download, an mbox file or a zip archive, made while it is sent and never whole in memory.

The quoting of the mbox file is the one that loses nothing, which is called mboxrd (RFC 4155, appendix A): a line that
would be taken for the beginning of a mail, or for a quoted one, gets a ">" more. Line ends stay what they are. A mail
that does not end with a line end gets one, for there is no other way to part it from the next.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from mailtrap_lite.message import Message

_ZIP_BEGINS = 1980  # the format has no earlier year, and none after 2107
_ZIP_ENDS = 2107


_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_NO_WORD = re.compile(r"[^!-~]")


def mbox_of(messages: Iterable[Message]) -> Iterator[bytes]:
    """Return the pieces of an mbox file."""
    for message in messages:
        yield entry(message.raw, sender=message.envelope.sender, received=message.received)


def entry(raw: bytes, *, sender: str, received: float) -> bytes:
    """Return a mail as it stands in an mbox file. received: seconds since the epoch."""
    moment = time.gmtime(received)
    # asctime knows no language, and the year has four digits for those who read it.
    date = f"{time.asctime(moment)[:20]}{moment.tm_year:04}"
    head = f"From {_NO_WORD.sub('?', sender) or 'MAILER-DAEMON'} {date}\n"
    end = b"\n" if raw.endswith(b"\n") or not raw else b"\n\n"
    return head.encode("ascii") + _TO_QUOTE.sub(rb">\1", raw) + end


def zip_of(messages: Iterable[Message]) -> Iterator[bytes]:
    """Return the pieces of a zip archive with an .eml file for each mail, to the octet."""
    pieces = Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:
        for message in messages:
            name = zipfile.ZipInfo(f"message-{message.id}.eml", _moment(message.received))
            name.external_attr = 0o600 << 16
            archive.writestr(name, message.raw, zipfile.ZIP_DEFLATED)
            yield pieces.taken()
    yield pieces.taken()


class Pieces:
    """What zipfile writes to; it cannot be sought in, so the archive is written from front to back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, octets: bytes, /) -> int:
        """Keep octets until they are taken."""
        self._pieces.append(octets)
        return len(octets)

    def close(self) -> None:
        """Do nothing; zipfile may call it."""

    def flush(self) -> None:
        """Do nothing; zipfile calls it, and there is nothing below."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        octets = b"".join(self._pieces)
        self._pieces.clear()
        return octets


def _moment(seconds: float) -> tuple[int, int, int, int, int, int]:
    moment = datetime.fromtimestamp(seconds, UTC)
    if not _ZIP_BEGINS <= moment.year <= _ZIP_ENDS:
        return _ZIP_BEGINS, 1, 1, 0, 0, 0
    return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
