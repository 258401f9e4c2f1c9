"""How often a fault happens, of the attempts that fit it, as values. Chance arrives as an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from mailtrap_lite.errors import BadFault

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


@dataclass(frozen=True, slots=True)
class Always:
    """Each time."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Times:
    """The first so many times."""

    times: int

    def __str__(self) -> str:
        return f"times={self.times}"


@dataclass(frozen=True, slots=True)
class Every:
    """Each so manyth time: every=3 is the third, the sixth and so on."""

    every: int

    def __str__(self) -> str:
        return f"every={self.every}"


@dataclass(frozen=True, slots=True)
class Nth:
    """The so manyth attempt only, counted from 1."""

    nth: int

    def __str__(self) -> str:
        return f"nth={self.nth}"


@dataclass(frozen=True, slots=True)
class Chance:
    """With a probability from 0 to 1. seed: what makes it happen again in the same way."""

    chance: float
    seed: int

    def __str__(self) -> str:
        return f"chance={self.chance:g} seed={self.seed}"


@dataclass(frozen=True, slots=True)
class Greylist:
    """Until a client comes again with the same sender and recipient, so many seconds after it first came."""

    wait: float

    def __str__(self) -> str:
        return f"greylist={self.wait:g}"


Count: TypeAlias = Always | Times | Every | Nth | Chance | Greylist


def check_count(count: Count) -> None:
    """Raise BadFault for a count that makes no sense."""
    match count:
        case Times(number) | Every(number) | Nth(number):
            if number < 1:
                raise BadFault(f"{count}: count from 1")
        case Chance(chance):
            if not 0 <= chance <= 1:  # not a number neither
                raise BadFault(f"{count}: a probability is from 0 to 1")
        case Greylist(wait):
            if not math.isfinite(wait) or wait < 0:
                raise BadFault(f"{count}: the wait is a number of seconds from 0")


def is_due(count: Count, attempt: int, dice: float) -> bool:
    """Return whether it is time. attempt: from 1. dice: from 0 to below 1. Greylisting is not decided here."""
    match count:
        case Times(times):
            return attempt <= times
        case Every(every):
            return attempt % every == 0
        case Nth(nth):
            return attempt == nth
        case Chance(chance):
            return dice < chance
    return True
