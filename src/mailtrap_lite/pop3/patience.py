"""The inactivity timer of one POP3 connection (RFC 1939 section 3). Knows no command and no socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Patience:
    """On the loop. idle: seconds of silence after which `over` is called.

    unsent: how many octets are not with the client yet; while they get fewer or more, the client is there.
    """

    def __init__(self, idle: float, *, unsent: Callable[[], int], over: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._unsent = unsent
        self._over = over
        self._moved = self._loop.time()
        self._left = 0
        self._working = False
        self._timer = self._loop.call_later(idle, self._watch)

    def moved(self) -> None:
        """The client did something."""
        self._moved = self._loop.time()

    @contextmanager
    def working(self) -> Iterator[None]:
        """The client is not the one who is silent, as long as this lasts."""
        self._working = True
        try:
            yield
        finally:
            self._working = False
            self.moved()

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _watch(self) -> None:
        left = self._unsent()
        if self._working or left != self._left:
            self._moved, self._left = self._loop.time(), left
        due = self._moved + self._idle
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._watch)
        else:
            self._over()
