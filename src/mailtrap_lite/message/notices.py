"""What a webhook is told of: a notice of something that happened to a message. Knows no clock, store and network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.envelope import Envelope
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.message.summary import Digest


class Event(StrEnum):
    """What happens to a message that somebody may want to know."""

    ACCEPTED = "accepted"  # it was stored, however it came
    FETCHED = "fetched"  # a POP3 client has it, from one mailbox
    DELETED = "deleted"  # a POP3 client deleted it from one mailbox, or it left the store
    RELAYED = "relayed"  # the next server took it, for one recipient
    BOUNCED = "bounced"  # it was given up, for one recipient


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    id: rises in the order in which things were committed. key: the same at each try, and of no other notice.
    at: when it happened. whom: the mailbox, or the recipient; "" for the whole message. by: the POP3 user, or EXPIRE.
    said: what the next server, or we, said of it. state: WAITING, SENT, FAILED or CANCELLED.
    next_try: seconds since the epoch; None once it is finished. reason: what the receiver answered last.
    """

    id: int
    key: str
    event: Event
    message: int
    at: float
    whom: str = ""
    by: str = ""
    said: str = ""
    state: QueueState = QueueState.WAITING
    next_try: float | None = None
    tries: int = 0
    reason: str = ""
    settled_at: float | None = None

    def __str__(self) -> str:
        tail = f": {self.reason}" if self.reason else ""
        return f"{self.id}: message {self.message} {self.event}, which is {self.state}{tail}"


@dataclass(frozen=True, slots=True)
class Telling:
    """One try to tell. seconds: how long it took. status: that of HTTP, 0 if nobody answered."""

    at: float
    seconds: float
    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The message that notices are of, as it is, or as it was when it was deleted.

    digest: None if nobody had read it by then; `head`, the first octets of it, are there to be read instead.
    deleted: whether it has left the store.
    """

    envelope: Envelope
    received: float
    size: int
    digest: Digest | None
    head: bytes
    deleted: bool
