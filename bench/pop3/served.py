"""The servers that are measured, each in a process of its own on a free port, from its start to its end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.smtp.load import mail
from bench.smtp.targets import RIVALS, ROOT, Missing

START = 20.0  # seconds in which a server has to greet


class Served(ABC):
    """A server with a directory on a real disk. pid: of the process whose family is measured."""

    name: str
    pid: int
    port: int

    def __init__(self) -> None:
        RIVALS.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=RIVALS))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def start(self) -> None:
        """Start it, and return when it greets. Raises Missing."""

    @abstractmethod
    def fill(self, mailbox: str, number: int, octets: int) -> None:
        """Plant so many mails of so many octets in a mailbox."""

    @abstractmethod
    def close(self) -> None:
        """End it, and remove what it wrote."""


class Ours(Served):
    """This program, with its mail in memory or in a file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[str] | None = None
        super().__init__()

    def start(self) -> None:
        store = "memory" if self.name == "memory" else str(self.folder / "mail.db")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.pop3.serve", store],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.pid = self._process.pid
        self.port = int(self._read())

    def fill(self, mailbox: str, number: int, octets: int) -> None:
        self._tell(f"fill {mailbox} {number} {octets}")

    def fill_each(self, number: int, octets: int) -> None:
        """Plant a mail in each of the mailboxes user0@x.test and so on."""
        self._tell(f"each {number} {octets}")

    def clear(self) -> None:
        """Delete all mail."""
        self._tell("clear")

    def _tell(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._read() == "done\n"

    def _read(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_login_user = {login}
default_internal_user = {internal}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
  service_count = 0
}}
"""


class Dovecot(Served):
    """Debian's dovecot-pop3d over a Maildir, with a configuration of its own in its own directory."""

    name = "dovecot"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        super().__init__()

    def start(self) -> None:
        program = shutil.which("dovecot", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
        if program is None or not Path("/usr/lib/dovecot/pop3").exists():
            raise Missing("dovecot is not installed: apt-get install dovecot-pop3d")
        if os.getuid() != 0:
            raise Missing("dovecot changes its user, so this part needs root")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._owner = pwd.getpwnam("dovecot")
        config = self.folder / "dovecot.conf"
        names = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "login": "dovenull", "internal": "dovecot"}
        config.write_text(CONFIG.format(folder=self.folder, port=self.port, **names))
        self.folder.chmod(0o755)
        self._process = subprocess.Popen([program, "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
        self.pid = self._process.pid
        deadline = time.monotonic() + START
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as client:
                if client.recv(512).startswith(b"+OK"):
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Missing("dovecot does not start with a configuration of its own")
            time.sleep(0.05)

    def fill(self, mailbox: str, number: int, octets: int) -> None:
        box = self.folder / "mail" / mailbox
        for part in ("new", "cur", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        raw = mail(octets)
        for n in range(number):
            (box / "cur" / f"{1_000_000_000 + n}.{n}.bench:2,S").write_bytes(raw)
        subprocess.run(["chown", "-R", f"{self._owner.pw_uid}:{self._owner.pw_gid}", self.folder / "mail"], check=True)

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
