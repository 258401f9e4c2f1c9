"""Reading ahead: who fetches one message fetches the next ones too, and a thread is asked once for all of them.

To ask a thread costs ten times what the store takes to read a small message. Knows no maildrop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.store import Entry, Store

MOST_MESSAGES: Final = 64
MOST_OCTETS: Final = 256 * 1024


class ReadAhead:
    """Returns the bytes of one message of a snapshot after the other. Used by one thread at a time."""

    def __init__(self, store: Store, entries: Sequence[Entry]) -> None:
        self._store = store
        self._entries = entries
        self._read: dict[int, bytes] = {}  # by message number; each is handed out once
        self._revision = -1

    def read(self, number: int) -> bytes:
        """Return the bytes of message `number`, and have small ones behind it read; raises NoSuchMessage."""
        if self.has(number):
            return self._read.pop(number)
        # The revision first: what is deleted while we read counts as later.
        self._revision = self._store.revision
        self._read = {}
        raw = self._store.raw(self._entries[number - 1].message)
        left = MOST_OCTETS - len(raw)
        for following in range(number + 1, min(number + MOST_MESSAGES, len(self._entries) + 1)):
            entry = self._entries[following - 1]
            left -= entry.octets
            if left < 0:
                break
            try:
                self._read[following] = self._store.raw(entry.message)
            except NoSuchMessage:  # it is said to who asks for it
                continue
        return raw

    def has(self, number: int) -> bool:
        """Return whether it can be returned at once: it was read, and nothing has changed in the store since."""
        return number in self._read and self._revision == self._store.revision
