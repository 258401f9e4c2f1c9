"""Real programs that fetch mail over POP3, each behind the same verb: plain, with STLS, and over TLS from the start."""

from __future__ import annotations

import mailbox
import poplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.programs import call

from mailtrap_lite import Endpoint, Server

RECIPIENT = "bob@x.test"
PASSWORD = "sesame"

Fetcher = Callable[..., list[bytes]]


@dataclass(frozen=True)
class Account:
    """Where the mail is. folder: for what a program keeps. tls: "", "stls" or "pop3s", with the CA to trust."""

    server: Endpoint
    folder: Path
    tls: str = ""
    ca: Path | None = None

    @property
    def host(self) -> str:
        """The name that is in the certificate."""
        return "localhost" if self.tls else self.server.host

    def box(self, name: str) -> Path:
        """Return a Maildir."""
        box = self.folder / name
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        return box


@contextmanager
def long_lines() -> Iterator[None]:
    """Let poplib take lines of any length."""
    poplib._MAXLINE, most = 64 * 1024**2, poplib._MAXLINE  # type: ignore[attr-defined]
    try:
        yield
    finally:
        poplib._MAXLINE = most  # type: ignore[attr-defined]


def logged_in(account: Account) -> poplib.POP3:
    context = ssl.create_default_context(cafile=account.ca) if account.tls else None
    client: poplib.POP3
    if account.tls == "pop3s":
        client = poplib.POP3_SSL(account.host, account.server.port, context=context)
    else:
        client = poplib.POP3(account.host, account.server.port)
        if account.tls:
            try:
                client.stls(context)
            except ssl.SSLError:
                client.file.close()  # its close would use the socket, which is gone
                raise
    try:
        client.user(RECIPIENT)
        client.pass_(PASSWORD)
    except poplib.error_proto:
        client.close()
        raise
    return client


def with_poplib(account: Account, *, keep: bool) -> list[bytes]:
    with long_lines():
        client = logged_in(account)
        numbers = range(1, client.stat()[0] + 1)
        found = [b"".join(line + b"\r\n" for line in client.retr(number)[1]) for number in numbers]
        for number in () if keep else numbers:
            client.dele(number)
        client.quit()
    return found


def with_curl(account: Account, *, keep: bool) -> list[bytes]:
    url = f"{'pop3s' if account.tls == 'pop3s' else 'pop3'}://{account.host}:{account.server.port}/"
    secure: tuple[str | Path, ...] = ("--ssl-reqd", "--cacert", account.ca) if account.ca else ()
    login = ("-sS", "-q", "--user", f"{RECIPIENT}:{PASSWORD}", *secure)
    numbers = [line.split()[0].decode() for line in call("curl", *login, url).split(b"\r\n") if line]
    found = [call("curl", *login, url + number) for number in numbers]
    for number in () if keep else reversed(numbers):
        call("curl", *login, "--request", f"DELE {number}", "--head", url, allowed=(0, 8))
    return found


def with_mpop(account: Account, *, keep: bool) -> list[bytes]:
    box, uids = account.box("mpop"), account.folder / "uids"
    secure: tuple[str, ...] = ("--tls=off",)
    if account.tls:
        starttls = "on" if account.tls == "stls" else "off"
        secure = ("--tls=on", f"--tls-starttls={starttls}", f"--tls-trust-file={account.ca}")
    call(
        "mpop",
        "--file=",
        f"--host={account.host}",
        f"--port={account.server.port}",
        f"--user={RECIPIENT}",
        f"--passwordeval=echo {PASSWORD}",
        "--auth=user",
        *secure,
        "--received-header=off",
        f"--keep={'on' if keep else 'off'}",
        f"--uidls-file={uids}",
        f"--delivery=maildir,{box}",
    )
    return in_order(box)


def delivery(box: Path) -> Path:
    """Return a program that writes down a mail as it comes."""
    program = box.with_suffix(".sh")
    program.write_text(f'#!/bin/sh\nexec cat > "{box}/new/$(date +%s.%N)"\n')
    program.chmod(0o755)
    return program


def with_fetchmail(account: Account, *, keep: bool) -> list[bytes]:
    home, box = account.folder / "fetchmail", account.box("box")
    home.mkdir(exist_ok=True)
    deliver = delivery(box)
    # An empty sslproto is no TLS, also where STLS is offered.
    secure = {
        "": 'sslproto ""',
        "stls": f'sslproto "auto" sslcertck sslcertfile "{account.ca}"',
        "pop3s": f'ssl sslproto "auto" sslcertck sslcertfile "{account.ca}"',
    }
    config = home / "fetchmailrc"
    config.write_text(
        f"poll {account.host} service {account.server.port} proto POP3 uidl auth password bad-header accept\n"
        f'user "{RECIPIENT}" password {PASSWORD} {"keep" if keep else "nokeep"} no rewrite no stripcr no mimedecode\n'
        f'{secure[account.tls]} mda "{deliver}"\n'
    )
    config.chmod(0o600)
    files = ("--idfile", home / "ids", "--pidfile", home / "pid")
    call("fetchmail", "--fetchmailrc", config, *files, "--nosyslog", "--invisible", "--norewrite", allowed=(0, 1))
    return in_order(box)


def with_getmail(account: Account, *, keep: bool) -> list[bytes]:
    home = account.folder / "getmail"
    home.mkdir(exist_ok=True)
    kind = "SimplePOP3SSLRetriever" if account.tls else "SimplePOP3Retriever"
    config = home / "getmailrc"
    # It is to deliver over LMTP: to call a program it forks, and waits for ever once in a hundred times.
    with Server(lmtp="127.0.0.1:0", message_size="40m") as delivered:
        config.write_text(
            f"[retriever]\ntype = {kind}\nserver = {account.host}\nport = {account.server.port}\n"
            f"username = {RECIPIENT}\npassword = {PASSWORD}\n"
            + (f"ca_certs = {account.ca}\n" if account.tls else "")
            + f"[destination]\ntype = MDA_lmtp\nhost = {delivered.lmtp.host}\nport = {delivered.lmtp.port}\n"
            f"override = {RECIPIENT}\n"
            f"[options]\nread_all = false\ndelete = {'false' if keep else 'true'}\n"
            "delivered_to = false\nreceived = false\nverbose = 0\n"
        )
        call("getmail", f"--getmaildir={home}", f"--rcfile={config}")
        return [message.raw for message in delivered.messages]


def in_order(box: Path) -> list[bytes]:
    """Return what was written into a Maildir, and empty it."""
    files = sorted((box / "new").iterdir(), key=lambda file: (file.stat().st_mtime_ns, file.name))
    found = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    mailbox.Maildir(box, create=False).close()
    return found


FETCHERS: dict[str, Fetcher] = {
    "poplib": with_poplib,
    "curl": with_curl,
    "mpop": with_mpop,
    "fetchmail": with_fetchmail,
    "getmail": with_getmail,
}
