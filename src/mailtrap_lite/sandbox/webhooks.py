"""Webhooks as a person or a test sees them: what there is to tell, and how it was tried. Knows no connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailtrap_lite.errors import NoSuchEntry, NotSettled
from mailtrap_lite.message.notices import Event, Notice, Telling
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.store import Shift, Store
from mailtrap_lite.terminal import escaped

DELIVERED: Final = "delivered"
REFUSED: Final = "failed"
_MOST_SHOWN: Final = 20
_LOOK: Final = 0.005  # seconds
_RETRIED: Final = frozenset({QueueState.WAITING, QueueState.FAILED, QueueState.CANCELLED})
_CANCELLED: Final = frozenset({QueueState.WAITING})


class Webhooks:
    """Notices of what happened, each told to `webhook_url`. Any thread but the loop's, blocking.

    They go by the clock of the queue: `mail.queue.advance(minutes=1)`. Finished ones are remembered, the last 1,000.
    """

    def __init__(self, store: Store, now: Callable[[], float], *, events: tuple[Event, ...], tally: Tally) -> None:
        self.events = events
        self._store = store
        self._now = now
        self._tally = tally

    def __iter__(self) -> Iterator[Notice]:
        return iter(self.entries())

    def __len__(self) -> int:
        return sum(self.counts().values())

    def entries(self, *states: QueueState, after: int = 0, limit: int | None = None) -> list[Notice]:
        """Return the notices in these states, in any if none is named, oldest first."""
        return self._store.notices(states=states, after=after, limit=limit)

    def attempts(self, notice: Notice | int) -> list[Telling]:
        """Return what was tried for a notice, oldest first; raises NoSuchEntry for one that is not there."""
        number = notice.id if isinstance(notice, Notice) else notice
        found = self._store.notices(after=number - 1, limit=1)
        if not found or found[0].id != number:
            raise NoSuchEntry(f"no webhook has the id {number}, or it was forgotten")
        return self._store.tellings(number)

    def counts(self) -> Mapping[QueueState, int]:
        """Return how many notices are in each state."""
        return self._store.notice_counts()

    def retry_now(self, *notices: Notice | int) -> int:
        """Tell notices now, also those that were given up; all that wait if none is named. Return how many."""
        old = _RETRIED if notices else _CANCELLED
        return self._shift(notices, Shift(old, QueueState.WAITING, next_try=self._now()))

    def cancel(self, *notices: Notice | int) -> int:
        """Give notices up; all that wait if none is named. Return how many."""
        return self._shift(notices, Shift(_CANCELLED, QueueState.CANCELLED, settled_at=self._now()))

    def _shift(self, notices: tuple[Notice | int, ...], shift: Shift) -> int:
        ids = [each.id if isinstance(each, Notice) else each for each in notices]
        return self._store.shift_notices(ids if notices else None, shift)

    def wait_until_settled(self, timeout: float = 10.0) -> None:
        """Wait until nothing is due: what still waits was tried, and is not due yet. Raises NotSettled."""
        __tracebackhide__ = True
        end = time.monotonic() + timeout
        while True:
            revision = self._store.revision
            if self._store.due_notice(now=self._now()) is None:
                return
            if (left := end - time.monotonic()) <= 0:
                raise NotSettled(self._listed(f"the webhooks are not settled after {timeout:g} s"))
            self._store.wait(revision, left)
            time.sleep(min(_LOOK, left))  # while much is told there is news all the time

    def _listed(self, head: str) -> str:
        found = self.entries(QueueState.WAITING)
        lines = [f"{head}:", *(f"  {escaped(str(notice))}" for notice in found[:_MOST_SHOWN])]
        if len(found) > _MOST_SHOWN:
            lines.append(f"  ({len(found) - _MOST_SHOWN} more are not shown)")
        return "\n".join(lines)

    # For who tells.

    def count(self, event: Event, *, delivered: bool) -> None:
        """There was a try."""
        self._tally.add(Counted.TELLINGS, event, DELIVERED if delivered else REFUSED)
