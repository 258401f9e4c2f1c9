"""What a caught mail costs with each server: mails a second, and server CPU for a mail, side by side.

One generator for all, servers in turn within each round, medians over the rounds. The CPU time of the server process
with its threads and children is the figure to trust; mails a second depend on what else the machine does.
In brackets: how many times theirs ours (the store in memory) is; more is better for the rate, less for the CPU.
smtp-sink throws mail away in C and shows what the generator can do; `*` marks rates that the generator limits.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from bench.smtp import process
from bench.smtp.figures import GOALS, Cost, Figure, judge_all, median, ratio
from bench.smtp.load import ALL, Load, LoadFailed, bring_in
from bench.smtp.served import Served
from bench.smtp.targets import TARGETS, Target, found

# What is measured without --full and --only: each way in, and each size.
USUAL = (
    "1KB-kept-x1",
    "1KB-kept-pipelined-x1",
    "1KB-connecting-x1",
    "1KB-kept-x4",
    "1KB-kept-pipelined-x4",
    "1KB-kept-x20",
    "100KB-kept-x1",
    "1MB-kept-x1",
    "1MB-kept-x4",
    "10MB-kept-x1",
)
OURS = "memory"
# A server that has grown beyond this is started again: some rivals keep all mail in lists.
MOST_MEMORY = 1024**3
# How long one measurement of one server takes; a server that is slow gets fewer mails.
SECONDS = 0.4


def measure(load: Load, server: Served, mails: int) -> Cost:
    """Return what each of so many mails of a load costs now. Raises LoadFailed."""
    before = process.settled_cpu(server.pid)
    sent = bring_in(load, server.port, mails=mails)
    used = process.settled_cpu(server.pid) - before
    return Cost(used / sent.mails, sent.mails / sent.seconds, sent.busy)


def measure_all(load: Load, targets: Sequence[Target], rounds: int) -> tuple[dict[str, Cost], list[str]]:
    """Return the cost by server, and a line for each that could not do it."""
    costs: dict[str, list[Cost]] = {target.name: [] for target in targets}
    mails = {target.name: load.mails // 8 for target in targets}
    lines: list[str] = []
    servers: dict[str, Served] = {}
    try:
        servers |= {target.name: Served(target) for target in targets}
        for number in range(rounds + 1):  # the first warms up and is not counted
            for name, server in list(servers.items()):
                try:
                    servers[name] = server = _fresh(server)
                    cost = measure(load, server, mails[name])
                except LoadFailed as err:
                    lines.append(f"{name}, {load.name}: {' '.join(str(err).split())}")
                    servers.pop(name).close()
                else:
                    if number:
                        costs[name].append(cost)
                    else:
                        mails[name] = min(load.mails, int(cost.rate * SECONDS))
    finally:
        for server in servers.values():
            server.close()
    return {name: median(several) for name, several in costs.items() if several}, lines


def _fresh(server: Served) -> Served:
    if process.resident(server.pid) < MOST_MEMORY:
        return server.wait()
    server.close()
    return Served(server.target).wait()


def chosen(only: Sequence[str], *, full: bool) -> list[Load]:
    """Return the loads to measure, in the order of the table."""
    patterns = only or (["*"] if full else USUAL)
    return [load for load in ALL if any(fnmatchcase(load.name, pattern) for pattern in patterns)]


def lines_of(load: str, costs: dict[str, Cost], names: Sequence[str]) -> list[str]:
    """Return the two lines of a load: the rate and the CPU."""
    rate: Callable[[Cost], str] = lambda c: f"{_number(c.rate)}{'*' if c.generator_is_the_limit else ''}"  # noqa: E731
    spent: Callable[[Cost], str] = lambda c: _number(c.cpu * 1e6)  # noqa: E731
    cells = [
        [_cell(name, costs, spell, figure) for name in names]
        for spell, figure in ((rate, Figure.RATE), (spent, Figure.CPU))
    ]
    return [_row(load, "mails/s", cells[0]), _row("", "CPU µs", cells[1])]


def _cell(name: str, costs: dict[str, Cost], spell: Callable[[Cost], str], figure: Figure) -> str:
    if name not in costs:
        return "-"
    if name == OURS or OURS not in costs:
        return spell(costs[name])
    return f"{spell(costs[name])} ({ratio(costs[OURS], costs[name], figure):.2f})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _row(load: str, figure: str, cells: Sequence[str]) -> str:
    return f"| {load:21} | {figure:7} | {' | '.join(f'{cell:>15}' for cell in cells)} |"


def main() -> None:
    """Measure, and print the table and how the goals stand."""
    arguments = _arguments()
    targets, skipped = found(tuple(arguments.servers))
    loads = chosen(arguments.only, full=arguments.full)
    if not targets or not loads:
        sys.exit("nothing to measure; the loads are " + ", ".join(load.name for load in ALL))
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, ", end="")
    print(f"load average {os.getloadavg()[0]:.1f}, medians of {arguments.rounds} rounds.")
    print("In brackets: ours in memory to theirs. *: the generator was the limit.")
    print("\n".join(skipped), end="\n\n" if skipped else "\n")
    names = [target.name for target in targets]
    print(_row("load", "", names))
    print(f"|{'-' * 23}|{'-' * 9}|{'|'.join(['-' * 16 + ':'] * len(names))}|")
    results: dict[tuple[str, str], Cost] = {}
    failures: list[str] = []
    gc.disable()
    for load in loads:
        costs, lines = measure_all(load, targets, arguments.rounds)
        results |= {(load.name, name): cost for name, cost in costs.items()}
        failures += lines
        print("\n".join(lines_of(load.name, costs, names)), flush=True)
    for line in failures:
        print(f"could not: {line}")
    print("\nGoals, the farthest first:\n")
    for verdict in judge_all(results, GOALS):
        print(verdict)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench smtp", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of which the medians are shown (default: 5)")
    parser.add_argument("--full", action="store_true", help="all 48 combinations, which takes long")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="loads, as '1KB-*-x4'")
    known = ", ".join(target.name for target in TARGETS)
    parser.add_argument("--servers", nargs="+", default=[], metavar="NAME", help=f"of {known}")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds wants a number from 1")
    return arguments


if __name__ == "__main__":
    main()
