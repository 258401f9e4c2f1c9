"""LOGIN-DELAY (RFC 2449 section 6.5): the least time between logins to a maildrop. Knows no session and no clock."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from mailtrap_lite.pop3.snapshot import Refused

# Maildrops of which the last login is remembered; the oldest go first.
MOST_MAILDROPS = 10_000


class LoginDelay:
    """On the loop, for all POP3 doors of a sandbox. seconds: 0 is none. Times are in seconds since the epoch.

    maildrop_of: returns what a user's name opens; users who open the same share one delay. It may raise BadMail.
    """

    def __init__(self, seconds: int, maildrop_of: Callable[[str], Hashable]) -> None:
        self._seconds = seconds
        self._maildrop_of = maildrop_of
        self._last: dict[Hashable, float] = {}  # by maildrop, the oldest login first

    @contextmanager
    def turn(self, user: str, now: float, *, hidden: bool = False) -> Iterator[None]:
        """Log in to the maildrop of this user in the block; raises Refused if it is too early.

        It counts from the beginning, so of two at the same time one is refused; and not at all if the block raises.
        hidden: nobody is refused.
        """
        if not self._seconds:
            yield
            return
        maildrop = self._maildrop_of(user)
        before = self._last.get(maildrop)
        # A clock that was set back is no reason to lock somebody out.
        if not hidden and before is not None and 0 <= now - before < self._seconds:
            raise Refused(f"wait {self._seconds} seconds between logins", "LOGIN-DELAY")
        self._keep(maildrop, now)
        try:
            yield
        except BaseException:
            if self._last.get(maildrop) == now:
                self._keep(maildrop, before)
            raise

    def _keep(self, maildrop: Hashable, login: float | None) -> None:
        self._last.pop(maildrop, None)
        if login is not None:
            self._last[maildrop] = login
        if len(self._last) > MOST_MAILDROPS:
            del self._last[next(iter(self._last))]
