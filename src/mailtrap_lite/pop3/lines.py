"""Command lines out of a stream of octets, with bounded memory. Knows no command."""

from __future__ import annotations

LONGEST = 255  # RFC 2449 section 4: a command is at most 255 octets, with its CRLF


class Overlong:
    """What stands for a line that was too long; its text is gone."""


OVERLONG = Overlong()


class LineReader:
    """Collects octets and gives back lines without their line end, CRLF or bare LF.

    A line of more than `longest` octets with its end is drained, costs no memory, and is OVERLONG.
    What was fed and not asked for yet is kept: the caller looks at `pending` and stops reading from the client.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._buffer = bytearray()
        self._draining = False

    @property
    def pending(self) -> int:
        """How many octets wait to be asked for."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take octets in."""
        if self._draining and b"\n" not in data:
            return
        self._buffer += data

    def line(self) -> bytes | Overlong | None:
        """Return the next line, OVERLONG for one that was too long, or None when it is not complete yet."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if self._draining or len(self._buffer) >= self._longest:
                self._draining = True
                self._buffer.clear()
            return None
        whole = bytes(self._buffer[: min(end + 1, self._longest)])
        del self._buffer[: end + 1]
        if self._draining or end + 1 > self._longest:
            self._draining = False
            return OVERLONG
        return whole[:-2] if whole.endswith(b"\r\n") else whole[:-1]

    def clear(self) -> None:
        """Forget what waits."""
        self._buffer.clear()
        self._draining = False
