"""What keeps a mail from being the one that was expected, and how near it comes. Knows no condition and no message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

# What is compared to tell which mail is nearest.
_COMPARED = 120


def _no_lines() -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Unlike:
    """One condition that a mail does not meet.

    name: as the test says it, such as "subject". expected and found: in Python's spelling, or in words.
    likeness: from 0, nothing alike, to almost 1. details: makes the lines that show where it differs, when asked.
    """

    name: str
    expected: str
    found: str
    likeness: float = 0.0
    details: Callable[[], list[str]] = field(default=_no_lines, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name} {self.found}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All conditions that a mail does not meet; false if it meets them all."""

    unmet: tuple[Unlike, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unmet)

    @property
    def distance(self) -> float:
        """How far the mail is from the expected one: less than one for each condition that is not met, 0 for none."""
        return sum(1 - unlike.likeness / 2 for unlike in self.unmet)

    @property
    def lines(self) -> list[str]:
        """The difference in lines for people, each condition beginning with "but its"."""
        found: list[str] = []
        for unlike in self.unmet:
            details = unlike.details()
            found.append(f"but its {unlike}{':' if details else ''}")
            found += [f"  {line}" for line in details]
        return found

    @property
    def table(self) -> list[str]:
        """The same in as few lines as can be, each with what was expected, for who does not see it beside.

        pytest shows eight lines unless it is asked for more.
        """
        found: list[str] = []
        for unlike in self.unmet:
            details = [line for line in unlike.details() if not line.startswith(" ")]
            if not details:
                found.append(f"its {unlike}, not {unlike.expected}")
            elif len(details) == 1:
                found.append(f"its {unlike}: {details[0].removeprefix('+ ').removeprefix('- ')}")
            else:
                found += [f"its {unlike}:", *(f"  {line}" for line in details)]
        return found


def likeness(expected: str, found: str) -> float:
    """Return how alike two texts are at their beginning, from 0 to 1."""
    from difflib import SequenceMatcher  # costs start-up time that a suite which passes never needs

    return SequenceMatcher(None, expected[:_COMPARED], found[:_COMPARED], autojunk=False).quick_ratio()
