"""A mailbox: the mail delivered to one recipient address, as its owner's POP3 client would see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mailtrap_lite.match import Match, Pattern
from mailtrap_lite.message import Message

if TYPE_CHECKING:
    from mailtrap_lite.sandbox.planting import Mail
    from mailtrap_lite.sandbox.sandbox import Sandbox


class Mailbox:
    """A view that keeps nothing; any thread but the loop's. Made by `Sandbox.mailbox`."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self._sandbox = sandbox
        self.name = name

    def __repr__(self) -> str:
        return f"Mailbox({self.name!r})"

    @property
    def messages(self) -> list[Message]:
        """What a POP3 client would find now, oldest first."""
        return self._sandbox.waiting(self.name)

    def wait_for(
        self,
        *,
        sender: Pattern | None = None,
        subject: Pattern | None = None,
        where: Callable[[Message], bool] | None = None,
        after: int | Message = 0,
        timeout: float = 5.0,
    ) -> Message:
        """Return the first message in this mailbox that matches, waiting for it; see `Sandbox.wait_for`."""
        match = Match(sender=sender, subject=subject, where=where)
        return self._sandbox.wait_for_match(match, mailbox=self.name, after=after, timeout=timeout)

    def deliver(self, mail: Mail, *, sender: str = "", received_at: datetime | float | None = None) -> Message:
        """Plant a mail here for a POP3 client to fetch; see `Sandbox.deliver`."""
        return self._sandbox.deliver(mail, to=self.name, sender=sender, received_at=received_at)
