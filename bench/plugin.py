"""What the pytest plugin costs: the first fixture of a session, each further one, and a suite that does not use it.

Medians. Whole runs of pytest are compared in turns, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
FIRST = """
import time
began = time.perf_counter()
from mailtrap_lite import Server
server = Server().start()
server.smtp
print((time.perf_counter() - began) * 1000)
server.stop()
"""
UNUSED = "def test_nothing(): pass\n"


def first_fixture() -> float:
    """Return the milliseconds from nothing imported but pytest to a server that listens."""
    program = "import pytest\n" + FIRST
    return statistics.median(
        float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
        for _ in range(ROUNDS)
    )


def further_fixtures(count: int = 1000) -> tuple[float, float]:
    """Return the milliseconds of a start and of a stop, once everything is imported."""
    from mailtrap_lite import Server

    with Server():
        pass
    starts, stops = [], []
    for _ in range(count):
        began = time.perf_counter()
        server = Server().start()
        started = time.perf_counter()
        server.stop()
        starts.append(started - began)
        stops.append(time.perf_counter() - started)
    return statistics.median(starts) * 1000, statistics.median(stops) * 1000


def unused_plugin() -> tuple[float, float]:
    """Return the milliseconds of a run of pytest with and without the plugin, for a suite that does not use it."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "test_nothing.py"
        suite.write_text(UNUSED)
        for _ in range(ROUNDS):
            for plugin in (True, False):
                switch = ["-p", "pytest_mailtrap_lite"] if plugin else []
                others = ["-p", "no:cacheprovider", "--disable-plugin-autoload", *switch]
                began = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "pytest", "-q", *others, suite],
                    check=True,
                    stdout=subprocess.DEVNULL,
                    cwd=folder,
                )
                times[plugin].append(time.perf_counter() - began)
    return statistics.median(times[True]) * 1000, statistics.median(times[False]) * 1000


def main() -> None:
    """Print the table."""
    start, stop = further_fixtures()
    used, plain = unused_plugin()
    print("| what | median |\n|---|---|")
    print(f"| first `mailtrap` of a session, imports included | {first_fixture():.0f} ms |")
    print(f"| each further one: set-up + tear-down | {start:.2f} + {stop:.2f} ms |")
    print(f"| a run of pytest that does not use it: with, without | {used:.0f}, {plain:.0f} ms ({used - plain:+.0f}) |")


if __name__ == "__main__":
    main()
