"""What the POP3 dialogue asks its shell to do. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mailtrap_lite.faults import ActiveFault


@dataclass(frozen=True, slots=True)
class Heard:
    """The client said this line. Secrets read `***`; for the transcript only."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send this: a status line and what belongs to it, with every CRLF. fault: a fault on purpose made it."""

    data: bytes
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send the content of message `number`, `wire.transmission(raw, lines)`. lines: None for RETR, a count for TOP."""

    number: int
    raw: bytes
    lines: int | None


@dataclass(frozen=True, slots=True)
class Login:
    """Open a maildrop: credentials were right. Answer: logged_in or failed.

    user: whose credentials they were. acts_as: whose maildrop it is to be, mostly the same (RFC 4616 section 2).
    """

    user: str
    acts_as: str


@dataclass(frozen=True, slots=True)
class StartTls:
    """Read nothing in plain text any more, call `discard`, send the reply, shake hands.

    Answer: secured; if it fails, the connection ends.
    """

    reply: bytes


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get the bytes of message `number`. Answer: fetched or failed."""

    number: int
    lines: int | None


@dataclass(frozen=True, slots=True)
class Expunge:
    """The UPDATE state: remove these messages, which may be none. Answer: expunged or failed."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Send these last words and end the connection. fault: as in Send."""

    data: bytes
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Misbehave:
    """A fault on purpose happens: do what it says to what follows, which is nothing if it ends the connection.

    content: it is about the content of a message, and not about the reply before it.
    """

    fault: ActiveFault
    content: bool = False


Question: TypeAlias = Login | StartTls | Fetch | Expunge
Action: TypeAlias = Heard | Send | Transmit | Question | Close | Misbehave
