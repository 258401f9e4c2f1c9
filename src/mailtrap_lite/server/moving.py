"""How mail moves on from a server: what a person releases, the queue, and who is told. Knows no socket."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox

if TYPE_CHECKING:
    from mailtrap_lite.message.queued import QueueEntry
    from mailtrap_lite.sandbox.mailqueue import MailQueue
    from mailtrap_lite.sandbox.releasing import Release
    from mailtrap_lite.sandbox.webhooks import Webhooks


class Moving(ABC):
    """The half of a server from which mail leaves, if settings let it. Any thread but the loop's."""

    @property
    @abstractmethod
    def sandbox(self) -> Sandbox:
        """All that the product can do."""

    @property
    def queue(self) -> MailQueue:
        """Mail on its way out: `mail.queue.entries()`, `mail.queue.advance(minutes=30)`."""
        return self.sandbox.queue

    @property
    def webhooks(self) -> Webhooks:
        """What webhook_url is told of: `mail.webhooks.entries()`, `mail.webhooks.wait_until_settled()`."""
        return self.sandbox.webhooks

    def preview_release(
        self, message: int | Message, *, to: str | Sequence[str] | None = None, sender: str | None = None
    ) -> Release:
        """Return what `release` would do, and what speaks against it; see `Sandbox.preview_release`."""
        return self.sandbox.preview_release(message, to=to, sender=sender)

    def release(
        self, message: int | Message, *, to: str | Sequence[str] | None = None, sender: str | None = None
    ) -> list[QueueEntry]:
        """Send a message on to these recipients, those of its envelope if None, and return what is queued for that.

        sender: in place of that of its envelope. Raises NoRelay, NotAllowed, NoSuchMessage or BadMail.
        """
        return self.sandbox.release(message, to=to, sender=sender)
