"""What a fixture that catches mail costs: installed, first, further, waiting, a thousand tests. Beside three others.

Medians of whole runs of pytest in turns, so that a noisy machine is noisy for all. Of each figure there is the time on
the clock and, in brackets, that of the processor, which other programs on the machine change less.
Everybody runs in the same Python, that of .bench/ if it is there: `make bench-rivals` puts the others into it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.plugin.suites import CONTENDERS, Contender, conftest, empty, sending

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ROOT / ".bench" / "venv" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds on the clock, and of the processor."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{_spelled(self.wall)} ({_spelled(self.cpu)})"


def _spelled(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if abs(milliseconds) >= 100 else f"{milliseconds:.2f}"


def median(all_of_them: list[Took]) -> Took:
    """Return the median of each."""
    return Took(
        statistics.median(each.wall for each in all_of_them), statistics.median(each.cpu for each in all_of_them)
    )


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs pytest in a folder. python: which has the contenders."""

    python: str
    folder: Path

    def write(self, contender: Contender, tests: str, *, watch: bool) -> None:
        """Make the suite."""
        (self.folder / "conftest.py").write_text(conftest(contender, watch=watch), encoding="utf-8")
        (self.folder / "test_it.py").write_text(tests, encoding="utf-8")

    def run(self, contender: Contender, *options: str, plugin: bool = True) -> Took:
        """Run the suite with nothing but the contender's plugin, and return what it took; it has to pass."""
        chosen = ["-p", contender.plugin] if plugin and contender.plugin else []
        command = [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", *chosen, *options]
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "pytest_plugin")]) if contender.ours else ""
        environment = os.environ | {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode and not contender.ours and " passed" in done.stdout:  # theirs may fail now and then
            print(f"{contender.name}: {done.stdout.strip().splitlines()[-1]}")
        elif done.returncode:
            raise SystemExit(f"{contender.name} fails:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Took(wall * 1000, cpu * 1000)

    def times(self) -> dict[str, list[Took]]:
        """Return what the suite measured of itself."""
        found = json.loads((self.folder / "times.json").read_text(encoding="utf-8"))
        return {name: [Took(wall * 1000, cpu * 1000) for wall, cpu in took] for name, took in found.items()}


def installed(runner: Runner, contenders: list[Contender], rounds: int) -> dict[str, Took]:
    """Return what a run of pytest costs more for a plugin that it does not use."""
    more: dict[str, list[Took]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            (runner.folder / "conftest.py").write_text("", encoding="utf-8")
            (runner.folder / "test_it.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
            without = runner.run(contender, "--collect-only", plugin=False)
            with_it = runner.run(contender, "--collect-only")
            if number:  # the first one compiles
                more[contender.name].append(Took(with_it.wall - without.wall, with_it.cpu - without.cpu))
    return {name: median(took) for name, took in more.items()}


def fixtures(runner: Runner, contenders: list[Contender], rounds: int, tests: int) -> dict[str, dict[str, Took]]:
    """Return the first set-up of a session, a further one and its end, and the wait for a mail that has its 250."""
    found: dict[str, dict[str, list[Took]]] = {each.name: {} for each in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            runner.write(contender, empty(contender, tests), watch=True)
            runner.run(contender)
            own = runner.times()
            runner.write(contender, sending(contender, tests), watch=True)
            runner.run(contender)
            own["latency"] = runner.times()["latency"]
            if number:
                figures = found[contender.name]
                figures.setdefault("first", []).append(own["setup"][0])
                figures.setdefault("set-up", []).append(median(own["setup"][1:]))
                figures.setdefault("tear-down", []).append(median(own["teardown"][1:]))
                figures.setdefault("latency", []).append(median(own["latency"]))
    return {name: {figure: median(took) for figure, took in own.items()} for name, own in found.items()}


def thousand(runner: Runner, contenders: list[Contender], tests: int, workers: int) -> dict[str, Took]:
    """Return what tests take that each send a mail and wait for it."""
    found = {}
    options = ["-p", "xdist", "-n", str(workers)] if workers else []
    for contender in contenders:
        runner.write(contender, sending(contender, tests), watch=False)
        found[contender.name] = runner.run(contender, *options)
    return found


def uses(runner: Runner, count: int, workers: int) -> Took:
    """Return what uses of our fixture take under xdist; not one may fail."""
    ours = CONTENDERS[0]
    runner.write(ours, empty(ours, count), watch=False)
    return runner.run(ours, "-p", "xdist", "-n", str(workers))


def there(python: str) -> list[Contender]:
    """Return whose modules a Python has; ours brings its own."""
    found = []
    for contender in CONTENDERS:
        asked = subprocess.run([python, "-c", f"import {contender.module}"], capture_output=True, check=False)
        if contender.ours or asked.returncode == 0:
            found.append(contender)
        else:
            print(f"{contender.name} is skipped: `make bench-rivals` installs it in .bench/")
    return found


def has(python: str, module: str) -> bool:
    """Return whether a Python has a module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench plugin", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each suite, of which the median counts")
    parser.add_argument("--tests", type=int, default=1000, help="tests that each send and wait")
    parser.add_argument("--uses", type=int, default=0, help="only use our fixture so often under xdist, as 100000")
    options = parser.parse_args()
    python = str(RIVALS) if RIVALS.exists() else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(python, Path(folder))
        if options.uses:
            print(f"{options.uses:,} uses of the fixture with -n 2, none failed: {uses(runner, options.uses, 2)} ms")
            return
        contenders = there(python)
        rows: dict[str, dict[str, Took]] = {"installed, not used": installed(runner, contenders, options.rounds)}
        own = fixtures(runner, contenders, options.rounds, 200)
        for figure in ("first", "set-up", "tear-down", "latency"):
            rows[figure] = {name: figures[figure] for name, figures in own.items()}
        rows[f"{options.tests:,} tests, -n 0"] = thousand(runner, contenders, options.tests, 0)
        if has(python, "xdist"):
            rows[f"{options.tests:,} tests, -n 2"] = thousand(runner, contenders, options.tests, 2)
    names = [contender.name for contender in contenders]
    print(f"| ms, of the processor in brackets | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row, costs in rows.items():
        print(f"| {row} | {' | '.join(str(costs[name]) for name in names)} |")


if __name__ == "__main__":
    main()
