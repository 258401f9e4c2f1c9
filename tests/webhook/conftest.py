"""A receiver of webhooks on loopback, which answers as it is told and remembers what it got."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mailtrap_lite import Server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Got:
    """A request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """Its body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Listener(ThreadingHTTPServer):
    """answers: one for each request that comes, 204 when there are no more."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers: list[int | Callable[[BaseHTTPRequestHandler], None]] = []
        self.got: list[Got] = []
        self.news = threading.Condition()
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/hook?x=1"

    def wait(self, count: int, timeout: float = 20.0) -> list[Got]:
        """Return what came, once there are so many."""
        return self.until(lambda: len(self.got) >= count, timeout)

    def until(self, done: Callable[[], bool], timeout: float = 20.0) -> list[Got]:
        """Return what came, once that is so."""
        with self.news:
            assert self.news.wait_for(done, timeout), self.got
            return list(self.got)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away."""


class _Answering(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.news:
            self.server.got.append(Got(self.path, dict(self.headers), body))
            answer = self.server.answers.pop(0) if self.server.answers else 204
            self.server.news.notify_all()
        if callable(answer):
            with suppress(OSError):
                answer(self)
            return
        self.send_response(answer)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name in http.server)
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Listener]:
    """A receiver."""
    listener = Listener()
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield listener
    listener.ending.set()
    listener.shutdown()
    listener.server_close()
    thread.join(10)


def told(receiver: Listener, **changes: Any) -> dict[str, Any]:
    """Return the settings of a server that tells a receiver."""
    return {
        "webhook_url": receiver.url,
        "webhook_secret": SECRET,
        "outbound_allow": "127.0.0.1",
        "hostname": "a.test",
        **changes,
    }


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers with these settings; they end with the test."""
    with ExitStack() as servers:
        yield lambda **settings: servers.enter_context(Server(**settings))
