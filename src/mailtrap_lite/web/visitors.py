"""Who may come in: secrets that are shown, sessions that were begun with one, and patience with who guesses.

It knows no HTTP. A session is a signed text and no row anywhere: its key is made from the password, so that it is over
when the password changes, holds over a restart, and counts at each process that has the same password.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from mailtrap_lite.credentials import Credentials

LIFETIME = 7 * 86400  # seconds that a session lasts
DELAY = 1.0  # seconds that a wrong secret costs
MOST_OF_ONE = 10  # attempts of one network at a time
MOST_ATTEMPTS = 50  # of all together; each holds a thread while it waits

_SESSION = re.compile(r"([0-9a-f]{1,12})\.[0-9a-f]{32}\.[0-9a-f]{64}")


class TooManyAttempts(Exception):
    """So many wrong secrets are being waited for that this one is not even looked at."""


class Visitors:
    """Tells who may come in. Any thread. clock: returns seconds since the epoch."""

    NAME: Final = "mailtrap_lite.visitors"

    def __init__(
        self, credentials: Credentials, *, delay: float = DELAY, clock: Callable[[], float] = time.time
    ) -> None:
        self.wants_user = credentials.user is not None
        self._credentials = credentials
        self.patience = Patience(delay)
        self._clock = clock
        self._key = _key(credentials)
        self._ended: dict[str, int] = {}  # sessions that somebody ended before their time, and when that is
        self._ending = threading.Lock()

    @property
    def tag(self) -> str:
        """What tells the cookies of two servers on one machine apart: browsers send them to every port."""
        return self._sign("tag")[:8]

    def fit(self, user: str, password: str, *, address: str) -> bool:
        """Return whether this signs a person in, after a while if it does not; raises TooManyAttempts."""
        return self.patience.attempt(address, lambda: self._credentials.fit(user, password))

    def fit_token(self, token: str, *, address: str) -> bool:
        """Return whether this lets a program in, after a while if it does not; raises TooManyAttempts."""
        return self.patience.attempt(address, lambda: self._credentials.fit_token(token))

    def begin(self) -> str:
        """Return a new session."""
        session = f"{int(self._clock()) + LIFETIME:x}.{secrets.token_hex(16)}"
        return f"{session}.{self._sign(session)}"

    def knows(self, session: str) -> bool:
        """Return whether this is a session that lasts."""
        found = _SESSION.fullmatch(session)
        if not found or session in self._ended or int(found[1], 16) < self._clock():
            return False
        signed, _, signature = session.rpartition(".")
        return hmac.compare_digest(self._sign(signed), signature)

    def end(self, session: str) -> None:
        """Let a session end now."""
        if not self.knows(session):
            return
        with self._ending:
            now = self._clock()
            self._ended = {ended: expiry for ended, expiry in self._ended.items() if expiry >= now}
            self._ended[session] = int(session.partition(".")[0], 16)

    def close(self) -> None:
        """Let nobody wait any more, now and for good."""
        self.patience.close()

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()


def _key(credentials: Credentials) -> bytes:
    # scrypt, so that a stolen session is a slow way to guess the password.
    secret = f"{credentials.user or ''}\0{credentials.secret}".encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=b"mailtrap-lite web session", n=2**14, r=8, p=1, dklen=32)


class Patience:
    """Makes a wrong attempt take its time, without letting those who guess take every thread. Any thread.

    While too many of a network wait, its attempts are not looked at, the right ones included: an answer that came at
    once would be what a guesser wants.
    """

    def __init__(self, delay: float, *, of_one: int = MOST_OF_ONE, most: int = MOST_ATTEMPTS) -> None:
        self._delay = delay
        self._of_one = of_one
        self._most = most
        self._under_way: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._closed = threading.Event()

    @property
    def under_way(self) -> int:
        """How many attempts there are at this moment."""
        return self._under_way.total()

    def attempt(self, address: str, is_right: Callable[[], bool]) -> bool:
        """Return what `is_right` says, and no before a while is over; raises TooManyAttempts."""
        network = _network(address)
        with self._counting:
            if self._under_way[network] >= self._of_one or self._under_way.total() >= self._most:
                raise TooManyAttempts
            self._under_way[network] += 1
        try:
            if is_right():
                return True
            self._closed.wait(self._delay)
            return False
        finally:
            with self._counting:
                self._under_way[network] -= 1
                self._under_way += Counter()  # drops what is 0

    def close(self) -> None:
        """Let nobody wait any more, now and for good."""
        self._closed.set()


def _network(address: str) -> str:
    """Return what one visitor may be taken to own: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
