"""What a fault is held against, and what is kept of it when it happened. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from mailtrap_lite.faults.stages import Stage
from mailtrap_lite.message import Protocol


@dataclass(frozen=True, slots=True)
class Occasion:
    """A session has come to a stage.

    client: its IP address and port. sender: None while there is none, "" for the null sender. recipients: those that
    are asked about: at RCPT the one that is named, later all that were accepted. user: who logged in, or wants to.
    """

    protocol: Protocol
    stage: Stage
    session: str
    client: str
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    user: str | None = None

    @property
    def host(self) -> str:
        """The client's IP address."""
        return self.client.rpartition(":")[0].strip("[]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault happened. matched: the address, user or client for which. at: seconds since the epoch."""

    session: str
    stage: Stage
    matched: str
    at: float
