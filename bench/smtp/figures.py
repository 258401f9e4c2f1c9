"""Medians, ratios and goals. Pure: knows no server and no clock."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Cost:
    """cpu: seconds of the server for a mail. rate: mails a second. busy: the generator's share of the time at work."""

    cpu: float
    rate: float
    busy: float = 0.0

    @property
    def generator_is_the_limit(self) -> bool:
        """Whether the server could have done more."""
        return self.busy > 0.9


# By the names of load and server.
Results: TypeAlias = Mapping[tuple[str, str], Cost]


class Figure(StrEnum):
    """What is compared. CPU is the one to trust, the rate the one to show."""

    CPU = "server CPU for a mail"
    RATE = "mails a second"


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure on its own."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.rate for cost in costs),
        statistics.median(cost.busy for cost in costs),
    )


def ratio(ours: Cost, theirs: Cost, figure: Figure) -> float:
    """Return how many times theirs ours is: below 1 is good for CPU, above 1 for the rate."""
    if figure is Figure.CPU:
        return ours.cpu / theirs.cpu
    return ours.rate / theirs.rate


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that a share of all, from 0 to 1, does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for the ratio of `ours` to `theirs`: at most for CPU, at least for the rate.

    loads: a pattern of their names; the worst of them counts.
    """

    figure: Figure
    bound: float
    theirs: str
    loads: str
    ours: str = "memory"

    def __str__(self) -> str:
        side = "at most" if self.figure is Figure.CPU else "at least"
        return f"{self.ours}: {self.figure} {side} {self.bound:g} x {self.theirs}, {self.loads}"


GOALS = (
    Goal(Figure.CPU, 0.5, "aiosmtpd", "1KB-kept-x1"),
    Goal(Figure.CPU, 0.4, "aiosmtpd", "1KB-kept-pipelined-x1"),
    Goal(Figure.CPU, 0.15, "aiosmtpd", "1MB-kept-x1"),
    Goal(Figure.RATE, 2, "smtpdfix", "1KB-kept-x1"),
    Goal(Figure.RATE, 2, "smtpdfix", "1KB-connecting-x1"),
    Goal(Figure.RATE, 8, "smtpdfix", "1MB-kept-x1"),
    Goal(Figure.RATE, 2, "localserver", "1KB-kept-x1"),
    Goal(Figure.RATE, 2, "localserver", "1KB-connecting-x1"),
    Goal(Figure.RATE, 8, "localserver", "1MB-kept-x1"),
    Goal(Figure.RATE, 3, "maildev", "*"),
    Goal(Figure.RATE, 0.35, "smtp-sink", "1KB-kept-x4"),
    Goal(Figure.RATE, 0.8, "smtp-sink", "1MB-kept-x4"),
    Goal(Figure.RATE, 0.7, "memory", "1KB-kept-x20", ours="file"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a goal stands. load: that of the worst ratio. reach: below 1 is missed, 0.5 by half; None if not measured."""

    goal: Goal
    ratio: float | None = None
    load: str = ""

    @property
    def reach(self) -> float | None:
        """How near the ratio is to the bound, whichever side is the good one."""
        if self.ratio is None:
            return None
        return self.goal.bound / self.ratio if self.goal.figure is Figure.CPU else self.ratio / self.goal.bound

    def __str__(self) -> str:
        if self.ratio is None or self.reach is None:
            return f"not measured  {self.goal}"
        where = "" if self.load == self.goal.loads else f" (at {self.load})"
        return f"{'reached' if self.reach >= 1 else 'NOT REACHED':12}  {self.goal}: {self.ratio:.2f}{where}"


def judge(goal: Goal, results: Results) -> Verdict:
    """Return how a goal stands by these results."""
    verdicts = [
        Verdict(goal, ratio(ours, results[load, goal.theirs], goal.figure), load)
        for (load, name), ours in results.items()
        if name == goal.ours and fnmatchcase(load, goal.loads) and (load, goal.theirs) in results
    ]
    return min(verdicts, key=_reach, default=Verdict(goal))


def judge_all(results: Results, goals: Sequence[Goal] = GOALS) -> list[Verdict]:
    """Return how all goals stand, those that are missed most first and those that were not measured last."""
    return sorted((judge(goal, results) for goal in goals), key=_reach)


def _reach(verdict: Verdict) -> float:
    return math.inf if verdict.reach is None else verdict.reach
