"""Run the real command, as a process of its own where that is the point, and read what it says as its user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.cli.called import as_text, called

from mailtrap_lite import Server
from mailtrap_lite.cli import main
from mailtrap_lite.cli.commands import COMMANDS


@dataclass
class Command:
    """A running `mailtrap-lite`. `ready` is what its ready file says; `seen` is what it printed, once it has ended."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    seen: str = ""
    lines: list[str] = field(default_factory=list)

    def end(self, sign: int) -> tuple[int, str, str]:
        """Send a signal; return exit code, output and errors."""
        self.process.send_signal(sign)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, "".join(self.lines) + out, err


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which nobody has set anything, and a home of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAILTRAP_LITE_", "XDG_", "COLUMNS"))
    }
    return {**kept, "HOME": str(tmp_path / "home"), "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end in an empty directory."""

    def start(*arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        if not needs_a_process(arguments, more):
            given = stdin.encode()
            return as_text(called(main, arguments, environment=environment | more, where=tmp_path, stdin=given))
        return subprocess.run(
            [sys.executable, "-m", "mailtrap_lite", *arguments],
            cwd=tmp_path,
            env={**environment, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
        )

    return start


def needs_a_process(arguments: Sequence[str], more: Mapping[str, str]) -> bool:
    """Say if a command would be another one in this process: a server, one beside the test, one that Python is told of.

    A process costs a tenth of a second of computing, and hundreds of commands are tested.
    """
    asks = bool(arguments) and arguments[0] in {*COMMANDS, "sendmail"}
    beside = threading.current_thread() is not threading.main_thread()
    return not asks or beside or any(name.startswith(("PYTHON", "LC_")) for name in more)


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start the command on free ports, and wait until its ready file is there."""
    running: list[Command] = []

    def start(*arguments: str, ports: bool = True, **more: str) -> Command:
        ready = tmp_path / f"ready-{len(running)}.json"
        flags = ("--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0") if ports else ()
        process = subprocess.Popen(
            [sys.executable, "-m", "mailtrap_lite", *flags, f"--ready-file={ready}", *arguments],
            cwd=tmp_path,
            env={**environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        # The banner comes after the ready file; a command that cannot start ends instead, and its output with it.
        banner = [process.stdout.readline() for _ in range(5)]
        if not ready.exists():
            raise AssertionError(f"it ended with {process.wait(20)}: {process.communicate()[1]}")
        running.append(Command(process, json.loads(ready.read_text()), lines=banner))
        return running[-1]

    yield start
    for command in running:
        if command.process.poll() is None:
            command.process.kill()
            command.process.communicate()
        for stream in (command.process.stdout, command.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def ask(run: Callable[..., subprocess.CompletedProcess[str]], mailtrap: Server) -> Callable[..., Any]:
    """Run a command against the server of the test."""

    def start(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        smtp = {"MAILTRAP_LITE_SMTP": str(mailtrap.smtp)}
        return run(*arguments, **{"MAILTRAP_LITE_URL": mailtrap.url, **smtp, **more})

    return start


@pytest.fixture
def with_programs(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has the two programs that an installation has."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name, module in (
        ("mailtrap-lite", "mailtrap_lite.cli"),
        ("mailtrap-lite-sendmail", "mailtrap_lite.cli.sendmail"),
    ):
        program = directory / name
        program.write_text(f"#!{sys.executable}\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
        program.chmod(0o755)
    return {**environment, "PATH": f"{directory}:{environment['PATH']}"}


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], object]], threading.Thread]]:
    """Run something beside the test; it has ended when the test has."""
    threads: list[threading.Thread] = []

    def start(work: Callable[[], object]) -> threading.Thread:
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(30)
