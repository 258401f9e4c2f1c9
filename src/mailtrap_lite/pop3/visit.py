"""What one POP3 session does in the sandbox: its maildrop, opened, read, updated and closed, and its end written down.

It knows no socket and no reply. On the loop; what may block is done on a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final, ParamSpec, TypeVar

from mailtrap_lite.door.patience import Patience
from mailtrap_lite.errors import MaildropInUse, MailtrapError
from mailtrap_lite.message import Ending, Recorder
from mailtrap_lite.sandbox import Maildrop, Sandbox
from mailtrap_lite.store import Entry

log = logging.getLogger(__name__)

LEAVING: Final = 1.0  # seconds that a login waits for a session whose client is gone

P = ParamSpec("P")
T = TypeVar("T")


class Visit:
    """patience: is told when the client waits for the sandbox."""

    def __init__(self, sandbox: Sandbox, recorder: Recorder, patience: Patience) -> None:
        self.sandbox = sandbox  # until the login leads to another
        self._recorder = recorder
        self._patience = patience
        self._maildrop: Maildrop | None = None
        self._fetched: set[int] = set()
        self._over = False

    @property
    def entries(self) -> Sequence[Entry]:
        """What is in the maildrop: message number n is entries[n - 1]."""
        return self._opened.entries

    async def open(self, user: str, *, exclusive: bool, leaving: Collection[asyncio.Future[None]] = ()) -> None:
        """Open the maildrop of a user; raises MaildropInUse.

        leaving: the ends of sessions whose clients are gone, which are waited for if the maildrop is in use.
        """
        try:
            await self._do(self._open, user, exclusive=exclusive)
        except MaildropInUse:
            if not leaving:
                raise
            await asyncio.wait(leaving, timeout=LEAVING)
            await self._do(self._open, user, exclusive=exclusive)

    async def retrieve(self, number: int) -> bytes:
        """Return the bytes of a message; raises NoSuchMessage if it was removed meanwhile."""
        with self._patience.working():  # as `_do` does, which would cost each RETR a coroutine more
            return await self.sandbox.offload(self._opened.retrieve, number)

    def sent(self, number: int) -> None:
        """The client has this message whole, so it has fetched it."""
        entry = self.entries[number - 1]
        self._recorder.note_download(entry.uid)
        if number not in self._fetched:
            self._fetched.add(number)
            self._recorder.note_message(entry.message)

    async def expunge(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """The UPDATE state: delete these, write down what was fetched; return those that were there to be deleted."""
        fetched, self._fetched = self._fetched, set()
        deleted = await self._do(self._opened.expunge, fetched=fetched, deleted=numbers)
        self._recorder.note_deleted(deleted)
        return deleted

    def forget(self) -> None:
        """There is no time left to write down what was fetched."""
        self._fetched.clear()

    async def end(self, ending: Ending) -> None:
        """Write down what was fetched, release the lock and record the session. Idempotent."""
        if self._over:
            return
        self._over = True
        try:
            if self._fetched:
                await self._do(self._opened.update, fetched=self._fetched, deleted=())
        except MailtrapError as error:
            log.warning("POP3 session %s: what was fetched is not marked: %s", self._recorder.id, error)
        except Exception:
            log.exception("POP3 session %s: what was fetched is not marked", self._recorder.id)
        finally:
            if self._maildrop is not None:
                self._maildrop.close()
            self.sandbox.end_session(self._recorder, ending)

    @property
    def _opened(self) -> Maildrop:
        if self._maildrop is None:
            raise RuntimeError("no maildrop is open")
        return self._maildrop

    def _open(self, user: str, *, exclusive: bool) -> None:
        """Open the maildrop, on a thread perhaps; if the session has ended meanwhile nobody else would close it."""
        self._maildrop = self.sandbox.open_maildrop(user, exclusive=exclusive)
        if self._over:
            self._maildrop.close()

    async def _do(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._patience.working():
            return await self.sandbox.offload(function, *args, **kwargs)
