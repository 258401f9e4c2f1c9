"""A session: one SMTP or POP3 conversation as a value to look at and to assert on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum


class Protocol(StrEnum):
    """What was spoken."""

    SMTP = "smtp"
    POP3 = "pop3"


class Speaker(StrEnum):
    """Who said a line; the letters that the RFCs use in their examples."""

    CLIENT = "C"
    SERVER = "S"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation without its CRLF. `at`: seconds since the session began. Secrets read `***`."""

    speaker: Speaker
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text}"


@dataclass(frozen=True, slots=True)
class Session:
    """One ended conversation.

    started and ended: seconds since the epoch. lines: the first ones, bounded; `omitted` counts those left out.
    user: who logged in, or None. messages: ids of the messages it delivered (SMTP) or retrieved (POP3), in order.
    """

    id: str
    protocol: Protocol
    client: str
    started: float
    ended: float
    lines: tuple[Line, ...]
    omitted: int = 0
    user: str | None = None
    messages: tuple[int, ...] = ()

    @property
    def transcript(self) -> str:
        """The conversation as text, one `C: …` or `S: …` a line."""
        text = "\n".join(str(line) for line in self.lines)
        return f"{text}\n({self.omitted} more lines)" if self.omitted else text


class Recorder:
    """Writes a conversation down while it goes on. One owner, no thread of its own.

    Bounded: at most `most_lines` lines of `most_text` characters; the rest is counted.
    """

    def __init__(
        self,
        session: str,
        protocol: Protocol,
        *,
        client: str,
        started: float,
        most_lines: int = 500,
        most_text: int = 200,
    ) -> None:
        self.id = session
        self.protocol = protocol
        self.client = client
        self.started = started
        self.user: str | None = None
        self.messages: list[int] = []
        self._lines: list[tuple[Speaker, float, bytes]] = []
        self._omitted = 0
        self._most_lines = most_lines
        self._most_text = most_text

    def note(self, speaker: Speaker, text: bytes, now: float) -> None:
        """Write down one line; `now` is in seconds since the epoch. Secrets must be gone already."""
        if len(self._lines) >= self._most_lines:
            self._omitted += 1
            return
        self._lines.append((speaker, now - self.started, text[: self._most_text]))

    def end(self, now: float) -> Session:
        """Return the conversation as a value."""
        return Session(
            id=self.id,
            protocol=self.protocol,
            client=self.client,
            started=self.started,
            ended=now,
            # Most lines are those of every session: kept once while somebody keeps them.
            lines=tuple(Line(who, at, sys.intern(readable(text))) for who, at, text in self._lines),
            omitted=self._omitted,
            user=self.user,
            messages=tuple(self.messages),
        )


def readable(line: bytes) -> str:
    """Return a protocol line as text in which no control character is left (they read `\\x1b`)."""
    text = line.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
