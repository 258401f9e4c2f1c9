"""What the POP3 tests share: a maildrop without a store, a client without a socket, and a door on a real one."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Session
from mailtrap_lite.pop3.actions import Action, Close, Expunge, Fetch, Heard, Login, Send, Transmit
from mailtrap_lite.pop3.machine import Machine
from mailtrap_lite.pop3.server import Pop3Door
from mailtrap_lite.pop3.wire import retr_octets, transmission
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Store, open_store

if TYPE_CHECKING:
    from tests.conftest import Loop


@dataclass(frozen=True)
class Item:
    """An entry of a maildrop without a store."""

    uid: str
    octets: int


@dataclass
class Shell:
    """Does at once what the machine asks for, without I/O, and keeps what it sends and is told to remove."""

    mails: Sequence[bytes] = ()
    failures: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # (text, code) of what the n-th line asks
    sent: bytes = b""
    heard: list[bytes] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    removed: tuple[int, ...] | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        self.machine = Machine("mail.test")
        self.run()

    def say(self, data: bytes, *, piece: int | None = None) -> bytes:
        """Send octets to the machine, in pieces of that many; return what it answered."""
        before = len(self.sent)
        size = piece or len(data) or 1
        for at in range(0, len(data), size):
            self.machine.receive(data[at : at + size])
            self.run()
        return self.sent[before:]

    def log_in(self) -> Shell:
        self.say(b"USER alice\r\nPASS secret\r\n")
        return self

    def run(self) -> None:
        while (action := self.machine.next_action()) is not None:
            self.do(action)

    def do(self, action: Action) -> None:
        match action:
            case Heard(text):
                self.heard.append(text)
            case Send(data):
                self.sent += data
            case Transmit(_, raw, lines):
                self.sent += b"".join(transmission(raw, lines))
            case Close(data):
                self.sent += data
                self.closed = True
            case _ if len(self.heard) in self.failures:
                self.machine.failed(*self.failures[len(self.heard)])
            case Login():
                self.logins.append(action)
                self.machine.logged_in([Item(f"uid-{n}", retr_octets(raw)) for n, raw in enumerate(self.mails, 1)])
            case Fetch(number):
                self.machine.fetched(self.mails[number - 1])
            case Expunge(numbers):
                self.removed = numbers
                self.machine.expunged()


@pytest.fixture(scope="session")
def shell() -> type[Shell]:
    """Return the class: shell(mails).log_in().say(b"STAT\\r\\n")."""
    return Shell


class Line:
    """A client that says what it likes: a socket, with replies read by lines."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        return self._file.readline()

    def ask(self, command: bytes) -> bytes:
        self.send(command + b"\r\n")
        return self.line()

    def log_in(self, user: bytes = b"alice@x.test") -> Line:
        assert self.line().startswith(b"+OK")
        assert self.ask(b"USER " + user).startswith(b"+OK")
        assert self.ask(b"PASS x").startswith(b"+OK")
        return self

    def body(self) -> bytes:
        """Read a multi-line reply's lines, unstuffed."""
        lines = []
        while (line := self._file.readline()) != b".\r\n":
            assert line.endswith(b"\r\n"), line
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def rest(self) -> bytes:
        return self._file.read()

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Door:
    """A POP3 door on a free port, its sandbox, and the clients that a test opened."""

    def __init__(self, loop: Loop, store: Store, settings: Settings) -> None:
        self.loop = loop
        self.sandbox = Sandbox(store, settings=settings)
        self.door = Pop3Door(self.sandbox, settings)
        self._listener = loop.run(self._serve())
        self.port: int = self._listener.sockets[0].getsockname()[1]
        self._lines: list[Line] = []

    async def _serve(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self.door, "127.0.0.1", 0)

    @property
    def ended(self) -> list[Session]:
        """The sessions that are over."""
        return [session for session in self.sandbox.sessions if session.ended is not None]

    def connect(self, *, receive_buffer: int | None = None) -> Line:
        line = Line(self.port, receive_buffer=receive_buffer)
        self._lines.append(line)
        return line

    def close(self, grace: float = 0.0) -> None:
        async def end() -> None:
            self._listener.close()
            await self.door.close(grace)

        self.loop.run(end())

    def until(self, holds: Callable[[], bool], *, seconds: float = 10) -> bool:
        """Wait until a condition holds; return whether it does."""
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not holds():
            if time.monotonic() > deadline:
                return False
            pause.wait(0.005)
        return True

    def hang_up(self) -> None:
        for line in self._lines:
            line.close()


@pytest.fixture(params=["memory", "file"])
def kind(request: pytest.FixtureRequest) -> str:
    """Say which store is behind the door."""
    return str(request.param)


@pytest.fixture
def open_door(loop: Loop, kind: str, tmp_path: Path) -> Iterator[Callable[..., Door]]:
    """Return a function that opens a door with these settings, on a store of each kind."""
    doors: list[tuple[Door, Store]] = []

    def open_one(**changes: object) -> Door:
        settings = Settings.of({"store": "memory" if kind == "memory" else str(tmp_path / "mail.db"), **changes})
        store = open_store(settings)
        doors.append((Door(loop, store, settings), store))
        return doors[-1][0]

    yield open_one
    for door, store in doors:
        with closing(store):
            door.close()
            door.hang_up()


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    """Return a door with the default settings."""
    return open_door()
