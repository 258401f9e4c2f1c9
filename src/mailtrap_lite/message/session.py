"""A session: one SMTP or POP3 conversation as a value to look at and to assert on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.rules import Finding


class Protocol(StrEnum):
    """What was spoken."""

    SMTP = "smtp"
    LMTP = "lmtp"
    POP3 = "pop3"


class Speaker(StrEnum):
    """Who said a line: the letters that the RFCs use in their examples, and `#` for what happened between them."""

    CLIENT = "C"
    SERVER = "S"
    NOTE = "#"


class Ending(StrEnum):
    """How a conversation ended."""

    OPEN = "open"  # it has not
    QUIT = "quit"  # the client said QUIT
    LEFT = "left"  # the client closed, or broke the connection, without QUIT
    IDLE = "idle"  # the client was silent or slow for too long
    REFUSED = "refused"  # we sent it away: too many connections or errors, no SMTP, a failed handshake
    SHUTDOWN = "shutdown"  # the server was stopped
    FAULT = "fault"  # a fault on purpose ended it


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation without its CRLF. `at`: seconds since the session began. Secrets read `***`.

    fault: a fault on purpose made it, and the server would have said something else. It follows a note that names the
    fault.
    """

    speaker: Speaker
    at: float
    text: str
    fault: bool = False

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text}"

    @property
    def refuses(self) -> bool:
        """Whether it is a reply that refuses something: 4yz and 5yz, or -ERR."""
        return self.speaker is Speaker.SERVER and (self.text[:1] in ("4", "5") or self.text.startswith("-ERR"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and what was answered to it.

    The greeting's command is "", and that of a mail is what was noted of it, as "24 octets of data".

    at: seconds since the session began. took: seconds from the command to the last line of its reply.
    fault: a fault on purpose made a reply, or kept it away.
    """

    command: str
    replies: tuple[str, ...]
    at: float
    took: float
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation, ended or still going on.

    started and ended: seconds since the epoch; ended is None while it goes on. ending: how it ended.
    lines: the first and the last ones, bounded; `omitted` counts those left out between them, before lines[gap].
    user: who logged in, or None. messages: ids of the messages it delivered (SMTP) or retrieved (POP3), in order; what
    was retrieved counts once, and only when it was sent whole.
    lint: what a strict receiver would object to on the wire, and why a strict server refused a mail of it.
    said: each command word and how many times it came; see `count`. These count all lines, also those left out.
    retrieved: the message numbers of each RETR that was granted, in order; one that came twice is here twice.
    deleted: the message numbers that a POP3 QUIT deleted, in the order of their DELE; without QUIT nothing is deleted,
    nor is what another session or the inspector had taken away before.
    downloads: the UIDL of each message that was sent whole, by RETR or by a TOP of all its lines, in order; one that
    was sent twice is here twice.
    tls: the TLS version as "TLSv1.3", or None; cipher: its cipher suite. octets_in and octets_out: what the client and
    the server sent, without TLS. pipelined: the client sent a command before it had the reply to the one before.
    """

    id: str
    protocol: Protocol
    client: str
    started: float
    ended: float | None
    lines: tuple[Line, ...]
    omitted: int = 0
    gap: int = 0
    user: str | None = None
    messages: tuple[int, ...] = ()
    said: tuple[tuple[str, int], ...] = ()
    retrieved: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    downloads: tuple[str, ...] = ()
    tls: str | None = None
    cipher: str | None = None
    octets_in: int = 0
    octets_out: int = 0
    pipelined: bool = False
    ending: Ending = Ending.OPEN
    lint: tuple[Finding, ...] = ()

    @property
    def delivered(self) -> bool:
        """Whether any message was delivered or retrieved."""
        return bool(self.messages)

    @property
    def duration(self) -> float | None:
        """How long it took, in seconds; None while it goes on."""
        return None if self.ended is None else self.ended - self.started

    @property
    def downloaded_once(self) -> bool:
        """Whether something was downloaded over POP3, and no UIDL twice; which they are is in `downloads`."""
        return bool(self.downloads) and len(set(self.downloads)) == len(self.downloads)

    def count(self, command: str) -> int:
        """Return how many times the client said a command, as "RETR" or "MAIL", whatever was answered."""
        return dict(self.said).get(command.upper(), 0)

    @property
    def commands(self) -> tuple[str, ...]:
        """What the client said, a line each, without the mail itself."""
        return tuple(line.text for line in self.lines if line.speaker is Speaker.CLIENT)

    @property
    def replies(self) -> tuple[str, ...]:
        """What the server said, a line each."""
        return tuple(line.text for line in self.lines if line.speaker is Speaker.SERVER)

    @property
    def errors(self) -> tuple[str, ...]:
        """The replies that refuse something; of one with several lines the last (RFC 5321 section 4.2.1)."""
        return tuple(line.text for line in self.lines if line.refuses and line.text[3:4] != "-")

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Each command with its replies, in order."""
        found: list[Exchange] = []
        command, at, replies, last, fault = "", 0.0, list[str](), 0.0, False
        for line in self.lines:
            fault = fault or line.fault
            if line.speaker is Speaker.SERVER:
                replies.append(line.text)
                last = line.at
                continue
            if line.fault:  # says why the command before it is answered so, or not at all
                continue
            if replies or command:
                found.append(Exchange(command, tuple(replies), at, max(0.0, last - at), fault))
            command, at, replies, last, fault = line.text, line.at, [], line.at, False
        if replies or command:
            found.append(Exchange(command, tuple(replies), at, max(0.0, last - at), fault))
        return tuple(found)

    @property
    def transcript(self) -> str:
        """The conversation as text, one `C: …`, `S: …` or `#: …` a line."""
        lines = [str(line) for line in self.lines]
        if self.omitted:
            lines.insert(self.gap, f"({self.omitted} more lines)")
        return "\n".join(lines)


def readable(line: bytes) -> str:
    """Return a protocol line as text in which no control character is left (they read `\\x1b`)."""
    text = line.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
