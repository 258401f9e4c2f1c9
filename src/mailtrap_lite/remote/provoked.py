"""What a test provokes in a sandbox elsewhere: bounces and complaints. Capabilities are the server's own."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NoReturn

from mailtrap_lite.errors import BadMail, CannotShare
from mailtrap_lite.message import Message
from mailtrap_lite.reports import Reporter, bounce, complaint

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_HOST = "mailtrap.test"


class RemoteProvoked(ABC):
    """Any thread."""

    @abstractmethod
    def deliver(self, mail: bytes, *, to: str) -> Message:
        """Plant a mail."""

    def bounce(
        self, message: Message, *, status: str = "5.1.1", to: Sequence[str] | None = None, reason: str | None = None
    ) -> Message:
        """Deliver a bounce of a message (RFC 3464) to who sent it, from the null sender; see `Server.bounce`."""
        raw = bounce(message, status=status, by=_reporter(), to=to, reason=reason)
        return self.deliver(raw, to=message.envelope.sender)

    def complain(self, message: Message, *, to: str | None = None, kind: str = "abuse") -> Message:
        """Deliver a complaint about a message (ARF, RFC 5965) to who sent it, or to `to`; see `Server.complain`."""
        receiver = to or message.envelope.sender
        if not receiver:
            raise BadMail("the sender of this mail is <>; say with to= who gets the complaint")
        return self.deliver(complaint(message, by=_reporter(), to=receiver, kind=kind), to=receiver)

    def hidden(self, *capabilities: str) -> NoReturn:
        """Raise CannotShare: what EHLO says comes before the login that chooses a sandbox."""
        raise CannotShare("hidden() is for a server of one's own: `mailtrap_factory(hide=...)`, or --hide")

    def hidden_pop3(self, *capabilities: str) -> NoReturn:
        """Raise CannotShare: what CAPA says comes before the login that chooses a sandbox."""
        raise CannotShare("hidden_pop3() is for a server of one's own: `mailtrap_factory(pop3_hide=...)`")


def _reporter() -> Reporter:
    return Reporter(_HOST, time.time(), secrets.token_hex(12))
