"""The POP3 door: who is connected, how many may be, and how all of it ends. Knows no command."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, cast

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.door.admission import Admission
from mailtrap_lite.pop3.connection import Connection
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from mailtrap_lite.faults import Flaw

# How long a session may take to write down what it did, once its client is gone.
PATIENCE: Final = 0.5


def stamps(hostname: str) -> Iterator[bytes]:
    """Yield timestamps as RFC 1939 section 7 has them, `<pid.clock@host>`, each one once in this process."""
    clock = 0
    while True:
        clock = max(clock + 1, time.time_ns())
        yield b"<%d.%d@%s>" % (os.getpid(), clock, hostname.encode("ascii"))


class Pop3Door:
    """Call it for a protocol, as `loop.create_server(door, …)` does. On the loop.

    tls: the context for STLS; without one there is no TLS. implicit_tls: TLS from the first octet (RFC 8314).
    stamp: returns a timestamp that was never used before. flawed: returns the context for a certificate with a flaw,
    which a fault may ask for.
    """

    def __init__(
        self,
        sandboxes: Sandboxes,
        settings: Settings,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        stamp: Callable[[], bytes] | None = None,
        flawed: Callable[[Flaw], ssl.SSLContext] | None = None,
    ) -> None:
        self.sandboxes = sandboxes
        self.sandbox = sandboxes.default
        self.flawed = flawed
        self.settings = settings
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.stamp = stamps(settings.hostname).__next__ if stamp is None else stamp
        self.accounts = Accounts(AuthMode(settings.pop3_logins), dict(settings.users), sandboxes.known_as)
        self.admission = Admission(settings.connections)
        self.crowd: set[Connection] = set()
        self._closed = False

    def __call__(self) -> asyncio.BaseProtocol:
        return _Turned() if self._closed else Connection(self)

    def cut(self, sandbox: Sandbox | None = None) -> None:
        """End all sessions now, without a word; who comes next is let in. One in its UPDATE state goes on.

        sandbox: only those that are in it, because it was deleted.
        """
        for connection in list(self.crowd):
            if sandbox is None or connection.sandbox is sandbox:
                connection.stop()

    async def close(self, grace: float) -> None:
        """End every session, whatever its client does; it takes the grace and one second at most.

        A session in its UPDATE state may finish within `grace` seconds; every other one ends now, and deletes nothing.
        """
        self._closed = True
        for connection in list(self.crowd):
            connection.stop()
        await self._emptied(grace + PATIENCE)
        for connection in list(self.crowd):
            connection.kill()
        await self._emptied(PATIENCE)

    async def _emptied(self, seconds: float) -> None:
        if self.crowd:
            await asyncio.wait({connection.ended for connection in self.crowd}, timeout=seconds)


class _Turned(asyncio.Protocol):
    """A connection that was accepted while the door closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn it away."""
        cast(asyncio.Transport, transport).abort()
