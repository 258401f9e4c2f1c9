"""When mail is tried again, when its sender is told of the delay, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST: Final = 3600.0  # seconds between two tries
_MOST_DOUBLINGS: Final = 32


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds. first: until the second try; each further wait is twice as long, an hour at most.

    expire: from when a mail was queued until it is given up (RFC 5321 section 4.5.4.1). warn: until its sender is told
    that it still waits; 0: never.
    """

    first: float = 60.0
    expire: float = 5 * 24 * 3600.0
    warn: float = 4 * 3600.0

    @property
    def longest(self) -> float:
        """How long anything waits for its next try, at most."""
        return max(LONGEST, self.first)

    def next_try(self, tries: int, *, queued_at: float, now: float) -> float | None:
        """Return when to try again after so many tries; None if it is given up. The last try is at its end."""
        end = queued_at + self.expire
        if now >= end:
            return None
        wait = min(self.first * 2.0 ** min(max(tries, 1) - 1, _MOST_DOUBLINGS), self.longest)
        return min(now + wait, end)

    def warns(self, *, queued_at: float, now: float, warned: bool) -> bool:
        """Return whether a sender is to be told now that mail still waits."""
        return self.warn > 0 and not warned and now - queued_at >= self.warn
