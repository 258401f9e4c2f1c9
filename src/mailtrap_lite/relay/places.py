"""How many connections there are to each server, over all sandboxes, and who waits for one. Knows no connection."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator
from typing import Generic, TypeVar

Where = TypeVar("Where", bound=Hashable)

# Who takes places: what is called when one that it waits for may be free.
Taker = Callable[[], None]


class Places(Generic[Where]):
    """Any thread. most: connections to one server, or to the servers of one domain where its MX names them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[Where] = Counter()
        self._held: Counter[tuple[Where, Taker]] = Counter()
        self._waiting: dict[Taker, frozenset[Where]] = {}

    def take(self, where: Where, taker: Taker) -> bool:
        """Take a place if one is free, and nobody who has none has waited longer."""
        with self._lock:
            if self._taken[where] >= self._most or self._is_behind(where, taker):
                return False
            self._taken[where] += 1
            self._held[where, taker] += 1
            return True

    def give_back(self, where: Where, taker: Taker) -> None:
        """End with a place, and let those know that wait for one."""
        with self._lock:
            self._taken[where] -= 1
            self._held[where, taker] -= 1
            if not self._held[where, taker]:
                del self._held[where, taker]
            if not self._taken[where]:
                del self._taken[where]
            told = [each for each, places in self._waiting.items() if where in places and each != taker]
        for each in told:
            each()

    def wait_for(self, places: Collection[Where], taker: Taker) -> None:
        """Say for what a taker waits from now on; it keeps its turn. For nothing: its turn is over."""
        with self._lock:
            if places:
                self._waiting[taker] = frozenset(places)
            else:
                self._waiting.pop(taker, None)

    def is_wanted(self, where: Where, taker: Taker) -> bool:
        """Return whether all places are taken, and another waits that has none, and should have this one's."""
        with self._lock:
            return self._taken[where] >= self._most and any(each != taker for each in self._without(where))

    def _is_behind(self, where: Where, taker: Taker) -> bool:
        """Return whether another is to have the next place."""
        return next(self._without(where), taker) != taker

    def _without(self, where: Where) -> Iterator[Taker]:
        """Yield those that wait and have no place there at all, in their order."""
        return (each for each, places in self._waiting.items() if where in places and not self._held[where, each])
