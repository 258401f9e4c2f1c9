"""Lines, or runs of octets, out of what a client of SMTP or POP3 sent, with bounded memory. Knows no reply."""

from __future__ import annotations

# RFC 4954 section 4 and RFC 5034 section 4: an answer to a challenge may have 12,288 octets, with its CRLF;
# so may an AUTH command of SMTP, while that of POP3 is a line like others.
AUTH_LINE = 12_288

_AUTH = b"AUTH "


class Overlong(Exception):
    """A line was longer than the limit; it was drained and its text is gone."""


class LineReader:
    """Keeps what was fed until it is asked for; the caller looks at `pending` and stops reading from the client.

    auth: octets that a line which begins with AUTH may have at least.
    bare_lf: whether a line was returned that ended in LF without CR; it stays so until the caller says False.
    """

    def __init__(self, *, auth: int = 0) -> None:
        self.bare_lf = False
        self._auth = auth
        self._data = b""
        self._start = 0
        self._draining = False

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
        self._data = b""
        self._start = 0
        return data

    def clear(self) -> bytes:
        """Return everything that waits, and forget that a line was too long."""
        self._draining = False
        return self.take()

    def line(self, limit: int) -> bytes | None:
        """Return the next line without its line end, or None when it is not complete yet.

        A line ends with CRLF, or with a bare LF, as people who type do. limit: octets with the line end.
        Raises Overlong once the end of a longer line was seen; until then its octets are dropped.
        """
        data, start = self._data, self._start
        end = data.find(b"\n", start) + 1
        if not end:
            # What has as many octets as the limit will have more with its line end.
            if self._draining or (len(data) - start >= limit and len(data) - start >= self._longest(limit)):
                self._draining = True
                self.take()
            return None
        self._start = end
        if self._draining or (end - start > limit and end - start > self._longest(limit, start)):
            self._draining = False
            raise Overlong
        if data[end - 2 : end] == b"\r\n":
            return data[start : end - 2]
        self.bare_lf = True
        return data[start : end - 1]

    def _longest(self, limit: int, start: int | None = None) -> int:
        """Return what the line that begins at `start` may have, or the incomplete one at the end of what waits."""
        at = self._start if start is None else start
        begin = self._data[at : at + len(_AUTH)].upper()
        # An incomplete line may have less than the word; one that is complete then ends with LF, which is not in it.
        return max(limit, self._auth) if _AUTH.startswith(begin) else limit
