"""Real programs, run in an environment of their own.

A program that is missing skips its tests by name and says how to get it; in CI it fails them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

# Where a program comes from, if its package has another name.
PACKAGES = {"getmail": "getmail6"}


def program(name: str) -> str:
    """Return where a program is, or skip the test by its name."""
    if found := shutil.which(name):
        return found
    pytest.skip(f"{name} is not installed: apt-get install {PACKAGES.get(name, name)}")


def call(*command: str | Path, stdin: bytes = b"", allowed: tuple[int, ...] = (0,)) -> bytes:
    """Run a program in an environment of its own and return what it printed."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": tempfile.gettempdir()}
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=environment)
    assert done.returncode in allowed, (command, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout
