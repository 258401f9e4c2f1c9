"""What a store promises of mail on its way out: the queue. One entry for each recipient of a message.

An entry is committed with the mail that it is of, or with the release that wants it, so that nothing is lost. It goes
when its message is deleted; a message with an unfinished entry is never dropped by the retention. It knows no route,
no schedule and no clock.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtrap_lite.message.queued import Attempt, Outgoing, QueueEntry, QueueState
from mailtrap_lite.store.notices import Notices

if TYPE_CHECKING:
    from mailtrap_lite.message import Message
    from mailtrap_lite.store.contract import Arrival

__all__ = ["Fate", "Outgoing", "Queue", "Settlement", "Shift", "Trial"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an entry that was in flight.

    state: WAITING, SENT or FAILED. said: by the next server, or by us. next_try: for WAITING.
    ambiguous: nobody knows whether the next server took it. warned: its sender was told of the delay.
    tried: False if it was put back before anybody tried.
    """

    entry: int
    state: QueueState
    said: str
    next_try: float | None = None
    ambiguous: bool = False
    warned: bool = False
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One connection's try to hand over a message. seconds: how long it took. host: HOST:PORT."""

    at: float
    seconds: float
    host: str
    tls: str | None
    transcript: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of entries of one message, what was tried for them, and the reports on it.

    trial: None if nobody tried, and each is put back.
    """

    trial: Trial | None
    fates: Sequence[Fate]
    reports: Sequence[Arrival] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """What a person does to entries: from which states to which. next_try: when they are tried then; None: as before.

    settled_at: when they are finished by it.
    """

    old: frozenset[QueueState]
    new: QueueState
    next_try: float | None = None
    settled_at: float | None = None


class Queue(Notices):
    """The part of the contract. Any thread but an event loop's, blocking."""

    _identity: str

    @property
    def identity(self) -> str:
        """What tells the store from every other."""
        return self._identity

    @property
    @abstractmethod
    def held(self) -> bool:
        """Whether somebody paused the whole queue; that is remembered by a file."""

    @abstractmethod
    def hold(self, *, held: bool) -> None:
        """Pause the whole queue, or let it go on."""

    @abstractmethod
    def nudge(self) -> None:
        """Wake who waits for news: the time for which a queue waits was changed."""

    @abstractmethod
    def enqueue(self, message: int, outgoing: Sequence[Outgoing]) -> list[int]:
        """Let a message that is here move on; return the ids of the entries. Raises NoSuchMessage."""

    @abstractmethod
    def recover(self) -> int:
        """Put back what is in flight although nobody sends it, as of a process that was killed; return how many.

        Each is ambiguous from then on: it may have been handed over. For who sends, while nothing of it is at work.
        """

    @abstractmethod
    def claim(self, domains: Collection[str], *, now: float, limit: int) -> list[QueueEntry]:
        """Take entries for these domains that are due, and return them as they are now: in flight.

        Those of one message are taken together, so there may be more than `limit`; by message, and then by id.
        """

    @abstractmethod
    def leaving(self, message: int) -> Message:
        """Return a message as it is sent on, with neither deliveries nor tags; raises NoSuchMessage."""

    @abstractmethod
    def settle(self, settlements: Sequence[Settlement]) -> Future[None]:
        """Keep these in one transaction; what is no longer there is ignored.

        Does not wait for the commit: the result is there after that.
        """

    @abstractmethod
    def shift(self, entries: Collection[int] | None, shift: Shift) -> int:
        """Do this to entries, None: to all; those in other states are ignored. Return how many it was done to."""

    @abstractmethod
    def due_domains(self, *, now: float) -> list[str]:
        """Return the domains for which an entry is due."""

    @abstractmethod
    def next_try(self) -> float | None:
        """Return when the first entry that waits is due; None if none waits."""

    @abstractmethod
    def queued(
        self,
        *,
        states: Collection[QueueState] = (),
        message: int | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[QueueEntry]:
        """Return the entries beyond an id in these states, in any if there are none, by id. message: of this one."""

    @abstractmethod
    def queue_counts(self) -> Mapping[QueueState, int]:
        """Return how many entries are in each state."""

    @abstractmethod
    def attempts(self, entry: int) -> list[Attempt]:
        """Return what was tried for an entry, oldest first; nothing for one that is not there."""
