"""The maildrop as one session sees it: numbered at login, with its deletion marks (RFC 1939 sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class Refused(Exception):
    """A command is answered -ERR with this text, and the session goes on. code: a response code (RFC 2449), or ""."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Entry(Protocol):
    """One message: its unique-id, and the octets that RETR sends, before dot-stuffing."""

    @property
    def uid(self) -> str: ...

    @property
    def octets(self) -> int: ...


class Snapshot:
    """Message number n is entries[n - 1] for the whole session; a mark moves no number."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = entries
        self._marked: dict[int, None] = {}  # in the order of DELE
        # Kept up to date, so that a thousand STAT in one write are not a thousand sums.
        self.count = 0
        self.octets = 0
        self._recount()

    def __getitem__(self, number: int) -> Entry:
        return self._entries[number - 1]

    def __str__(self) -> str:
        return f"{self.count} {'message' if self.count == 1 else 'messages'} ({self.octets} octets)"

    @property
    def marked(self) -> tuple[int, ...]:
        """The numbers that are marked as deleted, in the order of DELE."""
        return tuple(self._marked)

    def kept(self) -> Iterator[tuple[int, Entry]]:
        """Yield each number that is not marked as deleted, with its entry."""
        return (each for each in enumerate(self._entries, 1) if each[0] not in self._marked)

    def number(self, text: bytes) -> int:
        """Return the message number that an argument means; the one place that decides it.

        Raises Refused for what is no number, no message of this maildrop, or marked as deleted.
        """
        number = int(text) if text.isdigit() else 0  # isdigit of bytes: ASCII digits only, so no sign and no "1_0"
        if not 1 <= number <= len(self._entries):
            raise Refused("no such message")
        if number in self._marked:
            raise Refused("message already deleted")
        return number

    def mark(self, number: int) -> None:
        """Mark a message as deleted."""
        self._marked[number] = None
        self.count -= 1
        self.octets -= self[number].octets

    def unmark_all(self) -> None:
        """Take every mark away."""
        self._marked.clear()
        self._recount()

    def _recount(self) -> None:
        self.count = len(self._entries)
        self.octets = sum(entry.octets for entry in self._entries)
