"""In which order a list shows messages, and a spot in it from which it goes on.

It knows no rows: a store turns an order into SQL or into a sort. A list goes on behind a spot and not at a number, so
that nothing is shown twice or left out when mail comes or goes meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Key: TypeAlias = int | str


class By(StrEnum):
    """What messages are put in order by; where that is the same, by their ids."""

    ID = "id"
    SIZE = "size"
    SENDER = "sender"
    SUBJECT = "subject"

    @property
    def read(self) -> bool:
        """Whether it comes from the digest, which is made later than the message."""
        return self in {By.SENDER, By.SUBJECT}


@dataclass(frozen=True, slots=True)
class Spot:
    """One message's place in an order. The message may be gone: the spot is where it would be."""

    key: Key
    id: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order; the newest first by default. behind: only what comes after this spot."""

    by: By = By.ID
    descending: bool = True
    behind: Spot | None = None


NEWEST = Order()
