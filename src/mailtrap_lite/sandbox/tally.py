"""What is counted since a server began, over all of its sandboxes, those that have ended included. Only ever rises."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Counted(StrEnum):
    """What is counted."""

    ACCEPTED = "accepted"  # messages, by origin
    FETCHED = "fetched"  # messages that a POP3 client has
    DELETED = "deleted"  # messages, by who did it
    RELEASED = "released"  # messages
    RELAYED = "relayed"  # recipients
    BOUNCED = "bounced"  # recipients
    SESSIONS = "sessions"  # that ended, by protocol and ending
    FAULTS = "faults"  # that happened, by stage
    TELLINGS = "tellings"  # requests to webhook_url, by event and result


class Tally:
    """Any thread, the loop's included; one lock, held for moments."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, ...]] = Counter()

    def add(self, what: Counted, *labels: str, by: int = 1) -> None:
        """It happened. labels: of a small set, never an address or an id."""
        if by:
            with self._lock:
                self._counts[what, *labels] += by

    def of(self, what: Counted) -> Mapping[tuple[str, ...], int]:
        """Return how often it happened, by its labels."""
        with self._lock:
            return {key[1:]: count for key, count in self._counts.items() if key[0] == what}
