"""Octets that mean nothing, clients that vanish at each step, and a process that is killed while it deletes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import poplib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.pop3.conftest import Line

from mailtrap_lite.accounts import selection_of
from mailtrap_lite.message import Ending, Envelope
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store

if TYPE_CHECKING:
    from tests.pop3.conftest import Door

ALICE = "alice@x.test"

# What is likely to be understood, so that random octets come further than to an unknown command.
WORDS = [
    *(b"USER alice@x.test\r\n", b"PASS x\r\n", b"APOP a 0\r\n", b"AUTH\r\n", b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n"),
    *(
        b"AUTH XOAUTH2 =\r\n",
        b"AUTH CRAM-MD5\r\n",
        b"*\r\n",
        b"=\r\n",
        b"\r\n",
        b"STAT\r\n",
        b"LIST\r\n",
        b"UIDL 1\r\n",
    ),
    *(b"RETR 1\r\n", b"TOP 1 99999999999999999999999\r\n", b"DELE 2\r\n", b"RSET\r\n", b"NOOP\r\n", b"CAPA\r\n"),
    *(b"LANG \xff\r\n", b"UTF8\r\n", b"\n", b"\r", b"\0", b" ", b"RETR " + b"9" * 5000 + b"\r\n", b"x" * 20_000),
    b"AUTH PLAIN " + b64encode(b"\0alice@x.test\0x") + b"\r\n",
]


def garbage(seed: int) -> bytes:
    chance = random.Random(seed)
    parts = [
        chance.choice(WORDS) if chance.random() < 0.7 else chance.randbytes(chance.randrange(60)) for _ in range(80)
    ]
    return b"".join(parts) + b"\r\n"


@pytest.mark.parametrize("seed", range(25))
def test_random_octets_are_answered_and_nothing_leaks(seed: int, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    for raw in (b"A: b\r\n\r\none\r\n", b"two"):
        door.sandbox.deliver(raw, to=ALICE)
    client = door.connect()

    with contextlib.suppress(ConnectionError):  # it may have said goodbye
        client.send(garbage(seed))
        client.half_close()
    answer = client.rest_of_anything()

    assert answer.startswith(b"+OK mailtrap.localhost POP3 ready ")
    assert not re.search(rb"Traceback|Error|local error|0x[0-9a-f]{6}|\.py", answer)
    assert all(len(line) <= 510 for line in answer.split(b"\r\n"))
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    assert door.until(lambda: not door.door.crowd)
    door.sandbox.open_maildrop(ALICE).close()
    assert len(door.sandbox.waiting(ALICE)) == 2


def octets_of(name: str) -> bytes:
    """Return a session in which each kind of command is, without its QUIT."""
    login = {
        "pass": b"USER alice@x.test\r\nPASS x\r\n",
        "apop": b"APOP alice@x.test 00000000000000000000000000000000\r\n",
        "auth": b"AUTH LOGIN\r\n" + b64encode(ALICE.encode()) + b"\r\n" + b64encode(b"x") + b"\r\n",
    }
    return login[name] + b"UIDL\r\nRETR 1\r\nTOP 2 1\r\nDELE 1\r\nQUIT"


def leave_politely(line: Line) -> None:
    line.half_close()
    line.rest_of_anything()


def leave(line: Line) -> None:
    line.close()


def leave_rudely(line: Line) -> None:
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN
    line.close()


@pytest.mark.parametrize("way", ["pass", "apop", "auth"])
@pytest.mark.parametrize("go", [leave_politely, leave, leave_rudely])
def test_a_client_that_vanishes_at_any_octet_deletes_nothing(way: str, go: Callable[[Line], None], door: Door) -> None:
    for raw in (b"A: b\r\n\r\none\r\n", b"A: b\r\n\r\ntwo\r\n"):
        door.sandbox.deliver(raw, to=ALICE)
    data = octets_of(way)

    for end in range(0, len(data) + 1, 3 if door.sandbox.settings.store == "memory" else 17):
        line = door.connect()
        line.send(data[:end])
        go(line)

    # Who comes then finds all of it, and no lock; the connections are served in the order in which they came.
    last = door.connect().log_in()
    assert last.ask(b"STAT") == b"+OK 2 26\r\n"
    last.ask(b"QUIT")
    last.close()
    assert door.until(lambda: not door.door.crowd)


@pytest.mark.parametrize("go", [leave_politely, leave])
def test_a_client_that_said_all_of_quit_and_vanishes_has_its_mail_deleted(
    go: Callable[[Line], None], door: Door
) -> None:
    door.sandbox.deliver(b"A: b\r\n\r\none\r\n", to=ALICE)
    line = door.connect().log_in()

    line.send(b"DELE 1\r\nQUIT\r\n")
    go(line)

    assert door.until(lambda: not door.door.crowd)
    assert door.sandbox.waiting(ALICE) == []


LOGINS = {
    "pass": b"USER alice\r\nPASS x\r\n",
    "apop": b"APOP alice 00000000000000000000000000000000\r\n",
    "auth": b"AUTH PLAIN AGFsaWNlAHg=\r\n",
}


def sent_at_once(door: Door, data: bytes, go: Callable[[Line], None]) -> Line:
    """Return a client that said all of this and went before the door saw any of it."""
    line = door.connect()
    line.line()
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go_on.wait(10)

    door.loop.loop.call_soon_threadsafe(hold)
    assert held.wait(10)
    line.send(data)
    go(line)
    go_on.set()
    return line


@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("way", LOGINS)
@pytest.mark.parametrize("go", [leave, leave_rudely])
def test_a_quit_behind_a_login_of_which_nobody_takes_the_answer_deletes_nothing(
    way: str, go: Callable[[Line], None], door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.sandbox.deliver(b"A: b\r\n\r\none\r\n", to=ALICE)

    sent_at_once(door, LOGINS[way] + b"DELE 1\r\nQUIT\r\n", go)

    assert door.until(lambda: not door.door.crowd)
    assert len(door.sandbox.waiting(ALICE)) == 1
    assert (door.ended[-1].ending, door.ended[-1].deleted) == (Ending.LEFT, ())
    assert caplog.records == []


@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("way", LOGINS)
def test_a_quit_behind_a_login_of_a_client_that_only_sends_no_more_deletes(way: str, door: Door) -> None:
    door.sandbox.deliver(b"A: b\r\n\r\none\r\n", to=ALICE)

    line = sent_at_once(door, LOGINS[way] + b"DELE 1\r\nQUIT\r\n", Line.half_close)

    assert line.rest().endswith(b"+OK bye\r\n")
    assert door.sandbox.waiting(ALICE) == []
    assert (door.ended[-1].ending, door.ended[-1].deleted) == (Ending.QUIT, (1,))


# A real process, killed.


def command(store: Path, ready: Path) -> list[str]:
    flags = [f"--{door}=127.0.0.1:0" for door in ("smtp", "pop3", "web")]
    return [sys.executable, "-m", "mailtrap_lite", *flags, f"--store={store}", f"--ready-file={ready}"]


def started(store: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Return a server of its own on a file, and the port of its POP3 door."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        command(store, ready),
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline, pause = time.monotonic() + 30, threading.Event()
    while not ready.exists():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < deadline, "it did not start"
        pause.wait(0.01)
    port: int = json.loads(ready.read_text())["pop3"]["port"]
    return process, port


COUNT = 400  # messages that are deleted at once
ROUNDS = 100 if os.environ.get("MAILTRAP_LITE_THOROUGH") == "1" else 12


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store file with that many messages for one client, to be copied."""
    store = tmp_path_factory.mktemp("filled") / "mail.db"
    settings = Settings(store=str(store))

    async def fill(sandbox: Sandbox) -> None:
        envelope = Envelope.of("", [ALICE])
        await asyncio.gather(*(sandbox.accept(envelope, b"A: %d\r\n\r\nbody\r\n" % n) for n in range(COUNT)))

    with contextlib.closing(open_store(settings)) as opened:
        asyncio.run(fill(Sandbox(opened, settings=settings)))
    return store


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_process_that_is_killed_during_quit_has_deleted_all_or_nothing(
    number: int, filled: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copy(filled, tmp_path))
    settings = Settings(store=str(store))
    process, port = started(store, tmp_path)
    client = poplib.POP3("127.0.0.1", port, timeout=20)
    client.user(ALICE)
    client.pass_("x")
    client.sock.sendall(b"".join(b"DELE %d\r\n" % each for each in range(1, COUNT + 1)))
    for _ in range(COUNT):
        assert client.file.readline().startswith(b"+OK")

    client.sock.sendall(b"QUIT\r\n")
    # Not a wait for something: from before the commit to behind it, and in between.
    threading.Event().wait((number + random.Random(number).random()) / ROUNDS * 0.009)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    answer = b""
    with contextlib.suppress(OSError):
        answer = client.file.readline()
    client.close()

    with contextlib.closing(open_store(settings)) as opened:
        left = len(opened.waiting(selection_of(ALICE)))
    assert left in (0, COUNT)
    if answer:
        assert (answer, left) == (b"+OK bye\r\n", 0)


# Two processes and one file.


def test_no_maildrop_is_open_in_two_processes_at_once(filled: Path, tmp_path: Path) -> None:
    store = Path(shutil.copy(filled, tmp_path))
    process, port = started(store, tmp_path)
    client = poplib.POP3("127.0.0.1", port, timeout=20)
    client.user(ALICE)
    client.pass_("x")

    second = subprocess.run(command(store, tmp_path / "second.json"), cwd=tmp_path, capture_output=True, timeout=30)
    client.dele(1)
    bye = client.quit()
    process.terminate()
    process.wait(20)

    # It never opens a door, so that the lock of a maildrop, which is in one process, holds for all who share the file.
    assert second.returncode == 1
    assert second.stdout == b""
    assert re.fullmatch(
        rb"mailtrap-lite: store: \S+mail\.db is in use by another mailtrap-lite; [^\n]+\n", second.stderr
    )
    assert not (tmp_path / "second.json").exists()
    assert bye == b"+OK bye"
