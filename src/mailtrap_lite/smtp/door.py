"""The SMTP door: one for each listener. Makes connections, counts them, and ends them whatever their clients do.

Knows no socket: `loop.create_server(door, ...)` calls it for a protocol. On the loop's thread, all of it.
"""

from __future__ import annotations

import asyncio

from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.smtp.auth import MECHANISMS
from mailtrap_lite.smtp.handler import Handler
from mailtrap_lite.smtp.protocol import CaptureSMTP
from mailtrap_lite.smtp.replies import SHUTTING_DOWN, TOO_MANY_CONNECTIONS
from mailtrap_lite.smtp.wire import Wire

# Seconds for what needs none: an aborted transport is gone after a turn of the loop.
_LAST_TURNS = 1.0


class SmtpDoor:
    """A protocol factory. What is the same for each connection is computed here, once."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.hooks = {"DATA": Handler(sandbox).handle_DATA}
        name = settings.hostname
        self.greeting = f"220 {name} ESMTP\r\n".encode()
        self.helo = f"250 {name}\r\n".encode()
        self.ehlo = _multiline(
            250,
            name,
            f"SIZE {settings.message_size}",  # RFC 1870 section 3: 0 is no fixed limit
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            f"AUTH {' '.join(MECHANISMS)}",
            "HELP",
        )
        self._open: set[Wire] = set()
        self._closing = False
        self._empty = asyncio.Event()

    def __call__(self) -> CaptureSMTP:
        """Return the protocol of a new connection."""
        return CaptureSMTP(self)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def admit(self, connection: Wire) -> bytes | None:
        """Take a connection in; return the reply with which it has to end at once, or None."""
        self._open.add(connection)
        if self._closing:
            return SHUTTING_DOWN
        return TOO_MANY_CONNECTIONS if len(self._open) > self.settings.connections else None

    def forget(self, connection: Wire) -> None:
        """A connection is gone, and nothing of it is under way any more."""
        self._open.discard(connection)
        if not self._open:
            self._empty.set()

    async def close(self, grace: float) -> None:
        """End all connections, in a bounded time.

        grace: seconds in which a mail that is being received or committed may end with its reply.
        All others get 421 now.
        With 0 everybody gets 421, as far as it can be sent. A commit under way is then left without a reply, as it may
        succeed. Close the listener first.
        """
        self._closing = True
        for connection in list(self._open):
            connection.shut_down(finish=grace > 0)
        if grace > 0:
            await self._until_empty(grace)
        for connection in list(self._open):
            connection.shut_down(finish=False)
        await self._until_empty(_LAST_TURNS)

    async def _until_empty(self, timeout: float) -> None:  # noqa: ASYNC109 - a bound, not an error
        if not self._open:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._empty.wait()
        except TimeoutError:
            return


def _multiline(code: int, *lines: str) -> bytes:
    *first, last = lines
    return "".join([*(f"{code}-{line}\r\n" for line in first), f"{code} {last}\r\n"]).encode()
