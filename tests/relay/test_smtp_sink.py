"""postfix's smtp-sink as a next server that fails in its own ways."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.relay.conftest import StartServer, submit

from mailtrap_lite import QueueState

StartSink = Callable[..., int]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What starts it: an installed one, or the one that `make test` unpacks."""
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    if found := shutil.which("smtp-sink", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
        return [found, *user]
    unpacked = Path(__file__).resolve().parents[2] / ".bench" / "postfix" / "usr"
    if not (unpacked / "sbin" / "smtp-sink").exists():
        pytest.skip("smtp-sink is in the package postfix; .ci/smtp-sink unpacks it")
    libraries = f"LD_LIBRARY_PATH={unpacked / 'lib' / 'postfix'}"
    return ["env", libraries, str(unpacked / "sbin" / "smtp-sink"), *user]


@pytest.fixture
def sink(command: list[str], tmp_path: Path) -> Iterator[StartSink]:
    """Start it with options, and return its port once it listens."""
    with ExitStack() as running:

        def start(*options: str) -> int:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port: int = listener.getsockname()[1]
            process = subprocess.Popen([*command, "-4", *options, f"127.0.0.1:{port}", "64"], cwd=tmp_path)
            running.callback(process.wait)
            running.callback(process.kill)
            while process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        return port
            raise AssertionError(f"smtp-sink ended with {process.returncode}")

        yield start


@pytest.mark.parametrize(
    ("options", "state", "code"),
    [
        ((), QueueState.SENT, "250 2.0.0"),
        (("-p", "-e"), QueueState.SENT, "250 2.0.0"),
        (("-r", "rcpt"), QueueState.WAITING, "450 4.3.0"),
        (("-r", "."), QueueState.WAITING, "450 4.3.0"),
        (("-f", "mail"), QueueState.FAILED, "500 5.3.0"),
        (("-f", "data"), QueueState.FAILED, "500 5.3.0"),
        (("-f", "connect"), QueueState.WAITING, "500 5.3.0"),
        (("-q", "rcpt"), QueueState.WAITING, "the server closed the connection"),
        (("-q", "."), QueueState.WAITING, "the server closed the connection; it may"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_each_way_to_fail_is_understood(
    options: tuple[str, ...], state: QueueState, code: str, sink: StartSink, start: StartServer
) -> None:
    where = f"127.0.0.1:{sink(*options)}"
    sending = start(relay=where, relay_hosts="127.0.0.1", relay_to="*@b.test", relay_rules="all", relay_tls="off")

    submit(sending)
    sending.queue.wait_until_settled(30)

    (entry,) = sending.queue
    assert (entry.state, entry.reason[: len(code)]) == (state, code)
