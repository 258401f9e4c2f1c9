"""Mail that moves on from one server to the next: how fast, beside catching it, and what random kill -9 of both does.

    python -m bench relay                  the rate, and the CPU of both for a mail
    python -m bench relay kills [MAILS]    10,000 mails while both are killed: lost must be 0, duplicates are counted

Both servers keep their mail in files. A mail counts as accepted once its client has its 250; it is lost if the next
server never has it. One that the next server has twice must be one of those that the queue counts as ambiguous.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.smtp import process
from bench.smtp.load import Load, bring_in
from mailtrap_lite import Server
from mailtrap_lite.store.file import FileStore

LOAD = Load("1KB", kept=True, pipelined=False, connections=4)
CLIENTS = 4
PATIENCE = 300.0


class Process:
    """A server in a process of its own, which can be killed and started again on the same port and store."""

    def __init__(self, directory: Path, name: str, **settings: Any) -> None:
        self.store = directory / f"{name}.db"
        self.port = free_port()
        self._settings = {"store": str(self.store), "smtp": f"127.0.0.1:{self.port}", "keep_messages": 0, **settings}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "bench.relay", "serve", json.dumps(self._settings)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hear()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def ask(self, what: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self.hear()

    def cpu(self) -> float:
        return process.settled_cpu(self._process.pid)

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> None:
        with suppress(BrokenPipeError):
            self._process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def serve(settings: dict[str, Any]) -> None:
    """Run a server until its standard input ends."""
    with Server(**settings) as server:
        print("ready", flush=True)
        for line in sys.stdin:
            match line.split():
                case ["pause"]:
                    server.queue.pause()
                case ["resume"]:
                    server.queue.resume()
                case ["empty"]:
                    server.queue.wait_until_empty(PATIENCE)
            print("done", flush=True)


def onwards(following: Process, **changes: Any) -> dict[str, Any]:
    where = {"relay": f"127.0.0.1:{following.port}", "relay_hosts": "127.0.0.1", "relay_to": "*@*"}
    return {**where, "relay_rules": "all", **changes}


def rate(mails: int, rounds: int, connections: int) -> None:
    """Print how many mails a second are caught, and how many move on, in turn."""
    found: list[tuple[float, float, float, float]] = []
    with tempfile.TemporaryDirectory() as directory:
        following = Process(Path(directory), "following")
        sending = Process(Path(directory), "sending", **onwards(following, relay_connections=connections))
        for _ in range(rounds + 1):
            before = following.cpu()
            caught = bring_in(LOAD, following.port, mails=mails)
            catching = following.cpu() - before
            sending.ask("pause")
            bring_in(LOAD, sending.port, mails=mails)
            before, began = sending.cpu(), time.monotonic()
            sending.ask("resume")
            sending.ask("empty")
            seconds, moving = time.monotonic() - began, sending.cpu() - before
            found.append((caught.mails / caught.seconds, mails / seconds, catching / mails, moving / mails))
        for each in (sending, following):
            each.end()
    caught_rate, moved_rate, caught_cpu, moved_cpu = (
        statistics.median(column) for column in zip(*found[1:], strict=True)
    )
    print(f"caught: {caught_rate:,.0f} mails/s, {caught_cpu * 1e6:,.0f} µs of CPU for a mail ({LOAD.name}, file)")
    print(f"moved on: {moved_rate:,.0f} mails/s, {moved_cpu * 1e6:,.0f} µs of CPU for a mail at the sending server")
    ratios = statistics.median(moved / caught for caught, moved, _, _ in found[1:])
    print(f"ratio: {ratios:.2f} (median of {rounds} rounds of {mails})")


class Submitter:
    """Brings mails in while the server is killed; remembers those that have their 250."""

    def __init__(self, port: int, mails: int) -> None:
        self.accepted: set[int] = set()
        self.maybe: set[int] = set()
        self._port = port
        self._mails = mails
        self._numbers = iter(range(10**9))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        client: smtplib.SMTP | None = None
        while True:
            with self._lock:
                if len(self.accepted) >= self._mails:
                    return
                number = next(self._numbers)
            try:
                client = client or smtplib.SMTP("127.0.0.1", self._port, local_hostname="bench.test", timeout=10)
                client.sendmail(
                    "a@a.test", [f"b{number}@b.test"], f"Subject: bench\r\nX-Number: {number}\r\n\r\nhi\r\n"
                )
                self.accepted.add(number)
            except (OSError, smtplib.SMTPException):
                self.maybe.add(number)
                client = None
                time.sleep(0.05)


def kills(mails: int, seed: int) -> int:
    """Kill both at random while mails come in and move on; print what was lost and what came twice."""
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a run can be repeated
    killed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as directory:
        following = Process(Path(directory), "following")
        sending = Process(Path(directory), "sending", **onwards(following, relay_retry=0.2))
        names = {"sending": sending, "following": following}
        began = time.monotonic()
        submitter = Submitter(sending.port, mails)
        while not submitter.done:
            time.sleep(chance.uniform(0.3, 1.5))
            name = chance.choice(list(names))
            names[name].kill()
            killed[name] += 1
            names[name].start()
        sending.ask("empty")
        seconds = time.monotonic() - began
        for each in names.values():
            each.end()
        arrived, doubtful = arrivals(following.store), ambiguous(sending.store)
    lost = submitter.accepted - set(arrived)
    twice = {number: count - 1 for number, count in arrived.items() if count > 1}
    undocumented = {number for number, extra in twice.items() if extra > doubtful[number]}
    print(f"{len(submitter.accepted):,} mails accepted in {seconds:.0f} s, seed {seed}, killed: {dict(killed)}")
    print(f"lost: {len(lost)}")
    print(f"came again: {sum(twice.values())} (of {sum(doubtful.values())} that the queue counts as ambiguous)")
    print(f"came again without being counted: {len(undocumented)}")
    return 1 if lost or undocumented else 0


def arrivals(path: Path) -> Counter[int]:
    """Return how often each number arrived."""
    store = FileStore(path)
    try:
        found = (re.search(rb"X-Number: ([0-9]+)", store.raw(message)) for message in store.ids())
        return Counter(int(each[1]) for each in found if each)
    finally:
        store.close()


def ambiguous(path: Path) -> Counter[int]:
    """Return how often nobody knows whether each number was taken."""
    store = FileStore(path)
    try:
        return Counter(
            {int(entry.recipient.address[1:].partition("@")[0]): entry.ambiguous for entry in store.queued()}
        )
    finally:
        store.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench relay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=("rate", "kills", "serve"), default="rate")
    parser.add_argument("argument", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.what == "serve":
        serve(json.loads(given.argument))
    elif given.what == "kills":
        return kills(int(given.argument or 10_000), given.seed)
    else:
        rate(int(given.argument or 1000), given.rounds, given.connections)
    return 0


if __name__ == "__main__":
    sys.exit(main())
