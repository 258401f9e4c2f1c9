"""How long a client may be silent, and a mail may take: one timer for a connection, however many commands it gives.

Knows no reply; times are those of the loop. On the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_NEVER = float("inf")


class Patience:
    """The timer looks for the last sign of life when it fires, so that a sign costs nothing but the time of day.

    idle: seconds of silence. transfer: seconds in which a mail has to be there. over: called once, with whether it was
    a mail that took too long. waiting: says whether it is we who keep the client waiting.
    """

    def __init__(
        self, *, idle: float, transfer: float, over: Callable[[bool], None], waiting: Callable[[], bool]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._transfer = transfer
        self._over = over
        self._waiting = waiting
        self._alive = self._loop.time()
        self._due = _NEVER
        self._timer = self._loop.call_later(min(idle, transfer), self._look)

    def moved(self) -> None:
        """The client gave a sign of life."""
        self._alive = self._loop.time()

    def transfer_begins(self) -> None:
        """A mail comes in, or goes on to."""
        if self._due == _NEVER:
            self._due = self._loop.time() + self._transfer

    def transfer_ends(self) -> None:
        """No mail comes in any more."""
        self._due = _NEVER

    def last(self, seconds: float) -> None:
        """From now on there are so many seconds, for anything."""
        self.stop()
        self._idle, self._due, self._alive = seconds, _NEVER, self._loop.time()
        self._timer = self._loop.call_later(seconds, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def end(self) -> None:
        """Look no more, and let go of who asked: without a cycle of references they are freed at once."""
        self.stop()
        self._over = _ignore
        self._waiting = _never

    def _look(self) -> None:
        now = self._loop.time()
        if self._waiting():
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
