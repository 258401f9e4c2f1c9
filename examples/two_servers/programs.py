"""Programs that people use: msmtp submits, mpop and fetchmail fetch. Each is set up as it would be at home."""

import shutil
import subprocess
from pathlib import Path

import pytest
from two_servers.servers import MailServer


def needs(*programs: str) -> None:
    """Skip the test where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install {program}")


def call(*command: str, stdin: bytes = b"", codes: tuple[int, ...] = (0,)) -> None:
    """Run a program to its end."""
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60)
    assert done.returncode in codes, (command, done.stdout, done.stderr)


def submit(server: MailServer, mail: bytes, *to: str, sender: str) -> None:
    """Submit a mail with msmtp: it logs in over STARTTLS, and trusts the server's certificate only."""
    where = ("--file=", "--host=localhost", f"--port={server.port('smtp')}")
    tls = ("--tls=on", "--tls-starttls=on", f"--tls-trust-file={server.ca_file}")
    login = ("--auth=plain", "--user=alice", "--passwordeval=echo sesame")
    call("msmtp", *where, *tls, *login, f"--from={sender}", *to, stdin=mail.replace(b"\r\n", b"\n"))


def mpop(server: MailServer, user: str, box: Path, *, keep: bool) -> list[bytes]:
    """Fetch with mpop over STLS into a Maildir, and return what came."""
    maildir(box)
    where = ("--file=", "--host=localhost", f"--port={server.port('pop3')}")
    tls = ("--tls=on", "--tls-starttls=on", f"--tls-trust-file={server.ca_file}")
    login = (f"--user={user}", "--passwordeval=echo any", "--auth=user")
    memory = (f"--uidls-file={box / 'uidls'}", f"--keep={'on' if keep else 'off'}")
    call("mpop", *where, *tls, *login, *memory, "--received-header=off", f"--delivery=maildir,{box}")
    return taken(box)


def fetchmail(server: MailServer, user: str, box: Path, *, keep: bool) -> list[bytes]:
    """Fetch with fetchmail over STLS into a folder, and return what came."""
    maildir(box)
    deliver, config = box / "deliver", box / "fetchmailrc"
    deliver.write_text(f'#!/bin/sh\nexec cat > "$(mktemp "{box}/new/XXXXXX")"\n')
    deliver.chmod(0o755)
    config.write_text(
        f"poll localhost service {server.port('pop3')} proto POP3 uidl auth password\n"
        f'user "{user}" password any {"keep" if keep else "nokeep"} no rewrite no stripcr no mimedecode\n'
        f'sslproto "auto" sslcertck sslcertfile "{server.ca_file}" mda "{deliver}"\n'
    )
    config.chmod(0o600)
    memory = ("--idfile", str(box / "ids"), "--pidfile", str(box / "pid"))
    call("fetchmail", "--fetchmailrc", str(config), *memory, "--nosyslog", "--invisible", codes=(0, 1))
    return taken(box)


def maildir(box: Path) -> None:
    """Make an empty Maildir, unless it is there."""
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True, exist_ok=True)


def taken(box: Path) -> list[bytes]:
    """Return what lies in a Maildir, with the line ends of the wire, and empty it."""
    found = []
    for file in (box / "new").iterdir():
        found.append(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        file.unlink()
    return found
