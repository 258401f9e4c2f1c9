"""How a program hands its mail over to a server: address, login and TLS as one value. It knows no framework."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import quote

import pytest

from mailtrap_lite import RemoteSandbox, Server

# What a program is given to log in with where any login is right, or none is.
MADE_UP = ("mailtrap", "mailtrap")


class Security(Enum):
    """What protects a connection."""

    NONE = "nothing"
    STARTTLS = "STARTTLS"
    TLS = "TLS from the first octet"


@dataclass(frozen=True, slots=True)
class Submission:
    """Where mail is handed over, and how.

    user, password: both "" if the server asks for no login. ca_file: what to trust, None without TLS.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Security
    ca_file: Path | None

    @property
    def login(self) -> str:
        """The login as it stands in a URL, "user:password@", or ""."""
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""

    @property
    def url(self) -> str:
        """As "smtp://user:password@127.0.0.1:41873"; smtps is TLS from the first octet.

        STARTTLS has no scheme that all agree on: clients that read such a URL use it when it is offered.
        """
        scheme = "smtps" if self.security is Security.TLS else "smtp"
        return f"{scheme}://{self.login}{self.host}:{self.port}"


def submission(server: Server | RemoteSandbox, *, implicit_tls: bool = False) -> Submission:
    """Return how a program hands mail over to this server, over TLS if it has any, logged in if it knows anybody.

    implicit_tls: whether the program prefers TLS from the first octet to STARTTLS. It gets it too where STARTTLS is
    hidden. A sandbox of a shared server is chosen by the login.
    """
    if not isinstance(server, Server):  # a sandbox in a shared server, whose certificate nobody knows here
        return Submission(server.smtp.host, server.smtp.port, server.user, server.password, Security.NONE, None)
    user, password = _login(server)
    if "smtps" not in server.endpoints:
        return Submission(server.smtp.host, server.smtp.port, user, password, Security.NONE, None)
    if implicit_tls or "STARTTLS" in server.settings.hide:
        security, where = Security.TLS, server.smtps
    else:
        security, where = Security.STARTTLS, server.smtp
    return Submission(where.host, where.port, user, password, security, server.tls.ca_file)


def _login(server: Server) -> tuple[str, str]:
    settings = server.settings
    if settings.users:
        return settings.users[0]
    return ("", "") if settings.smtp_auth == "any" else MADE_UP


def trust(ca_file: Path | None, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let programs that are started, and this one, trust a CA beside those they trust already.

    Through SSL_CERT_FILE, which OpenSSL reads whenever a context is made: frameworks have no setting for a CA.
    folder: where the bundle of both can be written.
    """
    if ca_file is None:
        return
    known = ssl.get_default_verify_paths().cafile  # heeds an SSL_CERT_FILE that is there already
    if known is not None:
        bundle = folder / "mailtrap-trusted.pem"
        bundle.write_bytes(Path(known).read_bytes() + b"\n" + ca_file.read_bytes())
        ca_file = bundle
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
