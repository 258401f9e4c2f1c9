"""Real programs that send and fetch, each behind the same two verbs.

A program that is missing skips its tests by name and says how to get it; in CI it fails them.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.clients.fetchers import FETCHERS, RECIPIENT, Account, Fetcher
from tests.clients.programs import call, program

from mailtrap_lite import Endpoint

Sender = Callable[[Endpoint, bytes], None]

SENDER = "alice@x.test"


@pytest.fixture(name="program")
def installed() -> Callable[[str], str]:
    """Return a function that finds a program, or skips the test by its name."""
    return program


@pytest.fixture(params=["smtplib", "curl", "swaks", "msmtp"])
def sender(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Sender]:
    """A program that sends, by name, and how to call it: raw bytes to RECIPIENT."""
    name: str = request.param
    if name != "smtplib":
        program(name)
    file = tmp_path / "mail.eml"

    def with_smtplib(to: Endpoint, raw: bytes) -> None:
        with smtplib.SMTP(to.host, to.port) as client:
            client.ehlo()
            client.mail(SENDER, ["BODY=8BITMIME"])
            client.rcpt(RECIPIENT)
            # `data` would make CRLF of each lone CR and LF; the bytes are to be sent as they are.
            assert client.docmd("DATA")[0] == 354
            client.send(stuffed(raw))
            assert client.getreply()[0] == 250

    def with_curl(to: Endpoint, raw: bytes) -> None:
        file.write_bytes(raw)
        server = ("--url", f"smtp://{to}/client.test", "--mail-from", SENDER, "--mail-rcpt", RECIPIENT)
        call("curl", "-sS", "-q", *server, "--upload-file", file)

    def with_swaks(to: Endpoint, raw: bytes) -> None:
        # As it goes over the wire: swaks itself would add a line and take a lone dot away.
        file.write_bytes(stuffed(raw))
        server = ("--server", to.host, "--port", str(to.port), "--from", SENDER, "--to", RECIPIENT)
        options = ("--helo", "client.test", "--suppress-data", "--no-data-fixup")
        call("swaks", *server, *options, "--data", f"@{file}")

    def with_msmtp(to: Endpoint, raw: bytes) -> None:
        server = (f"--host={to.host}", f"--port={to.port}", f"--from={SENDER}", "--auth=off", "--tls=off")
        add_nothing = ("--set-from-header=off", "--set-date-header=off", "--set-msgid-header=off")
        # It reads what this system calls a line, and makes CRLF of each LF.
        lines = raw.replace(b"\r\n", b"\n")
        call("msmtp", "--file=", *server, *add_nothing, "--domain=client.test", RECIPIENT, stdin=lines)

    return name, {"smtplib": with_smtplib, "curl": with_curl, "swaks": with_swaks, "msmtp": with_msmtp}[name]


def stuffed(raw: bytes) -> bytes:
    """Return mail as it goes over the wire (RFC 5321 section 4.5.2); its last line must be whole."""
    escaped = raw.replace(b"\r\n.", b"\r\n..")
    return (
        (b"." if raw.startswith(b".") else b"")
        + escaped
        + (b"" if raw.endswith(b"\r\n") or not raw else b"\r\n")
        + b".\r\n"
    )


@pytest.fixture(params=FETCHERS)
def fetcher(request: pytest.FixtureRequest, fetchers: dict[str, Fetcher]) -> tuple[str, Fetcher]:
    """A program that fetches, by name, and how to call it: all mail of RECIPIENT, kept there or deleted."""
    name: str = request.param
    if name != "poplib":
        program(name)
    return name, fetchers[name]


@pytest.fixture
def fetchers(tmp_path: Path) -> dict[str, Fetcher]:
    """How to call each program that fetches, whether it is installed or not; each has a memory of its own."""

    def fetching(name: str) -> Fetcher:
        def fetch(server: Endpoint, *, keep: bool, tls: str = "", ca: Path | None = None) -> list[bytes]:
            return FETCHERS[name](Account(server, tmp_path, tls, ca), keep=keep)

        return fetch

    return {name: fetching(name) for name in FETCHERS}
