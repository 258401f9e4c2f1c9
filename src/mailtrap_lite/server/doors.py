"""The doors of a server: made by the name of their setting, served on a loop, and ended whatever their clients do."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, cast

from mailtrap_lite.message import Protocol as Spoken
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.server.listening import BACKLOG
from mailtrap_lite.server.tls import Tls
from mailtrap_lite.settings import Settings

log = logging.getLogger(__name__)

ACCEPTED_IN_A_ROW = 4
# The doors that speak TLS from the first octet.
IMPLICIT_TLS = frozenset({"smtps", "pop3s"})


class Door(Protocol):
    """A wire format: makes a protocol for each connection, and ends them all."""

    def __call__(self) -> asyncio.BaseProtocol: ...
    async def close(self, grace: float) -> None: ...
    def cut(self, sandbox: Sandbox | None = None) -> None: ...


class ImportedLate:
    """A door that is made when its first client comes: a test that only sends pays nothing for POP3. On the loop."""

    def __init__(self, make: Callable[[], Door]) -> None:
        self._make = make
        self._door: Door | None = None

    def __call__(self) -> asyncio.BaseProtocol:
        if self._door is None:
            self._door = self._make()
        return self._door()

    async def close(self, grace: float) -> None:
        """Close the door, and turn away who comes from now on."""
        if self._door is None:
            self._make = _Shut
        else:
            await self._door.close(grace)

    def cut(self, sandbox: Sandbox | None = None) -> None:
        """End all sessions, or those of one sandbox."""
        if self._door is not None:
            self._door.cut(sandbox)


class _Shut:
    """A door that was closed before anybody came."""

    def __call__(self) -> asyncio.BaseProtocol:
        return _Turned()

    async def close(self, grace: float) -> None:
        """Nothing is open."""

    def cut(self, sandbox: Sandbox | None = None) -> None:
        """Nobody is there."""


class _Turned(asyncio.Protocol):
    """A connection that was accepted while the door closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn it away."""
        cast(asyncio.Transport, transport).abort()


def make_door(name: str, sandboxes: Sandboxes, settings: Settings, tls: Tls | None) -> Door:
    """Return the door of a setting: smtp, smtps, lmtp, pop3 or pop3s."""
    # The doors are imported by those who open one.
    context, flawed = (tls.server_context, tls.flawed) if tls else (None, None)
    implicit = name in IMPLICIT_TLS
    if name in ("pop3", "pop3s"):

        def pop3() -> Door:
            from mailtrap_lite.pop3.server import Pop3Door

            return Pop3Door(sandboxes, settings, tls=context, implicit_tls=implicit, flawed=flawed)

        return ImportedLate(pop3)
    from mailtrap_lite.smtp.door import SmtpDoor

    return SmtpDoor(
        sandboxes,
        settings,
        tls=context,
        implicit_tls=implicit,
        protocol=Spoken.LMTP if name == "lmtp" else Spoken.SMTP,
        flawed=flawed,
    )


async def serve(doors: Sequence[tuple[Door, Sequence[socket.socket]]]) -> list[asyncio.Server]:
    """Serve each door on its sockets; on the loop.

    The doors shake hands themselves, also those with TLS from the first octet: so they count and end who is not done.
    """
    loop = asyncio.get_running_loop()
    served = []
    for door, sockets in doors:
        for listener in sockets:
            # The backlog is also how often asyncio tries to accept in a row: a thousand times without descriptors, each
            # with an error in the log. So it gets a small one, and the kernel its own again.
            served.append(await loop.create_server(door, sock=listener, backlog=ACCEPTED_IN_A_ROW))
            listener.listen(BACKLOG)
    return served


async def end(
    serving: Future[list[asyncio.Server]], doors: Sequence[tuple[Door, Sequence[socket.socket]]], grace: float
) -> None:
    """Close the sockets and then the doors; on the loop. grace: seconds for what comes in."""
    try:
        # Never `wait_closed`: since 3.12 it waits for clients that may never go.
        for listener in await asyncio.wrap_future(serving):
            listener.close()
    except OSError:
        log.exception("SMTP and POP3 were never served")
    for _, sockets in doors:
        for opened in sockets:  # those that no loop took over; the others are closed already
            opened.close()
    ends: list[Awaitable[None]] = [door.close(grace) for door, _ in doors]
    await asyncio.gather(*ends)
