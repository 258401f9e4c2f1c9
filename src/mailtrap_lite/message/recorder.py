"""The recorder: writes a conversation down while it goes on, within bounds. Knows no socket and no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

from mailtrap_lite.message.rules import Finding
from mailtrap_lite.message.session import Ending, Line, Protocol, Session, Speaker, readable
from mailtrap_lite.message.tally import Tally

MOST_LINES = 500
MOST_TEXT = 200
MOST_MESSAGES = 10_000  # the newest
MOST_FINDINGS = 100

_Noted: TypeAlias = tuple[Speaker, float, bytes, bool]


class Recorder:
    """One conversation. One thread writes; `session` may be asked for from any.

    Bounded: of each line `most_text` octets; of the lines the first two fifths of `most_lines` and the last ones,
    since both how a conversation began and how it ended explain it. The others are counted.
    """

    __slots__ = (
        *(
            "_first",
            "_last",
            "_most_first",
            "_most_last",
            "_most_text",
            "_noted",
            "cipher",
            "client",
            "ended",
            "ending",
        ),
        *("findings", "id", "messages", "octets_in", "octets_out", "pipelined", "protocol", "started", "tls", "user"),
        *("_tally", "weight"),
    )

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
        self.findings: list[Finding] = []
        self.weight = 0  # lines kept, or what costs as much, once it has ended
        self._most_text = most_text
        self._most_first = most_lines * 2 // 5
        self._first: list[_Noted] = []
        self._most_last = most_lines - self._most_first
        self._last: deque[_Noted] | None = None  # made when it is needed, as most conversations are short
        self._noted = 0
        # Of SMTP it can be counted from the lines; of POP3 also what they leave out matters.
        self._tally = Tally() if protocol is Protocol.POP3 else None

    def note(self, speaker: Speaker, text: bytes, now: float, *, fault: bool = False) -> None:
        """Write down one line; `now` is in seconds since the epoch. Secrets must be gone already.

        fault: it came of a fault on purpose.
        """
        self._noted += 1
        noted = (speaker, now, text[: self._most_text], fault)
        if len(self._first) < self._most_first:
            self._first.append(noted)
        else:
            if self._last is None:
                self._last = deque(maxlen=self._most_last)
            self._last.append(noted)
        if self._tally is not None:
            self._tally.noted(speaker, text)

    def note_message(self, message: int) -> None:
        """A message was delivered, or retrieved; the newest are kept. Any thread."""
        self.messages.append(message)
        if len(self.messages) > 2 * MOST_MESSAGES:
            del self.messages[:MOST_MESSAGES]

    def note_deleted(self, numbers: Iterable[int]) -> None:
        """These message numbers were deleted over POP3."""
        if self._tally is not None:
            self._tally.note_deleted(numbers)

    def note_download(self, uid: str) -> None:
        """The message of this UIDL was sent whole over POP3, for the first time or again."""
        if self._tally is not None:
            self._tally.note_download(uid)

    def note_findings(self, findings: Iterable[Finding]) -> None:
        """Lint found these, on the wire or in a mail that was refused; each is kept once."""
        for finding in findings:
            if len(self.findings) < MOST_FINDINGS and finding not in self.findings:
                self.findings.append(finding)

    def end(self, now: float, ending: Ending) -> None:
        """The conversation is over. Only the first call counts."""
        if self.ended is None:
            self.ended = now
            self.ending = ending
            self.weight = len(self._first) + len(self._last or ()) + (self._tally.weight if self._tally else 0)

    def session(self) -> Session:
        """Return the conversation so far as a value."""
        first, last = tuple(self._first), tuple(self._last.copy()) if self._last else ()
        tally = self._tally or _counted(first + last)
        texts: dict[bytes, str] = {}  # most lines come again and again
        return Session(
            id=self.id,
            protocol=self.protocol,
            client=self.client,
            started=self.started,
            ended=self.ended,
            lines=tuple(
                Line(who, max(0.0, at - self.started), texts.get(text) or texts.setdefault(text, readable(text)), fault)
                for who, at, text, fault in first + last
            ),
            omitted=max(0, self._noted - len(first) - len(last)),
            gap=len(first),
            user=self.user,
            messages=tuple(self.messages[-MOST_MESSAGES:]),
            lint=tuple(self.findings),
            said=tuple(tally.commands.copy().items()),
            retrieved=tuple(tally.retrieved),
            deleted=tuple(tally.deleted),
            downloads=tuple(tally.downloads),
            tls=self.tls,
            cipher=self.cipher,
            octets_in=self.octets_in,
            octets_out=self.octets_out,
            pipelined=self.pipelined,
            ending=self.ending,
        )


def _counted(lines: Iterable[_Noted]) -> Tally:
    tally = Tally()
    for speaker, _, text, _ in lines:
        tally.noted(speaker, text)
    return tally
