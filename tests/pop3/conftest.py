"""What the POP3 tests share: a maildrop without a store, a client without a socket, and a door on a real one."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvloop

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.message import Session
from mailtrap_lite.pop3.actions import Action, Close, Expunge, Fetch, Heard, Login, Send, StartTls, Transmit
from mailtrap_lite.pop3.machine import Machine
from mailtrap_lite.pop3.server import Pop3Door
from mailtrap_lite.pop3.wire import retr_octets, transmission
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.server.doors import serve
from mailtrap_lite.server.listening import listen
from mailtrap_lite.server.tls import tls_of
from mailtrap_lite.settings import Endpoint, Settings
from mailtrap_lite.store import Store, open_store

if TYPE_CHECKING:
    from tests.conftest import Loop


IN_USE = "another session has this maildrop open; try again when it has ended"


def counted() -> Callable[[], bytes]:
    """Return what returns timestamps one after the other, the same in each session."""
    numbers = count(1)
    return lambda: b"<1.%d@mail.test>" % next(numbers)


@dataclass(frozen=True)
class Item:
    """An entry of a maildrop without a store."""

    uid: str
    octets: int


@dataclass
class Box:
    """A mailbox without a store: message n is mails[n - 1] for ever."""

    mails: list[bytes]
    deleted: set[int] = field(default_factory=set)  # over POP3
    removed: set[int] = field(default_factory=set)  # by the inspector
    locked: bool = False

    @property
    def left(self) -> list[int]:
        return [n for n in range(1, len(self.mails) + 1) if n not in self.deleted | self.removed]


@dataclass
class Shell:
    """Does at once what the machine asks for, without I/O, and keeps what it sends and is told to remove."""

    mails: Sequence[bytes] = ()
    failures: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # (text, code) of what the n-th line asks
    settings: Settings = field(default_factory=Settings)
    tls: bool = False
    stamp: Callable[[], bytes] = field(default_factory=counted)
    sent: bytes = b""
    heard: list[bytes] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    removed: tuple[int, ...] | None = None
    closed: bool = False
    box: Box | None = None  # with the mails, if several clients are to share it

    def __post_init__(self) -> None:
        self.mailbox = self.box or Box(list(self.mails))
        self.numbers: list[int] = []  # by the number that a message has in this session, its number in the mailbox
        self.shaking = False
        self.hidden = frozenset(self.settings.pop3_hide)
        self.machine = Machine(
            "mail.test",
            stamp=self.stamp,
            accounts=Accounts(AuthMode(self.settings.pop3_logins), dict(self.settings.users)),
            hidden=lambda: self.hidden,
            can_tls=self.settings.tls or self.settings.pop3_require_tls,
            tls_first=self.settings.pop3_require_tls,
            tls=self.tls,
            login_delay=self.settings.pop3_login_delay,
            expire=str(self.settings.pop3_expire).upper(),
        )
        self.run()

    def shake_hands(self) -> None:
        """Begin TLS, which the client asked for."""
        assert self.shaking
        self.shaking = False
        self.machine.secured()
        self.run()

    def say(self, data: bytes, *, piece: int | None = None) -> bytes:
        """Send octets to the machine, in pieces of that many; return what it answered."""
        before = len(self.sent)
        size = piece or len(data) or 1
        for at in range(0, len(data), size):
            if not self.shaking:  # plain text then breaks the handshake, and does not come to the machine
                self.machine.receive(data[at : at + size])
                self.run()
        return self.sent[before:]

    def log_in(self) -> Shell:
        self.say(b"USER alice\r\nPASS secret\r\n")
        return self

    def vanish(self) -> None:
        """The client is not heard of any more."""
        self.mailbox.locked = False

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
                self.vanish()
                self.sent += data
                self.closed = True
            case _ if len(self.heard) in self.failures:
                self.machine.failed(*self.failures[len(self.heard)])
            case StartTls(reply):
                self.machine.discard()
                self.sent += reply
                self.shaking = True
            case Login():
                self.log_in_as(action)
            case Fetch(number) if self.numbers[number - 1] in self.mailbox.removed:
                self.machine.failed("message was removed meanwhile")
            case Fetch(number):
                self.machine.fetched(self.mailbox.mails[self.numbers[number - 1] - 1])
            case Expunge(numbers):
                self.removed = numbers
                self.mailbox.deleted.update(self.numbers[number - 1] for number in numbers)
                self.machine.expunged()

    def log_in_as(self, login: Login) -> None:
        self.logins.append(login)
        box = self.mailbox
        if self.settings.pop3_lock and box.locked:
            self.machine.failed(IN_USE, "IN-USE")
            return
        box.locked, self.numbers = True, box.left
        self.machine.logged_in([Item(f"uid-{n}", retr_octets(box.mails[n - 1])) for n in self.numbers])


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

    def shake_hands(self, context: ssl.SSLContext) -> None:
        """Begin TLS; the server has to have the name localhost."""
        self._file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def rest_of_anything(self) -> bytes:
        """Read until the connection ends, in whatever way."""
        found = b""
        with suppress(OSError):
            while data := self.socket.recv(65536):
                found += data
        return found

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Door:
    """A POP3 door on a free port, its sandbox, and the clients that a test opened."""

    def __init__(
        self, loop: Loop, sandbox: Sandbox, *, name: str = "pop3", stamp: Callable[[], bytes] | None = None
    ) -> None:
        self.loop = loop
        self.sandbox = sandbox
        self.tls = tls_of(sandbox.settings)
        context = self.tls.server_context if self.tls else None
        sandboxes = Sandboxes(sandbox)
        self.door = Pop3Door(sandboxes, sandbox.settings, tls=context, implicit_tls=name == "pop3s", stamp=stamp)
        listener = listen(Endpoint("127.0.0.1", 0), setting=name)
        self.port: int = listener.getsockname()[1]
        (self._listener,) = loop.run(serve([(self.door, [listener])]))
        self._lines: list[Line] = []

    def trust(self) -> ssl.SSLContext:
        """Return a client's context that trusts this door."""
        assert self.tls is not None
        return self.tls.context

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
def event_loop() -> str:
    """Say what runs the door; parametrize it for others."""
    return "asyncio"


@pytest.fixture
def loop(event_loop: str) -> Iterator[Loop]:
    """Return a loop of this test's own, in a thread."""
    from tests.conftest import Loop  # at the top it would be imported twice, as what pytest calls conftest too

    loop = Loop(uvloop.new_event_loop() if event_loop == "uvloop" else None)
    yield loop
    loop.stop()


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(loop: Loop, kind: str, tmp_path: Path) -> Iterator[OpenDoor]:
    """Return a function that opens a door with these settings, on a store of each kind.

    name: of the door, pop3 or pop3s. sandbox: a class, that fails for example. stamp: timestamps.
    """
    doors: list[tuple[Door, Store]] = []

    def open_one(
        *,
        name: str = "pop3",
        sandbox: type[Sandbox] = Sandbox,
        stamp: Callable[[], bytes] | None = None,
        **changes: object,
    ) -> Door:
        settings = Settings.of({"store": "memory" if kind == "memory" else str(tmp_path / "mail.db"), **changes})
        store = open_store(settings)
        doors.append((Door(loop, sandbox(store, settings=settings), name=name, stamp=stamp), store))
        return doors[-1][0]

    yield open_one
    for door, store in doors:
        with closing(store):
            door.close()
            door.hang_up()
            assert door.door.crowd == set()


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    """Return a door with the default settings."""
    return open_door()
