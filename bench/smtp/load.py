"""The load generator: raw sockets that say just enough SMTP to bring mails in. Knows no server by name.

One process, and as little Python for a mail as possible: one connection blocks, several share an epoll.
Mails are made of lines of 76 octets, so that every server takes them, and have no dot that needs stuffing.
`busy` says how much of the time the generator itself was at work: near 1 it was the limit, not the server.

    python -m bench.smtp.load PORT LOAD MAILS     (a load in a process of its own; says "begun", then works)
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

PATIENCE = 60  # seconds for one reply
LINE = b"0123456789" * 7 + b"abcd\r\n"
SIZES = {"1KB": 1024, "100KB": 100 * 1024, "1MB": 1024**2, "10MB": 10 * 1024**2}
MAILS = {"1KB": 800, "100KB": 200, "1MB": 40, "10MB": 8}

# What to send, and how many lines of reply to wait for.
Step: TypeAlias = tuple[bytes, int]
WHOLE_REPLY = 0  # of any number of lines (RFC 5321 section 4.2.1)
GREETING: Step = (b"", WHOLE_REPLY)
EHLO: Step = (b"EHLO bench.test\r\n", WHOLE_REPLY)
QUIT: Step = (b"QUIT\r\n", 1)


class LoadFailed(Exception):
    """The server refused a mail, went away or did not answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """Mails of a size. kept: many over each connection, else one. pipelined: MAIL, RCPT, DATA at once (RFC 2920)."""

    size: str
    kept: bool
    pipelined: bool
    connections: int

    @property
    def name(self) -> str:
        """What it is called in the table and for --only, as "1KB-kept-pipelined-x4"."""
        way = "kept" if self.kept else "connecting"
        return f"{self.size}-{way}{'-pipelined' if self.pipelined else ''}-x{self.connections}"

    @property
    def mails(self) -> int:
        """How many one measurement brings in at most, if there are not more connections."""
        return MAILS[self.size]


ALL = tuple(
    Load(size, kept, pipelined, connections)
    for size, kept, connections, pipelined in product(SIZES, (True, False), (1, 4, 20), (False, True))
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the generator saw. busy: its own CPU time as a share of the seconds."""

    mails: int
    seconds: float
    busy: float


def mail(octets: int) -> bytes:
    """Return a mail of at least so many octets, ready for DATA but without the final dot."""
    head = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: bench\r\n\r\n"
    return head + LINE * -(-(octets - len(head)) // len(LINE))


def transaction(octets: int, *, pipelined: bool) -> list[Step]:
    """Return the steps of one mail."""
    envelope = [b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n", b"DATA\r\n"]
    body: Step = (mail(octets) + b".\r\n", 1)
    if pipelined:
        return [(b"".join(envelope), len(envelope)), body]
    return [*((command, 1) for command in envelope), body]


def bring_in(load: Load, port: int, *, mails: int, begun: bool = False) -> Sent:
    """Send mails, as many over each connection and at least one, and return how that went. Raises LoadFailed.

    begun: print a line when the first mail goes out. Opening and closing kept connections is not in the time.
    """
    each = max(1, mails // load.connections)
    steps = transaction(SIZES[load.size], pipelined=load.pipelined)
    try:
        with ExitStack() as opened:
            clients = [opened.enter_context(greeted(port)) for _ in range(load.connections if load.kept else 0)]
            crowd = [Caller(port, steps, each, client) for client in clients]
            crowd = crowd or [Caller(port, [GREETING, EHLO, *steps, QUIT], each) for _ in range(load.connections)]
            for caller in crowd:
                opened.callback(caller.close)
            if begun:
                print("begun", flush=True)
            busy, start = time.process_time(), time.perf_counter()
            if load.connections == 1:
                crowd[0].talk()
            else:
                _take_turns(crowd)
            seconds, busy = time.perf_counter() - start, time.process_time() - busy
            for client in clients:
                client.setblocking(True)
                say(client, [QUIT])
    except OSError as err:
        raise LoadFailed(str(err)) from err
    return Sent(each * load.connections, seconds, busy / seconds)


def connect(port: int) -> socket.socket:
    """Return a connection on which each reply is waited for, but not for ever."""
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # The kernel's own time-out: Python's would cost one more system call for each reply.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))
    return client


def greeted(port: int) -> socket.socket:
    """Return a connection on which EHLO was said."""
    client = connect(port)
    try:
        say(client, [GREETING, EHLO])
    except BaseException:
        client.close()
        raise
    return client


def say(client: socket.socket, steps: Iterable[Step]) -> None:
    """Do steps one after the other. Raises LoadFailed or OSError."""
    for octets, lines in steps:
        if octets:
            client.sendall(octets)
        heard = _some(client)
        while not _is_complete(heard, lines):
            heard += _some(client)
        _check(heard)


def _some(client: socket.socket) -> bytes:
    try:
        if heard := client.recv(65536):
            return heard
    except BlockingIOError:
        raise LoadFailed(f"no reply within {PATIENCE} seconds") from None
    raise LoadFailed("the server hung up")


def _is_complete(heard: bytes, lines: int) -> bool:
    if lines:
        return heard.count(b"\n") >= lines
    return heard.endswith(b"\n") and heard[heard.rfind(b"\n", 0, -1) + 4 :][:1] != b"-"


def _check(heard: bytes) -> None:
    if heard[0] not in b"23" or b"\n4" in heard or b"\n5" in heard:
        raise LoadFailed(heard.decode("ascii", "backslashreplace").strip())


class Caller:
    """One connection at a time that does its steps again and again; without a client it opens one for each turn."""

    __slots__ = (
        "_at",
        "_client",
        "_heard",
        "_left",
        "_lines",
        "_opens",
        "_poll",
        "_port",
        "_rest",
        "_steps",
        "descriptor",
    )

    def __init__(self, port: int, steps: list[Step], turns: int, client: socket.socket | None = None) -> None:
        self._port = port
        self._steps = steps
        self._left = turns
        self._client = client
        self._opens = client is None
        self._rest = memoryview(b"")
        self._heard = b""
        self.descriptor = -1

    def close(self) -> None:
        """Hang up what was opened here; idempotent."""
        if self._opens and self._client is not None:
            self._client.close()
            self._client = None

    def talk(self) -> None:
        """Do all turns, blocking."""
        if self._client is not None:
            for _ in range(self._left):
                say(self._client, self._steps)
            return
        for _ in range(self._left):
            with connect(self._port) as client:
                say(client, self._steps)

    # Beside others.

    def begin(self, poll: select.epoll) -> None:
        """Do the first step of a turn."""
        self._poll = poll
        if self.descriptor < 0:
            if self._client is None:
                self._client = connect(self._port)
            self._client.setblocking(False)
            self.descriptor = self._client.fileno()
            poll.register(self.descriptor, select.EPOLLIN)
        self._at = -1
        self._next()

    def push(self) -> None:
        """Send more of a mail that did not fit into the socket."""
        assert self._client is not None
        with suppress(BlockingIOError):
            self._rest = self._rest[self._client.send(self._rest) :]
        if not self._rest:
            self._poll.modify(self.descriptor, select.EPOLLIN)

    def hear(self) -> bool:
        """Take a reply, or a part of it; return whether the turn is over."""
        assert self._client is not None
        heard = self._heard + _some(self._client)
        if not _is_complete(heard, self._lines):
            self._heard = heard
            return False
        _check(heard)
        if self._at + 1 < len(self._steps):
            self._next()
            return False
        self._left -= 1
        return True

    def go_on(self) -> bool:
        """Begin the next turn; return False when there is none."""
        if self._opens or not self._left:
            self._poll.unregister(self.descriptor)
            self.descriptor = -1
            self.close()
        if self._left:
            self.begin(self._poll)
        return self._left > 0

    def _next(self) -> None:
        assert self._client is not None
        self._at += 1
        octets, self._lines = self._steps[self._at]
        self._heard = b""
        if not octets:
            return
        try:
            sent = self._client.send(octets)
        except BlockingIOError:
            sent = 0
        if sent < len(octets):
            self._rest = memoryview(octets)[sent:]
            self._poll.modify(self.descriptor, select.EPOLLIN | select.EPOLLOUT)


def _take_turns(crowd: list[Caller]) -> None:
    with select.epoll() as poll:
        for caller in crowd:
            caller.begin(poll)
        by_descriptor = {caller.descriptor: caller for caller in crowd}
        while by_descriptor:
            for descriptor, events in _events(poll):
                caller = by_descriptor[descriptor]
                if events & select.EPOLLOUT:
                    caller.push()
                if events & ~select.EPOLLOUT and caller.hear():
                    del by_descriptor[descriptor]
                    if caller.go_on():
                        by_descriptor[caller.descriptor] = caller


def _events(poll: select.epoll) -> Iterator[tuple[int, int]]:
    events = poll.poll(PATIENCE)
    if not events:
        raise LoadFailed(f"no reply within {PATIENCE} seconds")
    return iter(events)


if __name__ == "__main__":
    port, name, mails = sys.argv[1:]
    bring_in(next(load for load in ALL if load.name == name), int(port), mails=int(mails), begun=True)
