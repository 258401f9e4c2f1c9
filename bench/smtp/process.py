"""What a process and its children cost, read from the kernel, so that it works for any server. Linux only."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _ENDED_USER, _ENDED_SYSTEM = 1, 13, 14  # fields of proc(5)'s stat, counted from behind the name
_CPU_CLOCK = 2  # CPUCLOCK_SCHED of the kernel's process clocks: user and system time of all threads


def cpu(pid: int) -> float:
    """Return the seconds of CPU, user and system, that a process used with all its threads and children.

    The process's clock is read, which counts nanoseconds; stat counts in hundredths of a second, which a short
    measurement cannot use. What ended and was waited for is in stat alone.
    """
    total = 0.0
    for member in family(pid):
        with suppress(OSError):  # it has ended since
            total += time.clock_gettime((~member << 3) | _CPU_CLOCK)
            stat = _stat(member)
            total += (int(stat[_ENDED_USER]) + int(stat[_ENDED_SYSTEM])) * _TICK
    return total


def settled_cpu(pid: int, *, still: float = 0.02, most: float = 20.0) -> float:
    """Return the same once nothing is done any more: what a server puts off until after its reply counts too."""
    deadline = time.monotonic() + most
    used = cpu(pid)
    while time.monotonic() < deadline:
        time.sleep(still)
        before, used = used, cpu(pid)
        if used - before < still / 20:
            break
    return used


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children.setdefault(int(_stat(int(entry.name))[_PARENT]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def _stat(pid: int) -> list[str]:
    text = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    return text[text.rindex(")") + 2 :].split()


def resident(pid: int) -> int:
    """Return the octets of memory that a process and its children have now."""
    return sum(_status(member, "VmRSS") for member in family(pid))


def peak(pid: int) -> int:
    """Return the most octets of memory that they had since `forget_peak`; children counted with their own peaks."""
    return sum(_status(member, "VmHWM") for member in family(pid))


def forget_peak(pid: int) -> None:
    """Begin to look for the peak anew (proc(5), clear_refs)."""
    for member in family(pid):
        with suppress(FileNotFoundError):
            (PROC / str(member) / "clear_refs").write_text("5")


def _status(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
