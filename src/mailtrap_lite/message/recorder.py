"""The recorder: writes a conversation down while it goes on, within bounds. Knows no socket and no clock."""

from __future__ import annotations

import sys
from collections import deque
from typing import TypeAlias

from mailtrap_lite.message.session import Ending, Line, Protocol, Session, Speaker, readable
from mailtrap_lite.message.tally import Tally

MOST_LINES = 500
MOST_TEXT = 200

_Noted: TypeAlias = tuple[Speaker, float, bytes]


class Recorder:
    """One conversation. One thread writes; `session` may be asked for from any.

    Bounded: of each line `most_text` octets; of the lines the first two fifths of `most_lines` and the last ones,
    since both how a conversation began and how it ended explain it. The others are counted.
    """

    def __init__(
        self,
        session: str,
        protocol: Protocol,
        *,
        client: str,
        started: float,
        most_lines: int = MOST_LINES,
        most_text: int = MOST_TEXT,
    ) -> None:
        self.id = session
        self.protocol = protocol
        self.client = client
        self.started = started
        self.ended: float | None = None
        self.ending = Ending.OPEN
        self.user: str | None = None
        self.tls: str | None = None
        self.cipher: str | None = None
        self.octets_in = 0
        self.octets_out = 0
        self.pipelined = False
        self.messages: list[int] = []
        self.weight = 0  # lines kept, or what costs as much, once it has ended
        self._most_text = most_text
        self._most_first = most_lines * 2 // 5
        self._first: list[_Noted] = []
        self._last: deque[_Noted] = deque(maxlen=most_lines - self._most_first)
        self._noted = 0
        self._tally = Tally()

    def note(self, speaker: Speaker, text: bytes, now: float) -> None:
        """Write down one line; `now` is in seconds since the epoch. Secrets must be gone already."""
        self._noted += 1
        noted = (speaker, now, text[: self._most_text])
        if len(self._first) < self._most_first:
            self._first.append(noted)
        else:
            self._last.append(noted)
        if speaker is Speaker.CLIENT:
            self._tally.heard(text)
        elif speaker is Speaker.SERVER:
            self._tally.answered(text)

    def end(self, now: float, ending: Ending) -> None:
        """The conversation is over. Only the first call counts."""
        if self.ended is None:
            self.ended = now
            self.ending = ending
            self.weight = len(self._first) + len(self._last) + self._tally.weight

    def session(self) -> Session:
        """Return the conversation so far as a value."""
        first, last = tuple(self._first), tuple(self._last.copy())
        return Session(
            id=self.id,
            protocol=self.protocol,
            client=self.client,
            started=self.started,
            ended=self.ended,
            # Most lines are those of every session: kept once while somebody keeps them.
            lines=tuple(
                Line(who, max(0.0, at - self.started), sys.intern(readable(text))) for who, at, text in first + last
            ),
            omitted=max(0, self._noted - len(first) - len(last)),
            gap=len(first),
            user=self.user,
            messages=tuple(self.messages),
            said=tuple(self._tally.commands.copy().items()),
            retrieved=tuple(self._tally.retrieved),
            deleted=tuple(self._tally.deleted),
            tls=self.tls,
            cipher=self.cipher,
            octets_in=self.octets_in,
            octets_out=self.octets_out,
            pipelined=self.pipelined,
            ending=self.ending,
        )
