"""A signal is never missed, whenever it comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

WAIT = """
import os, signal, threading
from mailtrap_lite.cli.signals import Signals

def kill():
    os.kill(os.getpid(), signal.{sign})

with Signals() as signals:
    {before}
    signals.wait()
print("ended")
"""


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("before", ["kill()", "threading.Timer(0.1, kill).start()"], ids=["before", "while waiting"])
def test_a_signal_ends_the_wait(sign: str, before: str) -> None:
    program = WAIT.format(sign=sign, before=before)

    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, timeout=30
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")
