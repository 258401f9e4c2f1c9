"""kill -9 of the process that sends mail on: nothing is lost, and what may come twice is counted."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.relay.conftest import MAIL, onwards

from mailtrap_lite import QueueEntry, QueueState, Server
from mailtrap_lite.store.file import FileStore

StartCommand = Callable[[], int]


class Command:
    """The real command with one store; start and kill it as often as you like."""

    def __init__(self, directory: Path, following: Server) -> None:
        self.store = directory / "mail.db"
        self._ready = directory / "ready.json"
        settings = {**onwards(following), "relay_rules": "all", "relay_retry": "0.05"}
        where = {"smtp": "127.0.0.1:0", "pop3": "127.0.0.1:0", "web": "127.0.0.1:0"}
        flags = {**settings, **where, "store": self.store, "ready_file": self._ready}
        self._flags = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> int:
        """Start it and return its SMTP port."""
        self._ready.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mailtrap_lite", *self._flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # the banner comes after the ready file
        return int(json.loads(self._ready.read_text(encoding="utf-8"))["smtp"]["port"])

    def kill(self) -> None:
        """End it as the system would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def entries(self) -> list[QueueEntry]:
        """Return what its queue holds while it does not run."""
        store = FileStore(self.store)
        try:
            return store.queued()
        finally:
            store.close()


@pytest.fixture
def command(tmp_path: Path, following: Server) -> Iterator[Command]:
    command = Command(tmp_path, following)
    yield command
    command.kill()


def test_what_was_accepted_moves_on_after_a_kill(command: Command, following: Server) -> None:
    addresses = [f"bob{number}@b.test" for number in range(3)]
    with following.down(), smtplib.SMTP("127.0.0.1", command.start()) as client:
        for address in addresses:
            client.sendmail("ann@a.test", [address], MAIL)
        command.kill()
    following.faults.add("end-of-data", "stall", times=1)

    command.start()
    following.wait_for_all(2, timeout=30)
    command.kill()  # one mail is with a server that does not answer
    in_doubt = [entry for entry in command.entries() if entry.state is QueueState.IN_FLIGHT]
    command.start()
    following.wait_for_all(3, timeout=30)
    command.kill()

    assert in_doubt != []
    came = [message.envelope.addresses[0] for message in following.messages]
    assert set(came) == set(addresses)
    assert all(came.count(entry.recipient.address) - 1 <= entry.ambiguous + 1 for entry in command.entries())
