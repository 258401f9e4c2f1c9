"""Nothing leaves: watched in a process of its own, in a network that has only loopback where the system lets us."""

from __future__ import annotations

import functools
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

GUARDED = Path(__file__).with_name("guarded.py")


@functools.cache
def alone() -> tuple[str, ...]:
    """Return what runs a command in a network namespace of its own; nothing where that is not allowed."""
    command = ("unshare", "--user", "--map-root-user", "--net")
    try:
        done = subprocess.run([*command, "true"], check=False, capture_output=True)
    except FileNotFoundError:
        return ()
    return command if done.returncode == 0 else ()


def asked_of_the_network(*before: str, **settings: Any) -> list[list[Any]]:
    """Return what a server with these settings asked of the network."""
    command = [*before, sys.executable, str(GUARDED), json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: list[list[Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "settings",
    [{}, {"relay": "127.0.0.1:9", "relay_hosts": "127.0.0.1", "relay_to": "*@b.test"}],
    ids=["by default", "where a person has to release it"],
)
def test_nothing_leaves(settings: dict[str, str]) -> None:
    assert asked_of_the_network(*alone(), **settings) == []


def test_mail_goes_to_the_server_that_was_named_and_nowhere_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as following:
        port = following.getsockname()[1]
        threading.Thread(target=lambda: following.accept()[0].close(), daemon=True).start()

        found = asked_of_the_network(
            relay=f"127.0.0.1:{port}", relay_hosts="127.0.0.1", relay_to="*@b.test", relay_rules="all"
        )

    assert {(host, int(number)) for _, host, number in found} == {("127.0.0.1", port)}
    assert any(event == "socket.connect" for event, _, _ in found)
