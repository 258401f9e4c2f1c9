"""What a client did, counted while its conversation is written down. Knows no socket and keeps no line.

The lines of a long conversation are dropped in the middle; what is counted here is whole all the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from mailtrap_lite.message.session import Speaker

# Bounds against a client that makes words up, and one that retrieves the same message for ever.
MOST_COMMANDS: Final = 64
LONGEST_COMMAND: Final = 16
MOST_RETRIEVED: Final = 100_000
UIDLS_A_LINE: Final = 3

# How many numbers take as much memory as a line.
NUMBERS_A_LINE: Final = 25


class Tally:
    """One conversation. One thread tells it what was said; what it knows may be read from any."""

    def __init__(self) -> None:
        self.commands: dict[str, int] = {}
        self.retrieved = array("Q")
        self.deleted = array("Q")
        self.downloads: list[str] = []
        self._asked = b""

    @property
    def weight(self) -> int:
        """What it costs to keep, in lines."""
        return (len(self.retrieved) + len(self.deleted)) // NUMBERS_A_LINE + len(self.downloads) // UIDLS_A_LINE

    def note_deleted(self, numbers: Iterable[int]) -> None:
        """These were deleted; that a client may mark what is not there any more, the lines do not say."""
        self.deleted = array("Q", numbers)

    def note_download(self, uid: str) -> None:
        """The message of this UIDL was sent whole; that a TOP was so, the lines do not say."""
        if len(self.downloads) < MOST_RETRIEVED:
            self.downloads.append(uid)

    def noted(self, speaker: Speaker, line: bytes) -> None:
        """Somebody said this."""
        if speaker is Speaker.CLIENT:
            self._heard(line)
        elif speaker is Speaker.SERVER:
            self._answered(line)

    def _heard(self, line: bytes) -> None:
        self._asked = line
        # The verb ends at the first space (RFC 1939 section 3, RFC 5321 section 2.4).
        verb = line.partition(b" ")[0]
        if not verb.isalpha() or len(verb) > LONGEST_COMMAND:
            return
        name = verb.decode("ascii").upper()
        if name in self.commands or len(self.commands) < MOST_COMMANDS:
            self.commands[name] = self.commands.get(name, 0) + 1

    def _answered(self, line: bytes) -> None:
        # Only the first line of a reply to RETR is of interest, if it grants the message.
        asked, self._asked = self._asked, b""
        if not asked or not line.startswith(b"+OK"):
            return
        match asked.upper().split():
            case [b"RETR", number] if number.isdigit() and len(self.retrieved) < MOST_RETRIEVED:
                self.retrieved.append(int(number))
