"""A fault that is in force: how often it was asked, when it happened, and when it has to go."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from mailtrap_lite.faults.actions import Action
from mailtrap_lite.faults.counting import Greylist, is_due
from mailtrap_lite.faults.fault import Fault
from mailtrap_lite.faults.occasion import Hit, Occasion

# The newest ones are kept.
MOST_HITS: Final = 10_000
MOST_WAITING: Final = 10_000


class ActiveFault:
    """`with mailtrap.faults.add(...) as fault:` ends it with the block. One thread asks it; any may read it."""

    def __init__(
        self, number: int, fault: Fault, *, dice: Callable[[], float], remove: Callable[[ActiveFault], None]
    ) -> None:
        """dice: returns a number from 0 to below 1. remove: takes it out of force."""
        self.id = number
        self.fault = fault
        self.attempts = 0
        self._dice = dice
        self._remove = remove
        self._hits: list[Hit] = []
        self._happened = 0
        self._waiting: dict[tuple[str, str | None, str], float] = {}

    def __repr__(self) -> str:
        return f"<fault {self}>"

    def __str__(self) -> str:
        return f"{self.id}: {self.fault}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Each time that it happened, in order: the newest ten thousand."""
        return tuple(self._hits[-MOST_HITS:])

    @property
    def happened(self) -> int:
        """How often it happened."""
        return self._happened

    @property
    def action(self) -> Action:
        """What it does."""
        return self.fault.action

    def remove(self) -> None:
        """Take it out of force. Idempotent; what it did can still be asked for."""
        self._remove(self)

    def happens(self, occasion: Occasion, now: float) -> bool:
        """Return whether it happens now, and keep that. now: seconds since the epoch."""
        matched = self.fault.matched(occasion)
        if matched is None:
            return False
        self.attempts += 1
        if not self._is_due(occasion, matched, now):
            return False
        self._happened += 1
        self._hits.append(Hit(occasion.session, occasion.stage, matched, now))
        if len(self._hits) > 2 * MOST_HITS:
            del self._hits[:MOST_HITS]
        return True

    def _is_due(self, occasion: Occasion, matched: str, now: float) -> bool:
        count = self.fault.count
        if not isinstance(count, Greylist):
            return is_due(count, self.attempts, self._dice())
        triple = (occasion.host, occasion.sender, matched.casefold())
        first = self._waiting.get(triple)
        if first is not None:
            return now - first < count.wait
        self._waiting[triple] = now
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        return True
