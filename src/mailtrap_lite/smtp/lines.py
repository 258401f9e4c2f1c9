"""Command lines, or runs of octets, out of what a client sent, with bounded memory. Knows no command and no reply."""

from __future__ import annotations

# RFC 4954 section 4: an AUTH command, and each answer to a challenge, may have 12,288 octets with its CRLF.
AUTH_LINE = 12_288


class Overlong(Exception):
    """A line was longer than the limit; it was drained and its text is gone."""


class LineBuffer:
    """Keeps what was fed until it is asked for; the caller looks at `pending` and stops reading from the client."""

    def __init__(self) -> None:
        self._data = b""
        self._start = 0
        self._draining = False

    @property
    def pending(self) -> int:
        """How many octets wait to be asked for."""
        return len(self._data) - self._start

    def feed(self, data: bytes) -> None:
        """Take octets in."""
        self._data = data if self._start == len(self._data) else self._data[self._start :] + data
        self._start = 0

    def take(self) -> bytes:
        """Return everything that waits."""
        data = self._data[self._start :] if self._start else self._data
        self._data = b""
        self._start = 0
        return data

    def line(self, limit: int) -> bytes | None:
        """Return the next line without its line end, or None when it is not complete yet.

        A line ends with CRLF, or with a bare LF, as people who type do.
        limit: octets with the line end; an AUTH command may always have AUTH_LINE.
        Raises Overlong once the end of a longer line was seen; until then its octets are dropped.
        """
        start = self._start
        end = self._data.find(b"\n", start) + 1
        if not end:
            if self._draining or len(self._data) - start > self._limit(limit):
                self._draining = True
                self._data = b""
                self._start = 0
            return None
        self._start = end
        if self._draining or (end - start > limit and end - start > self._limit(limit, start)):
            self._draining = False
            raise Overlong
        return self._data[start : end - 2] if self._data[end - 2 : end] == b"\r\n" else self._data[start : end - 1]

    def _limit(self, limit: int, start: int | None = None) -> int:
        start = self._start if start is None else start
        return max(limit, AUTH_LINE) if self._data[start : start + 5].upper() == b"AUTH " else limit
