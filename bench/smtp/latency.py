"""How long others wait while large mails arrive: NOOPs on a connection of their own, 10 MB mails on four.

The mails come from a process of their own, so that the NOOPs wait for nobody but the server and the scheduler.
`elsewhere` shows what the machine itself adds: our server is idle, and another process gets the mails.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.smtp.figures import percentile
from bench.smtp.load import ALL, QUIT, LoadFailed, greeted, say
from bench.smtp.served import Served
from bench.smtp.targets import ROOT, TARGETS, Target, found

LOAD = next(load for load in ALL if load.name == "10MB-kept-x4")
PAUSE = 0.001  # seconds between two NOOPs
MOST_SECONDS = 5.0  # of one round; a server that is slow gets fewer mails
GOAL = 20.0  # ms: the worst with ours in memory


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds from a NOOP to its reply, in some rounds. usual_worst: the median of the rounds' worst."""

    median: float
    p99: float
    usual_worst: float
    worst: float

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]]) -> Waits:
        """Return those of the waits in each round, given in seconds."""
        ordered = [wait * 1000 for waits in rounds for wait in waits]
        usual = statistics.median(max(waits) * 1000 for waits in rounds)
        return cls(percentile(ordered, 0.5), percentile(ordered, 0.99), usual, max(ordered))

    def __str__(self) -> str:
        return f"{self.median:9.2f} | {self.p99:9.2f} | {self.usual_worst:11.2f} | {self.worst:9.2f}"


def under_load(server: Served, mails: int, *, other: Served | None = None) -> list[float]:
    """Return how long NOOPs take while so many mails arrive, there or at another server. Raises LoadFailed."""
    port = (other or server).port
    command = [sys.executable, "-m", "bench.smtp.load", str(port), LOAD.name, str(mails)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as load:
        assert load.stdout is not None
        assert load.stderr is not None
        load.stdout.readline()
        deadline = time.monotonic() + MOST_SECONDS
        waits = noops(server.port, lambda: load.poll() is None and time.monotonic() < deadline)
        if load.poll() is None:
            load.kill()
        elif load.returncode:
            raise LoadFailed(load.stderr.read().strip().rpartition("\n")[2])
    return waits


def once(target: Target, mails: int) -> list[float]:
    """Return the waits at a server that was just started: some keep all mail in lists."""
    with Served(target) as server:
        return under_load(server, mails)


def once_elsewhere(target: Target, mails: int) -> list[float]:
    """Return the waits at a server with nothing to do, while another process gets the mails."""
    with Served(target) as server, Served(target) as other:
        return under_load(server, mails, other=other)


def noops(port: int, going_on: Callable[[], bool]) -> list[float]:
    """Say NOOP again and again; return the seconds to each reply, of one at least."""
    waits: list[float] = []
    with greeted(port) as client:
        while not waits or going_on():
            began = time.perf_counter()
            say(client, [(b"NOOP\r\n", 1)])
            waits.append(time.perf_counter() - began)
            time.sleep(PAUSE)
        say(client, [QUIT])
    return waits


def main() -> None:
    """Print the table and how the goal stands."""
    arguments = _arguments()
    targets, skipped = found(tuple(arguments.servers))
    print("\n".join(skipped), end="\n\n" if skipped else "")
    print(f"NOOP while 10 MB mails arrive on 4 connections, in ms; {arguments.rounds} rounds.")
    print("Usual worst: the median of the rounds' worst. Elsewhere: ours, while another process gets the mails.\n")
    print("| server       |    median |       p99 | usual worst |     worst |")
    print("|--------------|----------:|----------:|------------:|----------:|")
    verdict = ""
    for target in targets:
        ours = target.name == "memory"
        if ours:
            _row("elsewhere", [once_elsewhere(target, arguments.mails) for _ in range(arguments.rounds)])
        try:
            waits = _row(target.name, [once(target, arguments.mails) for _ in range(arguments.rounds)])
        except (LoadFailed, OSError) as err:
            print(f"| {target.name:12} | could not: {' '.join(str(err).split())}")
            continue
        if ours:
            reached = "reached" if waits.usual_worst <= GOAL else "NOT REACHED"
            verdict = f"\n{reached}  memory: usual worst at most {GOAL:g} ms: {waits.usual_worst:.1f}"
    print(verdict)


def _row(name: str, rounds: list[list[float]]) -> Waits:
    waits = Waits.of(rounds)
    print(f"| {name:12} | {waits} |", flush=True)
    return waits


def _arguments() -> argparse.Namespace:
    first, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m bench smtp_latency", description=first)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=40, help="at most, in one round (default: 40)")
    known = ", ".join(target.name for target in TARGETS)
    parser.add_argument("--servers", nargs="+", default=[], metavar="NAME", help=f"of {known}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
