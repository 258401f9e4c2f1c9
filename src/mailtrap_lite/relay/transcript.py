"""What was said on a connection, as lines to look at: without secrets, without the mail, and never too many."""

from __future__ import annotations

from mailtrap_lite.terminal import escaped

_MOST = 120  # lines of one attempt: the first and the last are kept
_LONGEST = 500  # characters of a line


class Transcript:
    """The lines since they were last taken. `> ` is what we said, `< ` what the server did, and `* ` what happened."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def sent(self, line: str) -> None:
        """Note a command."""
        self._lines.append(f"> {line}")

    def heard(self, code: int, text: str) -> None:
        """Note a reply, of several lines perhaps."""
        for line in text.split("\n"):
            self._lines.append(f"< {code} {line}".rstrip())

    def happened(self, what: str) -> None:
        """Note what is no line of the dialogue."""
        self._lines.append(f"* {what}")

    def take(self) -> tuple[str, ...]:
        """Return the lines, and begin anew."""
        lines, self._lines = [escaped(line)[:_LONGEST] for line in self._lines], []
        if len(lines) <= _MOST:
            return tuple(lines)
        half = _MOST // 2
        return (*lines[:half], f"* ({len(lines) - 2 * half} lines are left out)", *lines[-half:])
