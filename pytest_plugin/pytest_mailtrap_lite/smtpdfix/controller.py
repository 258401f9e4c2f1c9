"""A server of ours with the methods and attributes of smtpdfix's AuthController."""

from __future__ import annotations

import atexit
import os
import shutil
from email import message_from_bytes
from email.message import Message as EmailMessage
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self  # Any: settings by name, each checked by Settings

from mailtrap_lite import Endpoint, Message, Server
from pytest_mailtrap_lite.smtpdfix.certificate import make_certificate
from pytest_mailtrap_lite.smtpdfix.configuration import Config

CERTIFICATE = "SMTPD_SSL_CERTIFICATE_FILE"


class AuthController:
    """`server.config` says how it is, `server.messages` what came. `mailtrap` is the server itself, with all it can.

    Changing the configuration restarts it on the same port. Any thread.
    """

    def __init__(self, hostname: str | None = None, port: int | None = None, config: Config | None = None) -> None:
        self.config = config or Config()
        self._messages: list[EmailMessage] = []
        self._cursor = 0
        self.mailtrap: Server | None = None
        self.config.values["host"] = hostname or self.config.host
        if port is not None:
            self.config.values["port"] = int(port)
        self.config.OnChanged += self.reset

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def hostname(self) -> str:
        """Where it listens, as it was said."""
        return str(self.config.host)

    @property
    def port(self) -> int:
        """The port, as really bound."""
        return int(self.config.port)

    @property
    def messages(self) -> list[EmailMessage]:
        """A copy of the list of all mail, oldest first, with X-Peer, X-MailFrom and X-RcptTo added at the end."""
        if self.mailtrap is not None:
            for message in self.mailtrap.sandbox.messages(after=self._cursor):
                self._cursor = message.id
                self._messages.append(as_aiosmtpd_has_it(message))
        return list(self._messages)

    def start(self) -> None:
        """Open the port."""
        settings = _settings(self.config)
        server = Server(**settings).start()
        self.config.values["port"] = (server.smtps if _speaks_tls(self.config) else server.smtp).port
        self.mailtrap = server

    def stop(self) -> None:
        """Close the port; what came can still be read. Idempotent."""
        if self.mailtrap is None:
            return
        _ = self.messages
        self.mailtrap.stop()
        self.mailtrap = None
        self._cursor = 0

    def reset(self, persist_messages: bool = True) -> None:
        """Start again with the configuration as it is now, if it runs."""
        was_running = self.mailtrap is not None
        self.stop()
        if not persist_messages:
            self._messages.clear()
        if was_running:
            self.start()


def as_aiosmtpd_has_it(message: Message) -> EmailMessage:
    """Return a mail as aiosmtpd's handler makes it of what came."""
    made = message_from_bytes(message.raw)
    made["X-Peer"] = str(peer_of(message))
    made["X-MailFrom"] = message.envelope.sender
    made["X-RcptTo"] = ", ".join(message.envelope.addresses)
    return made


def peer_of(message: Message) -> tuple[str, int]:
    """Return the address of the client that handed a mail over."""
    host, _, port = message.envelope.client.rpartition(":")
    return host.strip("[]"), int(port or 0)


def _speaks_tls(config: Config) -> bool:
    """Return whether TLS begins with the first octet: STARTTLS wins if both are asked for."""
    return bool(config.use_ssl) and not config.use_starttls


def _settings(config: Config) -> dict[str, Any]:
    door = "smtps" if _speaks_tls(config) else "smtp"
    settings: dict[str, Any] = {door: Endpoint(config.host, config.port)}
    settings["users"] = ((config.login_username, config.login_password),)
    settings["smtp_auth"] = "required" if config.enforce_auth else "table"
    if config.auth_require_tls and not config.use_ssl and not config.use_starttls:
        settings["hide"] = ("AUTH",)
    if config.use_ssl or config.use_starttls:
        certificate, key = _certificate(config)
        settings |= {"tls_cert": Path(certificate), "tls_key": Path(key) if key else None}
        settings["require_tls"] = config.use_starttls
    return settings


def _certificate(config: Config) -> tuple[str, str | None]:
    """Return the files of the configuration, or those of a certificate that is made for this process."""
    certificate, key = config.ssl_cert_files
    if certificate is None:
        folder = Path(mkdtemp(prefix="mailtrap-lite-"))
        atexit.register(_remove, folder, os.getpid())
        made = make_certificate(folder)
        # As smtpdfix does: applications under test read there whom to trust.
        certificate = os.environ[CERTIFICATE] = str(made)
        config.values["ssl_cert_files"] = (certificate, None)
    return certificate, key


def _remove(folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # after a fork it is still the parent's
        shutil.rmtree(folder, ignore_errors=True)
