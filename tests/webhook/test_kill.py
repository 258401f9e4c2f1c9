"""kill -9 of the process that tells: each mail that was acknowledged is told, at least once and under one id."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.webhook.conftest import Got, Listener, told

MAIL = b"Subject: hello\r\n\r\nhi\r\n"
ROUNDS = 4


class Command:
    """The real command with one store."""

    def __init__(self, directory: Path, receiver: Listener) -> None:
        self._ready = directory / "ready.json"
        where = {"smtp": "127.0.0.1:0", "pop3": "127.0.0.1:0", "web": "127.0.0.1:0"}
        flags = {**told(receiver), **where, "store": directory / "mail.db", "ready_file": self._ready}
        flags |= {"webhook_retry": 0.05}
        self._flags = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> int:
        """Start it and return its SMTP port."""
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "mailtrap_lite", *self._flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # the banner comes after the ready file
        return int(json.loads(self._ready.read_text(encoding="utf-8"))["smtp"]["port"])

    def kill(self) -> None:
        """End it as the system would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def recipient(got: Got) -> str:
    return str(got.json["envelope"]["recipients"][0]["address"])


def test_a_kill_drops_no_webhook(tmp_path: Path, receiver: Listener) -> None:
    command = Command(tmp_path, receiver)
    acknowledged: list[str] = []
    try:
        for number in range(ROUNDS):
            receiver.answers = [500, 204, 500]
            with smtplib.SMTP("127.0.0.1", command.start()) as client:
                for mail in range(3):
                    client.sendmail("ann@a.test", [f"bob{number}.{mail}@b.test"], MAIL)
                    acknowledged.append(f"bob{number}.{mail}@b.test")
                receiver.wait(len(receiver.got) + number % 2)  # some are being told, or none is
                command.kill()
        command.start()
        got = receiver.until(lambda: {recipient(each) for each in receiver.got} == set(acknowledged))
    finally:
        command.kill()

    ids: defaultdict[str, set[str]] = defaultdict(set)
    for each in got:
        ids[recipient(each)].add(each.json["id"])
    assert {address: len(keys) for address, keys in ids.items()} == dict.fromkeys(acknowledged, 1)
