"""Clients that fetch: the standard library's, and raw sockets that cost as little Python as possible.

Knows no server by name. The mails that are fetched must have no line that is a dot alone (`bench.smtp.load.mail`).
"""

from __future__ import annotations

import poplib
import socket
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from bench.smtp.load import LoadFailed

PATIENCE = 120  # seconds for one answer
END = b"\r\n.\r\n"
WINDOW = 500  # commands in one write, fewer than any server stops reading for
_PIECE = 256 * 1024


class Client:
    """One POP3 session over a raw socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.line()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def say(self, command: str) -> bytes:
        """Send a command and return its answer of one line."""
        self._socket.sendall(f"{command}\r\n".encode("ascii"))
        return self.line()

    def line(self) -> bytes:
        """Return the next line, which nothing follows. Raises LoadFailed unless it is +OK."""
        found = b""
        while not found.endswith(b"\r\n"):
            found += self._piece()
        if not found.startswith(b"+OK"):
            raise LoadFailed(found.decode("ascii", "replace").strip())
        return found

    def log_in(self, user: str) -> None:
        """Open a user's maildrop."""
        self.say(f"USER {user}")
        self.say("PASS any")

    def ask(self, command: str) -> int:
        """Send a command and return the octets of its answer of many lines."""
        self._socket.sendall(f"{command}\r\n".encode("ascii"))
        return self._answers(1)

    def ask_all(self, commands: list[str]) -> int:
        """Send commands without waiting for the answers between (RFC 2449 section 6.6); return the octets of all."""
        octets = 0
        for start in range(0, len(commands), WINDOW):
            some = commands[start : start + WINDOW]
            self._socket.sendall("".join(f"{command}\r\n" for command in some).encode("ascii"))
            octets += self._answers(len(some))
        return octets

    def _answers(self, number: int) -> int:
        """Read so many answers of many lines. An answer's end may lie across two pieces."""
        octets, tail = 0, b""
        while number > 0:
            piece = self._piece()
            octets += len(piece)
            number -= (tail + piece).count(END)
            # Of an end that was counted no more than four octets are kept, which count for nothing.
            tail = (tail + piece)[-len(END) + 1 :]
        return octets

    def _piece(self) -> bytes:
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise LoadFailed("the server has closed the connection")
        if piece.startswith(b"-ERR"):
            raise LoadFailed(piece.decode("ascii", "replace").strip())
        return piece


def one_by_one(port: int, user: str, number: int) -> float:
    """Fetch so many messages, each after the one before; return the seconds."""
    with Client(port) as client:
        client.log_in(user)
        began = time.perf_counter()
        for n in range(1, number + 1):
            client.ask(f"RETR {n}")
        took = time.perf_counter() - began
        client.say("QUIT")
    return took


def pipelined(port: int, user: str, number: int) -> float:
    """Fetch so many messages with many commands at once; return the seconds."""
    with Client(port) as client:
        client.log_in(user)
        began = time.perf_counter()
        client.ask_all([f"RETR {n}" for n in range(1, number + 1)])
        took = time.perf_counter() - began
        client.say("QUIT")
    return took


def with_poplib(port: int, user: str, number: int) -> float:
    """Fetch so many messages as most programs do; return the seconds."""
    client = poplib.POP3("127.0.0.1", port, timeout=PATIENCE)
    try:
        client.user(user)
        client.pass_("any")
        began = time.perf_counter()
        for n in range(1, number + 1):
            client.retr(n)
        took = time.perf_counter() - began
        client.quit()
    finally:
        with suppress(OSError):
            client.close()
    return took


def listed(port: int, user: str) -> dict[str, float]:
    """Log in and list everything; return the seconds of each step."""
    took: dict[str, float] = {}
    with Client(port) as client:

        def step(name: str, began: float) -> float:
            now = time.perf_counter()
            took[name] = now - began
            return now

        began = time.perf_counter()
        client.log_in(user)
        began = step("login", began)
        client.say("STAT")
        began = step("STAT", began)
        client.ask("UIDL")
        began = step("UIDL", began)
        client.ask("LIST")
        step("LIST", began)
        client.say("QUIT")
    return took


def together(port: int, users: list[str]) -> tuple[int, float]:
    """Log everybody in, and only then let each fetch a message and quit; return how many did, and the seconds."""
    began = time.perf_counter()
    clients = [Client(port) for _ in users]
    try:
        for client, user in zip(clients, users, strict=True):
            client.log_in(user)
        for client in clients:
            client.ask("RETR 1")
        for client in clients:
            client.say("QUIT")
    finally:
        for client in clients:
            client.__exit__(None, None, None)
    return len(clients), time.perf_counter() - began
