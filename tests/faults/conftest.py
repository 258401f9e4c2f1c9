"""What the tests of faults share: a server for each event loop, and clients that say what they like."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from mailtrap_lite import Endpoint, Server

MAIL = b"Subject: hello\r\n\r\n" + b"0123456789\r\n" * 20


class Wire:
    """A socket to a door, with replies read by lines."""

    def __init__(self, where: Endpoint) -> None:
        self.socket = socket.create_connection((where.host, where.port), timeout=20)
        with contextlib.suppress(OSError):  # broken off already, on purpose
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        """Read one line; what there was before the end, if it ends sooner."""
        while b"\n" not in self._left:
            data = self.socket.recv(65536)
            if not data:
                break
            self._left += data
        line, end, self._left = self._left.partition(b"\n")
        return line + end

    def reply(self) -> bytes:
        """Read one reply of SMTP, all of its lines."""
        found = line = self.line()
        while line[3:4] == b"-":
            line = self.line()
            found += line
        return found

    def ask(self, command: bytes) -> bytes:
        self.send(command + b"\r\n")
        return self.reply()

    def listing(self) -> bytes:
        """Read what follows +OK, up to the final dot."""
        found = b""
        while not found.endswith(b"\r\n.\r\n") and found != b".\r\n":
            line = self.line()
            if not line:
                break
            found += line
        return found

    def end(self) -> tuple[bytes, str]:
        """Read until the connection ends; return what came, and how it ended: by FIN or RST."""
        found, self._left = self._left, b""
        try:
            while data := self.socket.recv(65536):
                found += data
        except ConnectionResetError:
            return found, "RST"
        return found, "FIN"

    def is_silent(self) -> bool:
        """Return whether nothing comes, for a moment."""
        self.socket.settimeout(0.2)
        try:
            self.socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(20)
        return False

    def shake_hands(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def starttls(self, context: ssl.SSLContext) -> None:
        assert self.ask(b"STARTTLS").startswith(b"220")
        self.shake_hands(context)


@pytest.fixture(params=["asyncio", "uvloop"])
def mail(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with TLS and LMTP, on either event loop."""
    with Server(event_loop=request.param, tls=True, lmtp="127.0.0.1:0") as server:
        yield server


Connect = Callable[..., Wire]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that connects to an endpoint; with `greeted` it reads the greeting."""
    with contextlib.ExitStack() as open_ones:

        def connect_one(where: Endpoint, *, greeted: bool = True) -> Wire:
            wire = open_ones.enter_context(Wire(where))
            if greeted:
                assert wire.reply()[:3] in (b"220", b"+OK")
            return wire

        yield connect_one
