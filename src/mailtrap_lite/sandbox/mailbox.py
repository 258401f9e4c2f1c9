"""A mailbox: the mail delivered to one recipient address, as its owner's POP3 client would see it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mailtrap_lite.accounts import Selection, login_of
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox.expecting import Expecting
from mailtrap_lite.sandbox.planting import addresses_of
from mailtrap_lite.sandbox.waiting import Watchable, Watched

if TYPE_CHECKING:
    from mailtrap_lite.sandbox.planting import Plantable

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


class Holding(Watchable, Protocol):
    """What has mailboxes: a sandbox, here or elsewhere. Its verbs are `Sandbox`'s."""

    name: str

    def waiting(self, mailbox: Selection) -> list[Message]:
        """Return what a POP3 client would find."""

    def fetched(self, mailbox: Selection) -> list[Message]:
        """Return what POP3 clients have fetched."""

    def deleted(self, mailbox: Selection) -> list[Message]:
        """Return what POP3 clients have deleted."""

    def mark(self) -> int:
        """Return a cursor."""

    def message(self, message: int) -> Message:
        """Return a message."""

    def restore(self, message: int, mailbox: Selection) -> int:
        """Put back what POP3 deleted."""

    def deliver(
        self,
        mail: Plantable,
        *,
        to: str | None,
        sender: str,
        received_at: datetime | float | None,
        uid: str | None,
    ) -> Message:
        """Plant a mail."""


class Mailbox(Expecting):
    """A view that keeps nothing; any thread but the loop's. Made by `Sandbox.mailbox`.

    It may also be several mailboxes together: those of a local part ("alice"), or all of them ("*").
    What became of each message in them is in its `deliveries`: who fetched and who deleted it over POP3, and when.
    """

    def __init__(self, sandbox: Holding, selection: Selection) -> None:
        self._sandbox = sandbox
        self._selection = selection
        self.name = str(selection)

    def __repr__(self) -> str:
        return f"Mailbox({self.name!r})"

    @property
    def messages(self) -> list[Message]:
        """What a POP3 client would find now, oldest first."""
        return self._sandbox.waiting(self._selection)

    @property
    def fetched(self) -> list[Message]:
        """What POP3 clients have fetched, deleted since or not; the one that was fetched last is the last."""
        return self._sandbox.fetched(self._selection)

    @property
    def deleted(self) -> list[Message]:
        """What POP3 clients have deleted; the one that was deleted last is the last."""
        return self._sandbox.deleted(self._selection)

    @property
    def user(self) -> str:
        """As whom a POP3 client logs in to find what is here; that of a named sandbox has its name in it."""
        return login_of(self._sandbox.name, self.name)

    def mark(self) -> int:
        """Return a cursor for `after`: behind it is only what comes from now on."""
        return self._sandbox.mark()

    def _watched(self) -> Watched:
        return Watched(self._sandbox, self._selection)

    def deliver(
        self,
        mail: Plantable,
        *,
        sender: str = "",
        received_at: datetime | float | None = None,
        uid: str | None = None,
    ) -> Message:
        """Plant a mail here for a POP3 client to fetch; see `Sandbox.deliver`.

        In "*" it goes to whom its To, Cc and Bcc name; in a local part to the address without a domain.
        """
        to = None if self._selection.everything else self.name
        return self._sandbox.deliver(mail, to=to, sender=sender, received_at=received_at, uid=uid)

    def preload(self, source: str | os.PathLike[str]) -> list[Message]:
        """Plant all mail of a directory of .eml files, an mbox file or a Maildir, and return it in that order.

        Files of a directory come by name, those of a Maildir (`new` and `cur`) in the order of delivery, mail of an
        mbox file as it lies there.
        Raises BadMail, and then nothing was planted, for what is none of these or cannot be read.
        """
        from mailtrap_lite.sandbox.files import mails_in  # imported by who has files

        mails = list(mails_in(Path(source)))
        if self._selection.everything:
            for raw in mails:
                addresses_of(raw, None)  # raises before anything is planted
        return [self.deliver(raw) for raw in mails]

    def restore(self, message: int | Message) -> Message:
        """Put back what a POP3 client has deleted here, under the UIDL that it had, and return it as it is now.

        What was not deleted stays as it is. Raises NoSuchMessage if it was never delivered here, or is gone for good.
        """
        number = message.id if isinstance(message, Message) else message
        self._sandbox.restore(number, self._selection)
        return self._sandbox.message(number)
