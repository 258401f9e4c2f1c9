"""Mail servers as processes of their own, which a test can stop and start again, and ask what is in them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any  # Any: JSON


class MailServer:
    """A `mailtrap-lite` with its mail in a file. Once it was started it keeps its ports, also over a stop."""

    def __init__(self, folder: Path, name: str, *flags: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.ready_file = self.folder / "ready.json"
        self.flags = flags
        self.ready: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start it with further flags, and return when every door is open."""
        doors = [f"--{name}={self.where(name)}" for name in ("smtp", "smtps", "pop3", "pop3s", "web")]
        store, ready = f"--store={self.folder / 'mail.db'}", f"--ready-file={self.ready_file}"
        command = [sys.executable, "-m", "mailtrap_lite", "serve", *doors, store, ready, *self.flags, *more]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self.ready_file.exists, f"{self.folder.name} is ready; its log is {self.folder / 'log'}")
        self.ready = json.loads(self.ready_file.read_text(encoding="utf-8"))

    def stop(self) -> None:
        """Stop it; its ports refuse connections then."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would: it writes nothing down any more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)
        self.ready_file.unlink()

    def where(self, door: str) -> str:
        """Return HOST:PORT of a door; before its first start any port of this machine."""
        return f"127.0.0.1:{self.ready[door]['port'] if self.ready else 0}"

    def port(self, door: str) -> str:
        """Return the port of a door."""
        return str(self.ready[door]["port"])

    @property
    def ca_file(self) -> str:
        """Whom to trust for its TLS."""
        return str(self.ready["tls"]["ca_file"])

    def ask(self, *words: str) -> bytes:
        """Return what a command prints: `ask("list", "--unread")` is `mailtrap-lite list --unread`."""
        command = [sys.executable, "-m", "mailtrap_lite", *words, f"--ready-file={self.ready_file}"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60).stdout

    def queue(self) -> list[Any]:
        """Return the entries of its queue, sent ones too: a recipient each."""
        found = json.loads(self.ask("queue", "list", "--all", "--json"))
        return list(found["Entries"])

    def reasons(self) -> dict[str, tuple[str, str]]:
        """Return the state of each recipient, and how what was said last begins."""
        return {entry["Recipient"]: (entry["State"], entry["Reason"][:3]) for entry in self.queue()}


def wait_until(holds: Callable[[], object], what: str, *, timeout: float = 30) -> None:
    """Return once a condition holds; fails with what it is."""
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.02)
