"""The real command as a process of its own, whose memory, descriptors and CPU time are watched while clients misbehave.

What Linux says of a process in /proc is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import pytest

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
MAIL = b"Subject: hello\r\n\r\nhi\r\n"


class Client:
    """A socket that says what it likes, with replies read by lines."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_times(self, data: bytes, times: int) -> None:
        for _ in range(times):
            self.socket.sendall(data)

    def reply(self) -> str:
        """Read one reply and return its last line; "" at the end."""
        while (line := self._file.readline())[3:4] == b"-":
            continue
        return line.decode().removesuffix("\r\n")

    def ask(self, command: bytes) -> str:
        self.send(command + b"\r\n")
        return self.reply()

    def greeted(self) -> Client:
        assert self.reply().startswith("220 ")
        assert self.ask(b"EHLO client.test").startswith("250 ")
        return self

    def begin(self) -> Client:
        """Say everything up to RCPT, after EHLO."""
        assert self.ask(b"MAIL FROM:<alice@x.test>").startswith("250 2.1.0 ")
        assert self.ask(b"RCPT TO:<bob@x.test>").startswith("250 2.1.5 ")
        return self

    def mail(self, raw: bytes = MAIL) -> str:
        """Send a mail, after EHLO; return the reply to its end."""
        assert self.begin().ask(b"DATA").startswith("354 ")
        return self.ask(raw + b".")

    def rest(self) -> bytes:
        """Read until the server closes, also if it resets the connection."""
        with contextlib.suppress(ConnectionResetError):
            return self._file.read()
        return b""

    def shake_hands(self) -> Client:
        self._file.close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")
        return self

    def reset(self) -> None:
        """Go without a goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Victim:
    """A running server and the clients that a test opened to it."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Path, errors: IO[bytes]) -> None:
        self.process = process
        self._errors = errors
        self.until(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, self.complaints()
        self.where = json.loads(ready.read_text())
        self.port: int = self.where["smtp"]["port"]
        self.clients: list[Client] = []
        self._proc = Path("/proc") / str(process.pid)

    def connect(self, *, door: str = "smtp", receive_buffer: int | None = None) -> Client:
        client = Client(self.where[door]["port"], receive_buffer=receive_buffer)
        self.clients.append(client)
        return client

    def greeted(self) -> Client:
        return self.connect().greeted()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that can only be looked at, as it is in another process; fail if it never comes about."""
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.005)

    def hang_up(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()

    def web(self, path: str) -> bytes:
        with urllib.request.urlopen(self.where["web"]["url"] + path, timeout=20) as answer:
            body: bytes = answer.read()
            return body

    def raws(self) -> list[bytes]:
        """Return the mails that it keeps, oldest first."""
        kept = json.loads(self.web("/api/v1/messages"))["messages"]
        return [self.web(f"/api/v1/message/{each['ID']}/raw") for each in reversed(kept)]

    # What it costs.

    def settled(self) -> Victim:
        """Have everything imported and every pool filled that a first use fills, and nobody connected."""
        sockets = self.sockets()
        client = self.greeted()
        assert client.mail().startswith("250 ")
        assert client.ask(b"AUTH PLAIN AGEAYg==").startswith("235 ")
        assert client.mail(b"x" * 1024**2 + b"\r\n").startswith("250 ")
        assert client.ask(b"x" * 8 * 1024**2).startswith("500 ")
        self.hang_up()
        if "smtps" in self.where:
            self.connect(door="smtps").shake_hands().greeted()
            self.hang_up()
        self.web("/api/v1/info")
        request = urllib.request.Request(self.where["web"]["url"] + "/api/v1/messages", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()
        self.until(lambda: self.sockets() <= sockets)
        return self

    def resident(self) -> int:
        """Return the octets of memory that it has now."""
        return int((self._proc / "statm").read_text().split()[1]) * PAGE

    def peak(self) -> int:
        """Return the most octets that it had since `forget_peak`."""
        status = (self._proc / "status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def forget_peak(self) -> int:
        """Begin to look for the peak; return what it has now."""
        (self._proc / "clear_refs").write_text("5")
        return self.peak()

    def descriptors(self) -> int:
        return len(list((self._proc / "fd").iterdir()))

    def sockets(self) -> int:
        """Return how many of them are sockets: all but the listeners are connections."""
        count = 0
        for each in (self._proc / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed since
                count += str(each.readlink()).startswith("socket:")
        return count

    def cpu(self) -> float:
        """Return the seconds that it has computed so far."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def complaints(self) -> str:
        """Return what it has printed on standard error."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def end(self) -> None:
        """End it as a user does, whoever is connected; it has to go in peace."""
        self.process.send_signal(signal.SIGTERM)
        assert (self.process.wait(20), self.complaints()) == (0, "")


StartVictim = Callable[..., Victim]


@pytest.fixture(params=["asyncio", "uvloop"])
def event_loop(request: pytest.FixtureRequest) -> str:
    """Each loop has its own way to accept, to pause and to shake hands."""
    name: str = request.param
    return name


@pytest.fixture
def start(event_loop: str, tmp_path: Path) -> Iterator[StartVictim]:
    """Return a function that starts the command with these flags; at the end it must have complained of nothing.

    descriptors: the most that it may have open.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAILTRAP_LITE_", "XDG_"))}
    begun: list[subprocess.Popen[bytes]] = []
    quiet: list[Victim] = []

    def begin(*flags: str, descriptors: int | None = None) -> Victim:
        ready = tmp_path / f"ready-{len(begun)}.json"
        free = [f"--{door}=127.0.0.1:0" for door in ("smtp", "smtps", "pop3", "pop3s", "web")]
        command = [sys.executable, "-m", "mailtrap_lite", "--store=memory", f"--ready-file={ready}", *free]
        errors = stack.enter_context((tmp_path / f"errors-{len(begun)}").open("w+b"))
        begun.append(
            subprocess.Popen(
                [*_limited(descriptors), *command, f"--event-loop={event_loop}", *flags],
                cwd=tmp_path,
                env={**environment, "HOME": str(tmp_path)},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        )
        victim = Victim(begun[-1], ready, errors)
        stack.callback(victim.hang_up)
        quiet.append(victim)
        return victim

    with contextlib.ExitStack() as stack:
        try:
            yield begin
            for victim in quiet:
                if victim.process.poll() is None:
                    victim.end()
        finally:
            for process in begun:
                process.kill()
                process.wait()


def _limited(descriptors: int | None) -> Sequence[str]:
    return () if descriptors is None else ("bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "bash")


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Let this process open 1,100 sockets, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 4096)
    if hard not in (resource.RLIM_INFINITY, -1) and hard < wanted:
        pytest.fail(f"this test needs ulimit -n {wanted}, and {hard} is the most")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
