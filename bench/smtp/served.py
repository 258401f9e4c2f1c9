"""A server in a process of its own, with a directory on a real disk, from its start to its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.smtp.load import QUIT, LoadFailed, greeted, say
from bench.smtp.targets import RIVALS, ROOT, Target

START = 20.0  # seconds in which a server has to greet


class Served:
    """Started at once; `wait` returns when it greets."""

    def __init__(self, target: Target) -> None:
        # In the checkout and not in /tmp, which may be memory.
        RIVALS.mkdir(exist_ok=True)
        self.target = target
        self.port, other = _free_ports()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=RIVALS))
        self._said = self._folder / "said.txt"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                target.command(self.port, other),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if target.ours else said,
                stderr=said,
                cwd=self._folder,
                env={**_environment(), "HOME": str(self._folder), "XDG_CONFIG_HOME": str(self._folder)},
            )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        try:
            return self.wait()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def wait(self) -> Self:
        """Return when it greets. Raises LoadFailed with what it said instead."""
        deadline = time.monotonic() + START
        while True:
            try:
                with greeted(self.port) as client:
                    say(client, [QUIT])
                return self
            except OSError as err:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = self._said.read_text(errors="replace").strip()[-300:]
                    raise LoadFailed(f"{self.target.name} does not start: {said or err}") from err
                time.sleep(0.02)

    def clear(self) -> None:
        """Delete all mail; ours only."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"clear\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def close(self) -> None:
        """End it, and remove what it wrote."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _environment() -> dict[str, str]:
    """Return the environment with paths that also hold in another directory."""
    given = dict(os.environ)
    if path := given.get("PYTHONPATH"):
        given["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in path.split(os.pathsep))
    return given
