"""What pytest prints of a comparison that failed: expected mail explained, and nothing that steers a terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from mailtrap_lite.terminal import escaped

if TYPE_CHECKING:
    from mailtrap_lite import Mail

# What pytest itself colours its differences with; colours do no harm.
_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


_compared: list[Mail] = []  # the last one


def forget() -> Mail | None:
    """Return the mail with which a comparison failed last, and forget it."""
    return _compared.pop() if _compared else None


def explained(operator: str, left: object, right: object, explanations: list[list[str]]) -> list[list[str]]:
    """Return the explanations of a comparison, one of each plugin that has one; pytest shows the first."""
    if "mailtrap_lite.expectation" in sys.modules:  # else neither side can be one
        from mailtrap_lite import Mail
        from mailtrap_lite.expectation.comparing import explanation

        _compared[:] = [each for each in (left, right) if isinstance(each, Mail)][:1]
        own = explanation(operator, left, right)
        explanations = [own, *explanations] if own else explanations
    return [[_harmless(line) for line in lines] for lines in explanations]


def _harmless(line: str) -> str:
    parts = _COLOUR.split(line)
    return "".join(part if _COLOUR.fullmatch(part) else escaped(part, keep="\n") for part in parts)
