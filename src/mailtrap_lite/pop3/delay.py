"""LOGIN-DELAY (RFC 2449 section 6.5): the least time between two logins of one user. Knows no session and no clock."""

from __future__ import annotations

from mailtrap_lite.pop3.snapshot import Refused

# Users whose last login is remembered; the oldest go first.
MOST_USERS = 10_000


class LoginDelay:
    """On the loop, for all POP3 doors of a sandbox. seconds: 0 is none. Times are in seconds since the epoch."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._last: dict[str, float] = {}  # by user, the oldest login first

    def check(self, user: str, now: float) -> None:
        """Raise Refused if it is too early for this user's next login."""
        last = self._last.get(user.casefold())
        # A clock that was set back is no reason to lock somebody out.
        if last is not None and 0 <= now - last < self._seconds:
            raise Refused(f"wait {self._seconds} seconds between logins", "LOGIN-DELAY")

    def logged_in(self, user: str, now: float) -> None:
        """A user has logged in."""
        if not self._seconds:
            return
        name = user.casefold()
        self._last.pop(name, None)
        self._last[name] = now
        if len(self._last) > MOST_USERS:
            del self._last[next(iter(self._last))]
