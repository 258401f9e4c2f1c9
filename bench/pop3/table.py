"""Fetching over POP3: small messages, a maildrop of 100,000, a message of 100 MB, 500 sessions at once.

Each figure is the median of several rounds, the servers taking turns. CPU is the server's own, user and system.
Memory is what the server grows by, beside what it has with the mail in it. Megabytes are 10^6 octets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from bench.pop3 import fetch
from bench.pop3.served import Dovecot, Ours, Served
from bench.smtp import process
from bench.smtp.targets import Missing

USER = "reader@x.test"
SMALL, LARGE = 2048, 100 * 1000**2
WAYS: dict[str, Callable[[int, str, int], float]] = {
    "one by one": fetch.one_by_one,
    "pipelined": fetch.pipelined,
    "poplib": fetch.with_poplib,
}
SECONDS_OF_LISTS, OCTETS_OF_LISTS = 1.0, 100 * 1000**2
SHARE_OF_DOVECOT = 0.5
TIMES_ITS_SIZE = 2.0


def says(reached: bool, text: str) -> None:
    """Print how a goal stands."""
    print(f"{'reached' if reached else 'NOT REACHED':12}{text}", flush=True)


@contextmanager
def servers(names: list[str]) -> Iterator[list[Served]]:
    """Start the servers of these names, and say which are not there."""
    with ExitStack() as stack:
        started: list[Served] = []
        for name in names:
            try:
                started.append(stack.enter_context(Dovecot() if name == "dovecot" else Ours(name)))
            except Missing as missing:
                print(f"{name} is skipped: {missing}")
        yield started


def small_messages(names: list[str], number: int, rounds: int) -> None:
    """RETR of many small messages, in three ways."""
    print(f"\nRETR of {number:,} messages of 2 KB\n")
    print("| server  | " + " | ".join(f"{way:>24}" for way in WAYS) + " |")
    print("|---------|" + "|".join("-" * 25 + ":" for _ in WAYS) + "|")
    with servers(names) as started:
        costs = _fetched(started, number, rounds)
    for server in started:
        cells = (f"{costs[server.name, way][0]:,.0f}/s {costs[server.name, way][1] * 1e6:.0f} µs" for way in WAYS)
        print(f"| {server.name:7} | " + " | ".join(f"{cell:>24}" for cell in cells) + " |")
    theirs = costs.get(("dovecot", "one by one"))
    for server in started if theirs else []:
        if server.name != "dovecot" and theirs:
            share = costs[server.name, "one by one"][0] / theirs[0]
            says(share >= SHARE_OF_DOVECOT, f"{server.name}: one by one, {SHARE_OF_DOVECOT} x dovecot's: {share:.2f}")


def _fetched(started: list[Served], number: int, rounds: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Return messages a second and seconds of CPU for each, by server and way."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for server in started:
        server.fill(USER, number, SMALL)
        fetch.one_by_one(server.port, USER, min(number, 100))  # indexes are made at the first login
    for _ in range(rounds):
        for way, run in WAYS.items():
            for server in started:
                before = process.settled_cpu(server.pid)
                rate = number / run(server.port, USER, number)
                cost = (process.settled_cpu(server.pid) - before) / number
                found.setdefault((server.name, way), []).append((rate, cost))
    return {key: (median(rate for rate, _ in each), median(cost for _, cost in each)) for key, each in found.items()}


def large_maildrop(names: list[str], number: int, rounds: int) -> None:
    """Login, STAT, UIDL and LIST on a maildrop of many messages, the first login and later ones."""
    print(f"\nA maildrop of {number:,} messages\n")
    print("| server  | login | login ms | STAT ms | UIDL ms | LIST ms | memory MB |")
    print("|---------|-------|---------:|--------:|--------:|--------:|----------:|")
    verdicts: list[tuple[bool, str]] = []
    for name in names:
        with servers([name]) as started:
            for server in started:
                server.fill(USER, number, 200)
                first, grew = _first_login(server)
                print(f"| {name:7} | first | {_steps(first)} | {grew / 1e6:9.1f} |", flush=True)
                later = [fetch.listed(server.port, USER) for _ in range(rounds)]
                print(
                    f"| {name:7} | later | {_steps({step: median(each[step] for each in later) for step in first})} | |"
                )
                whole = first["login"] + first["STAT"] + first["UIDL"]
                verdicts.append((whole < SECONDS_OF_LISTS, f"{name}: first login, STAT and UIDL: {whole:.2f} s"))
                verdicts.append((grew < OCTETS_OF_LISTS, f"{name}: memory for it: {grew / 1e6:.1f} MB"))
    _judge(verdicts)


def _first_login(server: Served) -> tuple[dict[str, float], int]:
    process.settled_cpu(server.pid)
    before = process.resident(server.pid)
    process.forget_peak(server.pid)
    took = fetch.listed(server.port, USER)
    return took, process.peak(server.pid) - before


def _steps(took: dict[str, float]) -> str:
    return " | ".join(f"{took[step] * 1000:8.1f}" for step in ("login", "STAT", "UIDL", "LIST"))


def _judge(verdicts: list[tuple[bool, str]]) -> None:
    for reached, text in verdicts:
        if not text.startswith("dovecot"):
            says(reached, text)


def large_message(names: list[str], octets: int) -> None:
    """RETR of one large message."""
    print(f"\nRETR of a message of {octets / 1e6:.0f} MB\n")
    print("| server  | MB/s | memory, times its size |")
    print("|---------|-----:|-----------------------:|")
    verdicts: list[tuple[bool, str]] = []
    for name in names:
        with servers([name]) as started:
            for server in started:
                server.fill(USER, 1, octets)
                process.settled_cpu(server.pid)
                before = process.resident(server.pid)
                process.forget_peak(server.pid)
                seconds = fetch.one_by_one(server.port, USER, 1)
                times = (process.peak(server.pid) - before) / octets
                print(f"| {name:7} | {octets / seconds / 1e6:,.0f} | {times:.2f} |", flush=True)
                verdicts.append(
                    (times <= TIMES_ITS_SIZE, f"{name}: at most {TIMES_ITS_SIZE:g} times its size: {times:.2f}")
                )
    _judge(verdicts)


def many_sessions(names: list[str], number: int) -> None:
    """So many sessions that are open at once."""
    print()
    for name in names:
        if name == "dovecot":
            continue
        with Ours(name) as server:
            server.fill_each(number, SMALL)
            done, seconds = fetch.together(server.port, [f"user{n}@x.test" for n in range(number)])
            says(done == number, f"{name}: {number} sessions at once, each fetches a message: {seconds:.2f} s for all")


def main() -> None:
    """Print the tables and how the goals stand."""
    parser = argparse.ArgumentParser(prog="python -m bench pop3", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", nargs="+", default=["memory", "file", "dovecot"], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=10_000, help="messages of 2 KB")
    parser.add_argument("--maildrop", type=int, default=100_000, help="messages of the large maildrop")
    parser.add_argument("--octets", type=int, default=LARGE, help="of the large message")
    parser.add_argument("--sessions", type=int, default=500)
    asked = parser.parse_args()
    small_messages(asked.servers, asked.small, asked.rounds)
    large_maildrop(asked.servers, asked.maildrop, asked.rounds)
    large_message(asked.servers, asked.octets)
    many_sessions(asked.servers, asked.sessions)


if __name__ == "__main__":
    main()
