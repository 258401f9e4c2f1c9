"""Mails as one download, an mbox file or a zip archive, made while it is sent and never whole in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox.mbox import entry

_ZIP_BEGINS = 1980  # the format has no earlier year, and none after 2107
_ZIP_ENDS = 2107


def mbox_of(messages: Iterable[Message]) -> Iterator[bytes]:
    """Return the pieces of an mbox file."""
    for message in messages:
        yield entry(message.raw, sender=message.envelope.sender, received=message.received)


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
