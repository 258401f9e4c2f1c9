"""Two servers: one that sends mail on, and the next."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from mailtrap_lite import Message, Server

MAIL = b"From: ann@a.test\r\nTo: bob@b.test\r\nSubject: hello\r\n\r\n.dot\r\nhi\r\n"

StartServer = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Start servers with these settings; they end with the test."""
    with ExitStack() as servers:
        yield lambda **settings: servers.enter_context(Server(**settings))


@pytest.fixture
def following(start: StartServer) -> Server:
    """The next server."""
    return start(hostname="b.test")


@pytest.fixture
def sending(start: StartServer, following: Server) -> Server:
    """A server that sends all mail for b.test on to the next."""
    return start(**onwards(following), relay_rules="all")


def onwards(following: Server, **changes: Any) -> dict[str, Any]:
    """Return the settings of a server that may send on to another."""
    host = changes.pop("host", "127.0.0.1")
    settings = {"hostname": "a.test", "relay": f"{host}:{following.smtp.port}", "relay_hosts": host}
    return {**settings, "relay_to": "*@b.test", **changes}


def submit(
    server: Server,
    *to: str,
    raw: bytes = MAIL,
    sender: str = "ann@a.test",
    mail: Sequence[str] = (),
    rcpt: Sequence[str] = (),
) -> Message:
    """Send a mail to a server with these parameters, and return it as it is kept there."""
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail(sender, to or ["bob@b.test"], raw, mail_options=mail, rcpt_options=rcpt)
    return server.sandbox.latest()
