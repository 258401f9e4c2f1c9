"""schemathesis asks a real server what its document allows, and what it does not: never a 5xx, never an unknown answer.

Deterministic: the same requests each time. Events are left out, because a stream does not end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox

pytest.importorskip("schemathesis", reason="pip install schemathesis")

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
# A search has a grammar, and an address a form, that no schema says: what has the right type may be a 400 all the same.
NOT_CHECKED = "positive_data_acceptance"
SHORT = ("--phases", "examples,coverage,fuzzing")
WAIT = "wait_for_message"
DELETIONS = ("delete_messages", "delete_search")  # would leave nothing to ask for


def run(server: tuple[str, int], tmp_path: Path, *options: str, unchecked: Sequence[str] = ()) -> None:
    """Run schemathesis; fails with what it says."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server[1]}/api/v1/openapi.json"]
    command += ["--generation-deterministic", "--no-color", "--no-shrink"]
    command += ["--exclude-checks", ",".join([NOT_CHECKED, *unchecked]), "--continue-on-failure", *options]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": HOOKS.stem,
        "PYTHONPATH": os.pathsep.join([str(HOOKS.parent), *sys.path]),
    }

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.fixture
def mail(sandbox: Sandbox, rich: Message) -> Message:
    """A mail with all kinds of parts, and some more."""
    for number in range(20):
        sandbox.deliver(b"Subject: order %d\r\nX-Tags: Orders\r\n\r\n" % number, to="bob@example.com")
    return rich


@pytest.mark.usefixtures("mail")
def test_nothing_that_is_asked_is_a_5xx_or_an_unknown_answer(server: tuple[str, int], tmp_path: Path) -> None:
    left_out = [option for name in ("follow", WAIT, *DELETIONS) for option in ("--exclude-operation-id", name)]

    run(server, tmp_path, "--max-examples", "3", "--include-path-regex", "^/api/", *left_out)


@pytest.mark.usefixtures("mail")
def test_deletions_of_all_are_none_either(server: tuple[str, int], tmp_path: Path) -> None:
    asked = [option for name in DELETIONS for option in ("--include-operation-id", name)]

    run(
        server,
        tmp_path,
        "--max-examples",
        "5",
        *SHORT,
        *asked,
        unchecked=["unsupported_method", "allow_header_conformance"],
    )


@pytest.mark.usefixtures("mail")
def test_waits_are_none_either(server: tuple[str, int], tmp_path: Path) -> None:
    # A wait in vain is a 408, which schemathesis takes for a success.
    asked = ["--include-operation-id", WAIT, "--include-operation-id", "count_messages"]

    run(server, tmp_path, "--max-examples", "5", *SHORT, *asked, unchecked=["negative_data_rejection"])


@pytest.mark.usefixtures("mail")
def test_views_are_none_either(server: tuple[str, int], tmp_path: Path) -> None:
    # A page answers 403 to a method that it has not, before it looks which it has.
    views = ["--include-path-regex", "^/(view|livez|readyz)"]

    run(server, tmp_path, "--max-examples", "5", *SHORT, *views, unchecked=["unsupported_method"])
