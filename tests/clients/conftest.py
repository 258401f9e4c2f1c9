"""Real programs that send and fetch, each behind the same two verbs.

A program that is missing skips its tests by name and says how to get it; in CI it fails them.
"""

from __future__ import annotations

import mailbox
import os
import poplib
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtrap_lite import Endpoint

Sender = Callable[[Endpoint, bytes], None]
Fetcher = Callable[..., list[bytes]]

SENDER = "alice@x.test"
RECIPIENT = "bob@x.test"


def program(name: str) -> str:
    """Return where a program is, or skip the test by its name."""
    if found := shutil.which(name):
        return found
    pytest.skip(f"{name} is not installed: apt-get install {name}")


def call(*command: str | Path, stdin: bytes = b"", allowed: tuple[int, ...] = (0,)) -> bytes:
    """Run a program in an environment of its own and return what it printed."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": tempfile.gettempdir()}
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=environment)
    assert done.returncode in allowed, (command, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


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


@pytest.fixture(params=["poplib", "curl", "mpop", "fetchmail"])
def fetcher(request: pytest.FixtureRequest, fetchers: dict[str, Fetcher]) -> tuple[str, Fetcher]:
    """A program that fetches, by name, and how to call it: all mail of RECIPIENT, kept there or deleted."""
    name: str = request.param
    if name != "poplib":
        program(name)
    return name, fetchers[name]


@pytest.fixture
def fetchers(tmp_path: Path) -> dict[str, Fetcher]:
    """How to call each program that fetches, whether it is installed or not; each has a memory of its own."""

    def with_poplib(server: Endpoint, *, keep: bool) -> list[bytes]:
        client = poplib.POP3(server.host, server.port)
        poplib._MAXLINE, most = 64 * 1024**2, poplib._MAXLINE  # type: ignore[attr-defined]  # it refuses long lines
        try:
            client.user(RECIPIENT)
            client.pass_("any")
            numbers = range(1, client.stat()[0] + 1)
            found = [b"".join(line + b"\r\n" for line in client.retr(number)[1]) for number in numbers]
            for number in () if keep else numbers:
                client.dele(number)
            client.quit()
        finally:
            poplib._MAXLINE = most  # type: ignore[attr-defined]
        return found

    def with_curl(server: Endpoint, *, keep: bool) -> list[bytes]:
        login = ("-sS", "-q", "--user", f"{RECIPIENT}:any")
        numbers = [
            line.split()[0].decode() for line in call("curl", *login, f"pop3://{server}/").split(b"\r\n") if line
        ]
        found = [call("curl", *login, f"pop3://{server}/{number}") for number in numbers]
        for number in () if keep else reversed(numbers):
            call("curl", *login, "--request", f"DELE {number}", "--head", f"pop3://{server}/", allowed=(0, 8))
        return found

    def with_mpop(server: Endpoint, *, keep: bool) -> list[bytes]:
        box, uids = tmp_path / "mpop", tmp_path / "uids"
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        call(
            "mpop",
            "--file=",
            f"--host={server.host}",
            f"--port={server.port}",
            f"--user={RECIPIENT}",
            "--passwordeval=echo any",
            "--auth=user",
            "--tls=off",
            "--received-header=off",
            f"--keep={'on' if keep else 'off'}",
            f"--uidls-file={uids}",
            f"--delivery=maildir,{box}",
        )
        return _in_order(box)

    def with_fetchmail(server: Endpoint, *, keep: bool) -> list[bytes]:
        home, box = tmp_path / "fetchmail", tmp_path / "box"
        home.mkdir(exist_ok=True)
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        # The mail goes to a program that writes it down as it comes, one file for each.
        deliver = home / "deliver"
        deliver.write_text(f'#!/bin/sh\nexec cat > "{box}/new/$(date +%s.%N)"\n')
        deliver.chmod(0o755)
        config = home / "fetchmailrc"
        config.write_text(
            f"poll {server.host} service {server.port} proto POP3 uidl auth password bad-header accept\n"
            f'user "{RECIPIENT}" password any {"keep" if keep else "nokeep"} no rewrite no stripcr no mimedecode\n'
            f'sslproto "" mda "{deliver}"\n'
        )
        config.chmod(0o600)
        files = ("--idfile", home / "ids", "--pidfile", home / "pid")
        call("fetchmail", "--fetchmailrc", config, *files, "--nosyslog", "--invisible", "--norewrite", allowed=(0, 1))
        return _in_order(box)

    return {"poplib": with_poplib, "curl": with_curl, "mpop": with_mpop, "fetchmail": with_fetchmail}


def _in_order(box: Path) -> list[bytes]:
    """Return what was written into a Maildir, and empty it."""
    files = sorted((box / "new").iterdir(), key=lambda file: (file.stat().st_mtime_ns, file.name))
    found = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    mailbox.Maildir(box, create=False).close()
    return found
