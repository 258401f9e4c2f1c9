"""The doors of a server: made by the name of their setting, served on a loop, and ended whatever their clients do."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Sequence
from concurrent.futures import Future
from typing import Protocol

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


def make_door(name: str, sandboxes: Sandboxes, settings: Settings, tls: Tls | None) -> Door:
    """Return the door of a setting: smtp, smtps, lmtp, pop3 or pop3s."""
    # The doors are imported by those who open one.
    context, flawed = (tls.server_context, tls.flawed) if tls else (None, None)
    implicit = name in IMPLICIT_TLS
    if name in ("pop3", "pop3s"):
        from mailtrap_lite.pop3.server import Pop3Door

        return Pop3Door(sandboxes, settings, tls=context, implicit_tls=implicit, flawed=flawed)
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
