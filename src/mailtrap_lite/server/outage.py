"""A server that is down for a while: connections are refused, on ports that stay ours. On the loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from mailtrap_lite.server.doors import Door, serve
from mailtrap_lite.server.listening import revive, silence


async def go_down(
    served: Sequence[asyncio.Server], sockets: Sequence[socket.socket], doors: Sequence[Door]
) -> list[socket.socket]:
    """Refuse connections and end those that are there; return the sockets that hold the ports, in the same order."""
    held = [listener.dup() for listener in sockets]
    for server in served:
        server.close()
    silent = [silence(listener) for listener in held]
    for door in doors:
        door.cut()
    return silent


async def come_up(silent: Sequence[tuple[Door, Sequence[socket.socket]]]) -> list[asyncio.Server]:
    """Serve each door again, on the sockets that held its ports."""
    for _, sockets in silent:
        for listener in sockets:
            revive(listener)
    return await serve(silent)
