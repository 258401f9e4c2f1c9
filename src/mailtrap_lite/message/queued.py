"""Mail that is to move on: for whom, how far it came, and what was tried. Knows no clock, no store and no server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.envelope import Recipient


class QueueState(StrEnum):
    """How far one recipient's copy of a mail came on its way out."""

    WAITING = "waiting"  # for its next try
    IN_FLIGHT = "in flight"  # a connection has it
    PAUSED = "paused"  # somebody holds it
    SENT = "sent"  # the next server took it over
    FAILED = "failed"  # given up
    CANCELLED = "cancelled"  # somebody gave it up

    @property
    def unfinished(self) -> bool:
        """Whether it may still be sent."""
        return self in _UNFINISHED


_UNFINISHED = frozenset({QueueState.WAITING, QueueState.IN_FLIGHT, QueueState.PAUSED})


class Why(StrEnum):
    """Who wanted a mail to move on."""

    RULE = "rule"  # relay_rules
    FORWARD = "forward"  # relay_forward
    RELEASE = "release"  # a person


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One recipient to whom a mail is to move on.

    sender: the reverse-path; "" is the null sender. at: when that was decided, in seconds since the epoch.
    """

    sender: str
    recipient: Recipient
    why: Why
    at: float

    @property
    def domain(self) -> str:
        """The domain of the recipient in lower case; "" without one."""
        return domain_of(self.recipient.address)


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One recipient of one message on its way out.

    next_try: seconds since the epoch; None once it is finished. tries: how often it was tried.
    reason: what was said last, by the next server or by us. settled_at: when it was finished.
    ambiguous: how often nobody knows whether the next server took it: it may be there once more for each.
    """

    id: int
    message: int
    sender: str
    recipient: Recipient
    why: Why
    state: QueueState
    queued_at: float
    next_try: float | None
    tries: int = 0
    ambiguous: int = 0
    warned: bool = False
    reason: str = ""
    settled_at: float | None = None

    def __str__(self) -> str:
        tail = f": {self.reason}" if self.reason else ""
        return f"{self.id}: message {self.message} to {self.recipient} is {self.state}{tail}"

    @property
    def domain(self) -> str:
        """The domain of the recipient in lower case; "" without one."""
        return domain_of(self.recipient.address)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message over, as one recipient of it met it.

    seconds: how long it took. host: HOST:PORT, "" if there was no way. tls: the version, or None.
    said: what came of it for this recipient. transcript: the dialogue, a line each, without secrets and mail.
    """

    id: int
    message: int
    at: float
    seconds: float
    host: str
    tls: str | None
    said: str
    transcript: tuple[str, ...]


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case; "" without one."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
