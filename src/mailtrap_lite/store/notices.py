"""What a store promises of notices: what happened, committed with it, until whoever is to know has been told.

A notice stays when its message goes, and with it what the message was. It knows no URL, no schedule and no clock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mailtrap_lite.message.notices import Event, Notice, Subject, Telling
from mailtrap_lite.message.queued import QueueState

if TYPE_CHECKING:
    from mailtrap_lite.store.queue import Shift

# Finished notices that are remembered; the oldest go first.
REMEMBERED: Final = 1000
# Octets of a deleted message that nobody had read, so that it can still be said what it was.
HEAD: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a try. state: WAITING, SENT or FAILED. next_try: for WAITING.

    all_wait: nobody answered, so whatever is due waits until then, too.
    """

    notice: int
    telling: Telling
    state: QueueState
    next_try: float | None = None
    all_wait: bool = False


class Notices(ABC):
    """The part of the contract. Any thread but an event loop's, blocking."""

    @abstractmethod
    def note(self, events: Collection[Event], *, clock: Callable[[], float]) -> None:
        """Keep a notice of each of these events from now on; without this call there are none, and they cost nothing.

        clock: says when it was; it is called while the store is locked.
        """

    @abstractmethod
    def due_notice(self, *, now: float) -> Notice | None:
        """Return the oldest notice that is due."""

    @abstractmethod
    def next_telling(self) -> float | None:
        """Return when the first notice that waits is due; None if none waits."""

    @abstractmethod
    def subject(self, message: int) -> Subject | None:
        """Return what a message is or was; None if it was deleted while nobody kept notices."""

    @abstractmethod
    def told(self, told: Told) -> None:
        """Keep what became of a try; what is no longer there is ignored."""

    @abstractmethod
    def shift_notices(self, notices: Collection[int] | None, shift: Shift) -> int:
        """Do this to notices, None: to all; those in other states are ignored. Return how many it was done to."""

    @abstractmethod
    def notices(self, *, states: Collection[QueueState] = (), after: int = 0, limit: int | None = None) -> list[Notice]:
        """Return the notices beyond an id in these states, in any if there are none, by id."""

    @abstractmethod
    def notice_counts(self) -> Mapping[QueueState, int]:
        """Return how many notices are in each state."""

    @abstractmethod
    def tellings(self, notice: int) -> list[Telling]:
        """Return the tries of a notice, oldest first; nothing for one that is not there."""
