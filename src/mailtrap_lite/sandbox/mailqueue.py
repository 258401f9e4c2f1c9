"""The queue as a person or a test sees it: what waits and why, and what can be done about it. Knows no connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailtrap_lite.errors import NoSuchEntry, NotSettled
from mailtrap_lite.message import Message
from mailtrap_lite.message.queued import Attempt, QueueEntry, QueueState
from mailtrap_lite.store import Shift, Store
from mailtrap_lite.terminal import escaped

UNFINISHED: Final = tuple(state for state in QueueState if state.unfinished)
_MOST_SHOWN: Final = 20
_LOOK: Final = 0.005  # seconds
# What a person can do, and to entries in which states.
_RETRIED: Final = frozenset({QueueState.WAITING, QueueState.PAUSED, QueueState.FAILED, QueueState.CANCELLED})
_CANCELLED: Final = frozenset({QueueState.WAITING, QueueState.PAUSED})
_PAUSED: Final = frozenset({QueueState.WAITING})
_RESUMED: Final = frozenset({QueueState.PAUSED})


class MailQueue:
    """Mail on its way out, an entry for each recipient of a message. Any thread but the loop's, blocking.

    Its clock can be put forward, so that a test sees a mail tried again, delayed and given up without waiting.
    Verbs take entries or their ids; what is in another state, or gone, is ignored.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._ahead = 0.0

    def now(self) -> float:
        """Return the time by which it goes, in seconds since the epoch."""
        return self._clock() + self._ahead

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Put its clock forward; what is due then is tried at once. See `wait_until_settled`."""
        ahead = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if not 0 <= ahead < 1e9:
            raise ValueError(f"a clock goes forward by up to 1e9 seconds, not by {ahead}")
        self._ahead += ahead
        self._store.nudge()

    def renew(self) -> None:
        """Set its clock right again, and let it go on if it was paused; for the next test."""
        self._ahead = 0.0
        self._store.hold(held=False)

    # What there is.

    def __iter__(self) -> Iterator[QueueEntry]:
        return iter(self.entries())

    def __len__(self) -> int:
        counts = self._store.queue_counts()
        return sum(counts[state] for state in QueueState)

    def entries(
        self, *states: QueueState, message: int | Message | None = None, after: int = 0, limit: int | None = None
    ) -> list[QueueEntry]:
        """Return the entries in these states, all if none is named, oldest first. message: only those of one."""
        identity = message.id if isinstance(message, Message) else message
        return self._store.queued(states=states, message=identity, after=after, limit=limit)

    @property
    def waiting(self) -> list[QueueEntry]:
        """What may still be sent: it waits, is in flight or is paused."""
        return self.entries(*UNFINISHED)

    def entry(self, entry: int) -> QueueEntry:
        """Return an entry by its id; raises NoSuchEntry."""
        found = self._store.queued(after=entry - 1, limit=1)
        if not found or found[0].id != entry:
            raise NoSuchEntry(f"no entry of the queue has the id {entry}, or its message was deleted")
        return found[0]

    def attempts(self, entry: QueueEntry | int) -> list[Attempt]:
        """Return what was tried for an entry, oldest first; raises NoSuchEntry."""
        return self._store.attempts(self.entry(_id(entry)).id)

    def counts(self) -> Mapping[QueueState, int]:
        """Return how many entries are in each state."""
        return self._store.queue_counts()

    @property
    def paused(self) -> bool:
        """Whether the whole queue is paused."""
        return self._store.held

    # What can be done.

    def retry_now(self, *entries: QueueEntry | int) -> int:
        """Try entries now, also those that were given up; all that wait if none is named. Return how many."""
        old = _RETRIED if entries else _PAUSED
        return self._shift(entries, Shift(old, QueueState.WAITING, next_try=self.now()))

    def cancel(self, *entries: QueueEntry | int) -> int:
        """Give entries up without a report to anybody; all that are not in flight if none is named. Return how many."""
        return self._shift(entries, Shift(_CANCELLED, QueueState.CANCELLED, settled_at=self.now()))

    def pause(self, *entries: QueueEntry | int) -> int:
        """Hold entries, or the whole queue if none is named, until `resume`. Return how many entries that are.

        What is in flight goes on. A pause of the whole queue is there after a restart too.
        """
        if entries:
            return self._shift(entries, Shift(_PAUSED, QueueState.PAUSED))
        self._store.hold(held=True)
        return self._store.queue_counts()[QueueState.WAITING]

    def resume(self, *entries: QueueEntry | int) -> int:
        """Let entries that are paused go on, or the whole queue with all of them. Return how many were paused."""
        if not entries:
            self._store.hold(held=False)
        return self._shift(entries, Shift(_RESUMED, QueueState.WAITING))

    def _shift(self, entries: tuple[QueueEntry | int, ...], shift: Shift) -> int:
        return self._store.shift([_id(entry) for entry in entries] if entries else None, shift)

    # Somebody waits.

    def wait_until_empty(self, timeout: float = 10.0) -> None:
        """Wait until each entry is sent, failed or cancelled; raises NotSettled, which lists those that are not."""
        __tracebackhide__ = True
        self._wait(lambda: not self._any(*UNFINISHED), timeout, "is not empty")

    def wait_until_settled(self, timeout: float = 10.0) -> None:
        """Wait until nothing is in flight and nothing is due: what still waits was tried, and is not due yet.

        Raises NotSettled.
        """
        __tracebackhide__ = True
        self._wait(self._settled, timeout, "is not settled")

    def _settled(self) -> bool:
        if self._any(QueueState.IN_FLIGHT):
            return False
        return self._store.held or not self._store.due_domains(now=self.now())

    def _any(self, *states: QueueState) -> bool:
        return bool(self._store.queued(states=states, limit=1))

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        __tracebackhide__ = True
        end = time.monotonic() + timeout
        while True:
            revision = self._store.revision
            if done():
                return
            if (left := end - time.monotonic()) <= 0:
                raise NotSettled(self._listed(f"the queue {what} after {timeout:g} s"))
            self._store.wait(revision, left)
            time.sleep(min(_LOOK, left))  # while much moves on there is news all the time

    def _listed(self, head: str) -> str:
        found = self.waiting
        held = " (it is paused)" if self.paused else ""
        lines = [f"{head}{held}:", *(f"  {escaped(str(entry))}" for entry in found[:_MOST_SHOWN])]
        if len(found) > _MOST_SHOWN:
            lines.append(f"  ({len(found) - _MOST_SHOWN} more are not shown)")
        return "\n".join(lines)


def _id(entry: QueueEntry | int) -> int:
    return entry.id if isinstance(entry, QueueEntry) else entry
