"""A maildrop: what one POP3 login sees, and the lock that it holds (RFC 1939 sections 4 and 6)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from mailtrap_lite.accounts import Selection
from mailtrap_lite.errors import MaildropInUse
from mailtrap_lite.sandbox.ahead import ReadAhead
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.store import Entry, Store


class Locks:
    """The selections that are open; two that could share a mailbox are never open together. Any thread."""

    def __init__(self) -> None:
        self._open: list[Selection] = []
        self._lock = threading.Lock()

    def take(self, selection: Selection) -> None:
        """Raise MaildropInUse, or hold the selection until `release`."""
        with self._lock:
            if any(selection.overlaps(other) for other in self._open):
                raise MaildropInUse("another session has this maildrop open; try again when it has ended")
            self._open.append(selection)

    def release(self, selection: Selection) -> None:
        """Let go of a selection that was taken."""
        with self._lock:
            self._open.remove(selection)


class Maildrop:
    """A snapshot, numbered from 1, oldest first; numbers never move. One session's, but any thread."""

    def __init__(
        self,
        store: Store,
        locks: Locks | None,
        selection: Selection,
        *,
        user: str,
        clock: Callable[[], float],
        expires: Callable[[], bool],
        tally: Tally,
    ) -> None:
        """Take the lock, if there is one, and the snapshot; raises MaildropInUse.

        expires: whether what was fetched is deleted at the end, as `EXPIRE 0` announces (RFC 2449 section 6.7).
        """
        self._store = store
        self._locks = locks
        self._selection = selection
        self._user = user
        self._clock = clock
        self._expires = expires
        self._tally = tally
        self._closed = False
        self._closing = threading.Lock()
        if locks is not None:
            locks.take(selection)
        try:
            self.entries: tuple[Entry, ...] = tuple(store.maildrop(selection))
            self._ahead = ReadAhead(store, self.entries)
        except BaseException:
            self.close()
            raise

    def retrieve(self, number: int) -> bytes:
        """Return the bytes of a message of the snapshot; raises NoSuchMessage if it was removed meanwhile."""
        return self._ahead.read(number)

    def has_at_hand(self, number: int) -> bool:
        """Return whether `retrieve` needs no store for it, and may be called on the loop."""
        return self._ahead.has(number)

    def expunge(self, *, fetched: Collection[int], deleted: Collection[int]) -> tuple[int, ...]:
        """Do what the UPDATE state is for (RFC 1939 section 6): `update`, and what was fetched may expire."""
        if self._expires():
            return self.update(fetched=fetched, deleted=deleted, expired=set(fetched).difference(deleted))
        return self.update(fetched=fetched, deleted=deleted)

    def update(
        self, *, fetched: Collection[int], deleted: Collection[int], expired: Collection[int] = ()
    ) -> tuple[int, ...]:
        """Mark these numbers as fetched, as deleted by the user and as expired.

        In one transaction; raises StoreError and changes nothing.
        Return the numbers that the user deleted, in order: not what another session or the inspector took away before.
        """
        gone = self._store.update_maildrop(
            self._selection,
            fetched=self._messages(fetched),
            deleted=self._messages(deleted),
            expired=self._messages(expired),
            user=self._user,
            now=self._clock(),
        )
        self._tally.add(Counted.FETCHED, by=len(fetched))
        self._tally.add(Counted.DELETED, "pop3", by=len(gone))
        self._tally.add(Counted.DELETED, "expire", by=len(expired))
        if len(gone) == len(deleted):
            return tuple(deleted)
        known = set(gone)
        return tuple(number for number in deleted if self.entries[number - 1].message in known)

    def _messages(self, numbers: Collection[int]) -> list[int]:
        return [self.entries[number - 1].message for number in numbers]

    def close(self) -> None:
        """Release the lock. Idempotent."""
        with self._closing:
            if not self._closed and self._locks is not None:
                self._locks.release(self._selection)
            self._closed = True
