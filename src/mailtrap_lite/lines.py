"""Command lines, or runs of octets, out of what a client sent, with bounded memory: the one reader of all doors.

Knows no command and no reply, but that an AUTH of SMTP may be longer than others.
"""

from __future__ import annotations

# RFC 4954 section 4: an AUTH command, and each answer to a challenge, may have 12,288 octets with its CRLF.
AUTH_LINE = 12_288


class Overlong(Exception):
    """A line was longer than the limit; it was drained and its text is gone."""


class LineReader:
    """Keeps what was fed until it is asked for; the caller looks at `pending` and stops reading from the client.

    long_auth: a line that begins with AUTH may have AUTH_LINE octets, whatever the limit (RFC 4954; not in RFC 5034).
    bare_lf: whether any line so far ended with LF alone.
    """

    def __init__(self, *, long_auth: bool = False) -> None:
        self._data = b""
        self._start = 0
        self._draining = False
        self._long_auth = long_auth
        self.bare_lf = False

    @property
    def pending(self) -> int:
        """How many octets wait to be asked for."""
        return len(self._data) - self._start

    def feed(self, data: bytes) -> None:
        """Take octets in."""
        if self._draining and b"\n" not in data:
            return
        self._data = data if self._start == len(self._data) else self._data[self._start :] + data
        self._start = 0

    def take(self) -> bytes:
        """Return everything that waits."""
        data = self._data[self._start :] if self._start else self._data
        self.clear()
        return data

    def clear(self) -> None:
        """Forget what waits, also the line that is being drained."""
        self._data = b""
        self._start = 0
        self._draining = False

    def line(self, limit: int) -> bytes | None:
        """Return the next line without its line end, or None when it is not complete yet.

        A line ends with CRLF, or with a bare LF, as people who type do. limit: octets with the line end.
        Raises Overlong once the end of a longer line was seen; until then its octets are dropped.
        """
        start = self._start
        end = self._data.find(b"\n", start) + 1
        if not end:
            if self._draining or self.pending >= self._limit(limit):
                self.clear()
                self._draining = True
            return None
        self._start = end
        if self._draining or (end - start > limit and end - start > self._limit(limit, start)):
            self._draining = False
            raise Overlong
        if self._data[end - 2 : end] == b"\r\n":
            return self._data[start : end - 2]
        self.bare_lf = True
        return self._data[start : end - 1]

    def _limit(self, limit: int, start: int | None = None) -> int:
        start = self._start if start is None else start
        auth = self._long_auth and self._data[start : start + 5].upper() == b"AUTH "
        return max(limit, AUTH_LINE) if auth else limit
