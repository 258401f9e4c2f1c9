"""A mail's whole way: alice's program, her outgoing server, bob's server, and the two devices on which bob reads.

Mail is pushed to the outgoing server, which holds it until it has passed it to the recipient's server, which keeps it
until the recipient fetches it. Both servers are processes, and all programs are those that people use.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from two_servers import programs
from two_servers.servers import MailServer, wait_until

ALICE, BOB, EVE = "alice@a.test", "bob@b.test", "eve@sink.test"
MAIL = (
    b"From: alice@a.test\r\nTo: bob@b.test\r\nSubject: lunch\r\n"
    b"Message-ID: <lunch@a.test>\r\nDate: Mon, 23 Nov 2026 14:02:11 +0100\r\n"
    b"\r\nAt noon?\r\n.\r\n.. and a line with dots\r\n"
)
SINK = Path(__file__).resolve().parents[2] / ".bench" / "postfix" / "usr"


@pytest.fixture
def incoming(tmp_path: Path) -> Iterator[MailServer]:
    """Bob's server; it was there once, so its ports are known."""
    server = MailServer(tmp_path, "incoming", "--hostname=mx.b.test", "--tls")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def outgoing(tmp_path: Path, incoming: MailServer, sink: int) -> Iterator[MailServer]:
    """Alice's server: she has to log in, and what she sends to b.test and sink.test moves on by itself."""
    routes = f"b.test -> {incoming.where('smtp')}; sink.test -> 127.0.0.1:{sink} tls=off"
    server = MailServer(
        tmp_path,
        "outgoing",
        *("--hostname=out.a.test", "--tls", "--smtp-auth=required", "--users=alice:sesame"),
        *(
            f"--relay-routes={routes}",
            "--relay-hosts=127.0.0.1",
            "--relay-to=*@b.test,*@sink.test",
            "--relay-rules=all",
        ),
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sink() -> Iterator[int]:
    """The port of a server that wants no recipient: postfix's smtp-sink, or nobody where that is not there."""
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    unpacked = ["env", f"LD_LIBRARY_PATH={SINK / 'lib' / 'postfix'}", str(SINK / "sbin" / "smtp-sink")]
    command = [found] if found else unpacked if (SINK / "sbin" / "smtp-sink").exists() else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with ExitStack() as running:
        if command is not None:
            user = ["-u", "nobody"] if os.getuid() == 0 else []
            process = subprocess.Popen([*command, *user, "-4", "-f", "rcpt", f"127.0.0.1:{port}", "64"], cwd="/")
            running.callback(process.wait)
            running.callback(process.kill)
        yield port


def test_a_mail_gets_through_and_each_device_has_its_copy(
    outgoing: MailServer, incoming: MailServer, tmp_path: Path
) -> None:
    programs.needs("msmtp", "mpop", "fetchmail")

    # Bob's server is down: alice's keeps the mail, and says so to nobody yet.
    incoming.stop()
    programs.submit(outgoing, MAIL, BOB, sender=ALICE)
    wait_until(lambda: outgoing.reasons() == {BOB: ("waiting", "Con")}, "Connection refused")

    # It is there again, and greylists: whom it sees for the first time it sends away.
    incoming.start("--fault=RCPT 450 4.7.1 greylisted greylist=0")
    outgoing.ask("queue", "retry", "--all")
    wait_until(lambda: outgoing.reasons() == {BOB: ("waiting", "450")}, "450 greylisted")
    outgoing.ask("queue", "retry", "--all")
    wait_until(lambda: outgoing.reasons() == {BOB: ("sent", "250")}, "250 accepted")

    # It waits in bob's mailbox, as it was sent but for one field that says which way it came.
    sent, came = outgoing.ask("show", "1", "--raw"), incoming.ask("show", "1", "--raw")
    assert sent == MAIL
    assert came.endswith(MAIL)
    assert came.removesuffix(MAIL).startswith(b"Received:")

    # The first device leaves it on the server, the second one takes it away; each has its copy, byte for byte.
    first = programs.mpop(incoming, BOB, tmp_path / "phone", keep=True)
    second = programs.fetchmail(incoming, BOB, tmp_path / "laptop", keep=False)
    assert (first, second) == ([came], [came])
    assert programs.mpop(incoming, BOB, tmp_path / "tablet", keep=True) == []

    # What the two servers said to each other can be read again, try by try.
    story = outgoing.ask("queue", "show", "1").decode()
    assert [line[:10] for line in story.splitlines() if line.startswith("attempt ")] == [
        f"attempt {number}," for number in (1, 2, 3)
    ]
    assert "< 450 4.7.1 greylisted" in story


def test_a_kill_between_two_tries_loses_nothing(outgoing: MailServer, incoming: MailServer) -> None:
    programs.needs("msmtp")
    incoming.stop()
    programs.submit(outgoing, MAIL, BOB, sender=ALICE)
    wait_until(lambda: outgoing.reasons() == {BOB: ("waiting", "Con")}, "Connection refused")

    outgoing.kill()
    incoming.start()
    outgoing.start()
    outgoing.ask("queue", "retry", "--all")

    incoming.ask("wait", "--to", BOB, "--timeout", "30")
    wait_until(lambda: outgoing.reasons() == {BOB: ("sent", "250")}, "250 accepted")


def test_alice_hears_of_a_recipient_whom_nobody_wants(outgoing: MailServer, incoming: MailServer) -> None:
    programs.needs("msmtp")
    if not SINK.exists() and shutil.which("smtp-sink", path="/usr/sbin") is None:
        pytest.skip("smtp-sink is not installed: it is in the Debian package postfix")

    programs.submit(outgoing, MAIL, BOB, EVE, sender=ALICE)

    report = outgoing.ask("wait", "--to", ALICE, "--subject", "Undelivered", "--timeout", "30", "--text").decode()
    assert EVE in report
    assert "500 5.3.0 Error: command failed" in report
    incoming.ask("wait", "--to", BOB, "--timeout", "30")
    wait_until(lambda: outgoing.reasons()[BOB] == ("sent", "250"), "250 accepted")
    assert outgoing.reasons()[EVE] == ("failed", "500")
