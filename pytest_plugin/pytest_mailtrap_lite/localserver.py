"""The fixture `smtpserver` of pytest-localserver, made of a server of ours: `-p pytest_mailtrap_lite.localserver`.

Or `mailtrap_fixtures = smtpserver` in the ini file. docs/moving.md has what is the same, and what is not.
"""

from __future__ import annotations

from collections import UserList
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as EmailMessage
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mailtrap_lite import Message
    from mailtrap_lite import Server as MailServer

__all__ = ["MessageDetails", "Server", "smtpserver"]


@dataclass
class MessageDetails:
    """The envelope of a mail. peer: the client's address."""

    peer: tuple[str, int]
    mailfrom: str
    rcpttos: list[str]


class Outbox(UserList[EmailMessage]):
    """All mail, oldest first; whoever looks sees what has come meanwhile. What a test deletes is gone."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._cursor = 0
        self._seen: list[EmailMessage] = []

    @property
    def data(self) -> list[EmailMessage]:  # type: ignore[override]  # an attribute there, and everything is made of it
        """What has come."""
        if self._server.is_running:
            for message in self._server.sandbox.messages(after=self._cursor):
                self._cursor = message.id
                self._seen.append(_with_details(message))
        return self._seen


def _with_details(message: Message) -> EmailMessage:
    host, _, port = message.envelope.client.rpartition(":")
    made = message_from_bytes(message.raw)
    peer = (host.strip("[]"), int(port or 0))
    vars(made)["details"] = MessageDetails(peer, message.envelope.sender, list(message.envelope.addresses))
    return made


class Server:
    """A mail server as pytest-localserver has it. `mailtrap` is the server itself, with all that it can."""

    def __init__(self, host: str = "localhost", port: int = 0) -> None:
        from mailtrap_lite import Endpoint  # imported by who uses it
        from mailtrap_lite import Server as MailServer

        self.hostname = host
        self.mailtrap = MailServer(smtp=Endpoint(host, port))
        self.outbox = Outbox(self.mailtrap)
        self.addr = (host, port)

    def __repr__(self) -> str:
        return f"<smtp.Server {self.addr[0]}:{self.addr[1]}>"

    def __del__(self) -> None:
        if "mailtrap" in vars(self):
            self.stop()

    @property
    def port(self) -> int:
        """The port, as really bound once it was started."""
        return self.addr[1]

    @property
    def accepting(self) -> bool:
        """Whether clients may connect."""
        return self.is_alive()

    def is_alive(self) -> bool:
        """Return whether it runs."""
        return self.mailtrap.is_running

    def start(self) -> None:
        """Open the port."""
        where = self.mailtrap.start().smtp
        self.addr = (where.host, where.port)

    def stop(self, timeout: float | None = None) -> None:
        """Close the port, whatever clients do; what came can still be read. Idempotent. timeout: not needed."""
        if self.is_alive():
            _ = self.outbox.data
            self.mailtrap.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to be the second `smtpserver`: of two that come by -p and by being installed, the installed one is taken.

    Who needs the web servers of pytest-localserver too, uses the ini option.
    """
    if config.pluginmanager.hasplugin("localserver") and "smtpserver" not in config.getini("mailtrap_fixtures"):
        raise pytest.UsageError(
            "pytest-localserver is installed, and its smtpserver would be taken; "
            "have mailtrap_fixtures = smtpserver in the ini file instead of -p"
        )


@pytest.fixture
def smtpserver(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A mail server of this test alone, as pytest-localserver has it: `smtpserver.addr` and `.outbox`."""
    from pytest_mailtrap_lite.serving import know_of

    server = Server()
    server.start()
    know_of(request, lambda: server.mailtrap)
    yield server
    server.stop()
