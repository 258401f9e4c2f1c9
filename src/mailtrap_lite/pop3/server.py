"""The POP3 door: who is connected, how many may be, and how all of it ends. Knows no command."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from mailtrap_lite.pop3.connection import Connection
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings

# How long a session may take to write down what it did, once its client is gone.
PATIENCE: Final = 0.5


class Pop3Door:
    """Call it for a protocol, as `loop.create_server(door, …)` does. On the loop."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self._sandbox = sandbox
        self._settings = settings
        self._crowd: set[Connection] = set()
        self._closed = False

    def __call__(self) -> asyncio.BaseProtocol:
        return _Turned() if self._closed else Connection(self._sandbox, self._settings, self._crowd)

    async def close(self, grace: float) -> None:
        """End every session, whatever its client does; it takes the grace and one second at most.

        A session in its UPDATE state may finish within `grace` seconds; every other one ends now, and deletes nothing.
        """
        self._closed = True
        for connection in list(self._crowd):
            connection.stop()
        await self._emptied(grace + PATIENCE)
        for connection in list(self._crowd):
            connection.kill()
        await self._emptied(PATIENCE)

    async def _emptied(self, seconds: float) -> None:
        if self._crowd:
            await asyncio.wait({connection.ended for connection in self._crowd}, timeout=seconds)


class _Turned(asyncio.Protocol):
    """A connection that was accepted while the door closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn it away."""
        cast(asyncio.Transport, transport).abort()
