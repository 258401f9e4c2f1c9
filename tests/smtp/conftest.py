"""What the SMTP tests share: a door on a real socket with a real sandbox, and clients that say what they like."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Message, Session
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.server.doors import make_door
from mailtrap_lite.server.tls import tls_of
from mailtrap_lite.settings import Settings
from mailtrap_lite.smtp import SmtpDoor
from mailtrap_lite.store import Store, open_store

if TYPE_CHECKING:
    from tests.conftest import Loop


class Client:
    """A socket, with replies read by lines."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> str:
        """Read one reply, its lines joined with LF; "" at the end."""
        lines = []
        while line := self._file.readline():
            lines.append(line.decode().removesuffix("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def ask(self, command: bytes) -> str:
        self.send(command + b"\r\n")
        return self.reply()

    def flood(self, command: bytes, *, most: int = 100 * 1024**2) -> None:
        """Send a command again and again without reading, until the server takes no more."""
        self.socket.settimeout(0.3)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < most:
                sent += self.socket.send(command * 10_000)
        self.socket.settimeout(20)
        assert sent < most

    def begin(self, *, recipients: tuple[bytes, ...] = (b"bob@x.test",)) -> Client:
        """Say everything up to DATA."""
        assert self.reply().startswith("220 ")
        assert self.ask(b"EHLO client.test").startswith("250-")
        assert self.ask(b"MAIL FROM:<alice@x.test>").startswith("250 2.1.0 ")
        for recipient in recipients:
            assert self.ask(b"RCPT TO:<" + recipient + b">").startswith("250 2.1.5 ")
        assert self.ask(b"DATA").startswith("354 ")
        return self

    def rest(self) -> str:
        """Read until the server closes."""
        return self._file.read().decode()

    def shake_hands(self, context: ssl.SSLContext) -> None:
        """Begin TLS; the server has to have the name localhost."""
        self._file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def rest_of_anything(self) -> bytes:
        """Read until the connection ends, in whatever way."""
        found = b""
        with contextlib.suppress(OSError):
            while data := self.socket.recv(65536):
                found += data
        return found

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Door:
    """An SMTP door on a free port, its sandbox, and the clients that a test opened."""

    def __init__(self, loop: Loop, sandbox: Sandbox, settings: Settings, name: str = "smtp") -> None:
        self.loop = loop
        self.sandbox = sandbox
        self.tls = tls_of(settings)
        door = make_door(name, Sandboxes(sandbox), settings, self.tls)
        assert isinstance(door, SmtpDoor)
        self.door = door
        self._listener = loop.run(self._serve())
        self.port: int = self._listener.sockets[0].getsockname()[1]
        self._clients: list[Client] = []

    async def _serve(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self.door, "127.0.0.1", 0, backlog=1024)

    def connect(self, *, receive_buffer: int | None = None) -> Client:
        client = Client(self.port, receive_buffer=receive_buffer)
        self._clients.append(client)
        return client

    def trust(self) -> ssl.SSLContext:
        """Return a client's context that trusts this door."""
        assert self.tls is not None
        return self.tls.context

    def greeted(self) -> Client:
        """Return a client that has said EHLO."""
        client = self.connect()
        assert client.reply().startswith("220 ")
        assert client.ask(b"EHLO client.test").startswith("250-")
        return client

    def smtplib(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=20)

    def messages(self) -> list[Message]:
        return self.sandbox.messages()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds on the loop, and fail if it never does."""

        async def wait() -> None:
            async with asyncio.timeout(20):
                while not condition():
                    await asyncio.sleep(0.001)

        self.loop.run(wait())

    def session(self) -> Session:
        """Return the only session, once it has ended."""
        self.until(lambda: self.door.connections == 0 and len(self.sandbox.sessions) == 1)
        return self.sandbox.sessions[0]

    def close(self, grace: float = 0.0) -> None:
        async def end() -> None:
            self._listener.close()
            await self.door.close(grace)

        self.loop.run(end())

    def hang_up(self) -> None:
        for client in self._clients:
            client.close()


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(loop: Loop) -> Iterator[OpenDoor]:
    """Return a function that opens a door with these settings.

    name: of the door, smtp, smtps or lmtp. sandbox: a class with another accept, for example.
    """
    doors: list[tuple[Door, Store]] = []

    def open_one(*, name: str = "smtp", sandbox: type[Sandbox] = Sandbox, **changes: object) -> Door:
        settings = Settings.of(changes)
        store = open_store(settings)
        doors.append((Door(loop, sandbox(store, settings=settings), settings, name), store))
        return doors[-1][0]

    yield open_one
    for door, store in doors:
        with contextlib.closing(store):
            door.close()
            door.hang_up()
            assert door.door.connections == 0


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    """Return a door with the default settings."""
    return open_door()
