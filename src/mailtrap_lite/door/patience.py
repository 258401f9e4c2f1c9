"""How long a client may be silent, and a mail may take: one timer for a connection, however many commands it gives.

Knows no reply; times are those of the loop. On the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NEVER = float("inf")


class Patience:
    """The timer looks for the last sign of life when it fires, so that a sign costs nothing but the time of day.

    idle: seconds of silence. transfer: seconds in which a mail has to be there. over: called once, with whether it was
    a mail that took too long. excused: says, when the client seems to be silent, whether it is not to blame for it,
    because it waits for us, or still takes what it was sent.
    """

    def __init__(
        self, *, idle: float, over: Callable[[bool], None], excused: Callable[[], bool], transfer: float = NEVER
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._transfer = transfer
        self._over = over
        self._excused = excused
        self._working = False
        self._alive = self._loop.time()
        self._due = NEVER
        self._timer = self._loop.call_later(min(idle, transfer), self._look)

    def moved(self) -> None:
        """The client gave a sign of life."""
        self._alive = self._loop.time()

    @contextmanager
    def working(self) -> Iterator[None]:
        """The client waits for us, as long as this lasts."""
        self._working = True
        try:
            yield
        finally:
            self._working = False
            self.moved()

    def transfer_begins(self) -> None:
        """A mail comes in, or goes on to."""
        if self._due == NEVER:
            self._due = self._loop.time() + self._transfer

    def transfer_ends(self) -> None:
        """No mail comes in any more."""
        self._due = NEVER

    def last(self, seconds: float) -> None:
        """From now on there are so many seconds, for anything."""
        self.stop()
        self._idle, self._due, self._alive = seconds, NEVER, self._loop.time()
        self._timer = self._loop.call_later(seconds, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def end(self) -> None:
        """Look no more, and let go of who asked: without a cycle of references they are freed at once."""
        self.stop()
        self._over = _ignore
        self._excused = _never

    def _look(self) -> None:
        now = self._loop.time()
        if self._working or self._excused():
            self._alive = now
        rest = min(self._alive + self._idle, self._due) - now
        if rest > 0:
            self._timer = self._loop.call_later(min(rest, self._transfer), self._look)
        else:
            self._over(now >= self._due)


def _ignore(transfer: bool) -> None:
    """Nobody waits any more."""


def _never() -> bool:
    return False
