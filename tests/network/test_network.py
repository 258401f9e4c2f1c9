"""The suite keeps to this machine: what its own guard refuses, in this process and below it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.network.sitecustomize import LOG, elsewhere

TEST_NET = "192.0.2.1"  # RFC 5737: nobody is there


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of this test's own for what is refused, so that it does not fail."""
    path = tmp_path / "noted"
    monkeypatch.setenv(LOG, str(path))
    return path


def test_a_connection_to_another_machine_is_refused(noted: Path) -> None:
    with socket.socket() as client, pytest.raises(PermissionError, match="this machine only"):
        client.connect((TEST_NET, 25))

    assert noted.read_text() == f"socket.connect {TEST_NET}\n"


def test_a_question_for_a_name_is_refused(noted: Path) -> None:
    with pytest.raises(PermissionError, match="this machine only"):
        socket.getaddrinfo("b.test", 25)

    assert noted.read_text() == "socket.getaddrinfo b.test\n"


def test_what_a_process_below_does_is_refused_too(noted: Path) -> None:
    program = f"import socket; socket.create_connection(({TEST_NET!r}, 25), timeout=5)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert "this machine only" in done.stderr
    assert noted.read_text() == f"socket.connect {TEST_NET}\n"


def test_what_is_refused_fails_the_test_even_if_nobody_looks(
    pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(project))
    pytester.makepyfile(
        f"""
        import contextlib, socket

        def test_it():
            with socket.socket() as client, contextlib.suppress(OSError):
                client.connect(({TEST_NET!r}, 25))
        """
    )

    result = pytester.runpytest_subprocess("-p", "tests.network.guard")

    result.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.9", 25))),
        ("socket.connect", (None, ("::1", 25, 0, 0))),
        ("socket.connect", (None, ("localhost", 25))),
        ("socket.connect", (None, "/run/a.sock")),
        ("socket.sendmsg", (None, None)),
        ("socket.getaddrinfo", (None, 25, 0, 0, 0)),
        ("socket.getaddrinfo", ("192.0.2.1", 25, 0, 0, 0)),
        ("socket.getaddrinfo", ("mail.localhost", 25, 0, 0, 0)),
        ("socket.bind", (None, ("192.0.2.1", 25))),
    ],
)
def test_what_stays_here_is_let_through(event: str, arguments: tuple[object, ...]) -> None:
    assert elsewhere(event, arguments) is None


def test_offline_there_is_loopback_and_nothing_else(project: Path) -> None:
    offline = [sys.executable, str(project / "tests" / "network" / "offline.py")]
    program = (
        "import os, socket; server = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(server.getsockname()); print([name for _, name in socket.if_nameindex()])"
    )

    done = subprocess.run([*offline, sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    if done.returncode and "unshare" in done.stderr and not os.environ.get("CI"):
        pytest.skip("no network namespace may be made here")
    assert "'lo'" in done.stdout
    assert "eth" not in done.stdout
