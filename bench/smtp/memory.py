"""What one mail of 25 MB costs in memory: at the most while it is received, when it is stored, and when it is deleted.

Beside the memory that the server had before, after some mails of 1 MB. Only ours can be told to delete its mail;
rivals show what they keep. Megabytes are 10^6 octets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from bench.smtp import process
from bench.smtp.load import QUIT, Load, LoadFailed, bring_in, greeted, say, transaction
from bench.smtp.served import Served
from bench.smtp.targets import TARGETS, found

SIZE = 25 * 1000**2  # below the 25 MiB that are our limit by default
WARM_UP = Load("1MB", kept=True, pipelined=False, connections=1)
AT_MOST = 3.0  # times its size while it is received
NOTHING = 1000**2  # the memory of an allocator comes in pieces


@dataclass(frozen=True, slots=True)
class Growth:
    """Octets beside those before. cleared: None if the server cannot be told to delete."""

    peak: int
    stored: int
    cleared: int | None


def growth(server: Served, octets: int = SIZE) -> Growth:
    """Return what one mail of so many octets makes a server grow. Raises LoadFailed."""
    bring_in(WARM_UP, server.port, mails=10)
    clear = server.clear if server.target.ours else None
    if clear is not None:
        clear()
    process.settled_cpu(server.pid)
    before = process.resident(server.pid)
    process.forget_peak(server.pid)
    with greeted(server.port) as client:
        say(client, [*transaction(octets, pipelined=False), QUIT])
    process.settled_cpu(server.pid)
    peak, stored = process.peak(server.pid) - before, process.resident(server.pid) - before
    if clear is None:
        return Growth(peak, stored, None)
    clear()
    process.settled_cpu(server.pid)
    return Growth(peak, stored, process.resident(server.pid) - before)


def main() -> None:
    """Print the table and how the goals stand."""
    parser = argparse.ArgumentParser(prog="python -m bench smtp_memory", description=(__doc__ or "").partition("\n")[0])
    known = ", ".join(target.name for target in TARGETS)
    parser.add_argument("--servers", nargs="+", default=[], metavar="NAME", help=f"of {known}")
    targets, skipped = found(tuple(parser.parse_args().servers))
    print("\n".join(skipped), end="\n\n" if skipped else "")
    print("Growth of the server by one mail of 25 MB, in MB and in times its size\n")
    print("| server       | at the most   | stored        | deleted       |")
    print("|--------------|--------------:|--------------:|--------------:|")
    grown: dict[str, Growth] = {}
    for target in targets:
        try:
            with Served(target) as server:
                grown[target.name] = grew = growth(server)
        except (LoadFailed, OSError) as err:
            print(f"| {target.name:12} | could not: {' '.join(str(err).split())}")
            continue
        cells = [_cell(grew.peak), _cell(grew.stored), "" if grew.cleared is None else _cell(grew.cleared)]
        print(f"| {target.name:12} | {' | '.join(f'{cell:>13}' for cell in cells)} |", flush=True)
    if "memory" in grown:
        print()
        _judge(grown["memory"])


def _cell(octets: int) -> str:
    return f"{octets / 1e6:.1f} ({octets / SIZE:.2f})"


def _judge(ours: Growth) -> None:
    says: Callable[[bool], str] = lambda reached: "reached" if reached else "NOT REACHED"  # noqa: E731
    print(f"{says(ours.peak <= AT_MOST * SIZE)}  memory: at most {AT_MOST:g} times its size: {ours.peak / SIZE:.2f}")
    left = ours.cleared or 0
    print(f"{says(left <= NOTHING)}  memory: nothing left when it is deleted: {left / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
