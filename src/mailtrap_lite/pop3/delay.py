"""LOGIN-DELAY (RFC 2449 section 6.5): the least time between logins to a maildrop. Knows no session and no clock."""

from __future__ import annotations

from collections.abc import Callable, Hashable

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

    def check(self, user: str, now: float) -> None:
        """Raise Refused if it is too early for the next login to the maildrop of this user."""
        if not self._seconds:
            return
        last = self._last.get(self._maildrop_of(user))
        # A clock that was set back is no reason to lock somebody out.
        if last is not None and 0 <= now - last < self._seconds:
            raise Refused(f"wait {self._seconds} seconds between logins", "LOGIN-DELAY")

    def logged_in(self, user: str, now: float) -> None:
        """The maildrop of this user was opened."""
        if not self._seconds:
            return
        maildrop = self._maildrop_of(user)
        self._last.pop(maildrop, None)
        self._last[maildrop] = now
        if len(self._last) > MOST_MAILDROPS:
            del self._last[next(iter(self._last))]
