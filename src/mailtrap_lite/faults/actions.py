"""What a fault does instead of what a door would do, as values; an SMTP reply is `mailtrap_lite.Reply`.

`str` of each is how it is written on the command line and in the API; grammar.py reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from mailtrap_lite.errors import Reply


@dataclass(frozen=True, slots=True)
class Err:
    """A POP3 refusal: `-ERR [code] text`. code: as "IN-USE" (RFC 2449, RFC 3206), "" for none."""

    text: str
    code: str = ""

    def __str__(self) -> str:
        return f"-ERR [{self.code}] {self.text}" if self.code else f"-ERR {self.text}"


@dataclass(frozen=True, slots=True)
class Delay:
    """Do what is right, so many seconds later."""

    seconds: float

    def __str__(self) -> str:
        return f"delay {self.seconds:g}"


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing any more, and keep the connection; it ends when the client gives up, or was idle for too long."""

    def __str__(self) -> str:
        return "stall"


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without a word (FIN)."""

    def __str__(self) -> str:
        return "drop"


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection (RST)."""

    def __str__(self) -> str:
        return "reset"


@dataclass(frozen=True, slots=True)
class DropAfter:
    """Do what is right, and close the connection after so many octets of it.

    At DATA these are octets of the mail that comes in, at RETR and TOP of the message behind +OK, else of the reply.
    """

    octets: int

    def __str__(self) -> str:
        return f"drop-after {self.octets}"


@dataclass(frozen=True, slots=True)
class AcceptThenDrop:
    """Store the mail, and close the connection before the 250: a client that tries again sends it twice."""

    def __str__(self) -> str:
        return "accept-then-drop"


@dataclass(frozen=True, slots=True)
class Drip:
    """Do what is right, and send so many octets of the answer in a second."""

    rate: float

    def __str__(self) -> str:
        return f"drip {self.rate:g}"


class Flaw(StrEnum):
    """What is wrong with a certificate."""

    EXPIRED = "expired"
    WRONG_NAME = "wrong-name"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class BadCertificate:
    """Shake hands with a certificate that a client has to refuse."""

    flaw: Flaw

    def __str__(self) -> str:
        return f"certificate {self.flaw}"


@dataclass(frozen=True, slots=True)
class FailHandshake:
    """Refuse the handshake with an alert of TLS."""

    def __str__(self) -> str:
        return "fail-handshake"


@dataclass(frozen=True, slots=True)
class Hide:
    """Leave capabilities and mechanisms out, and take them no more in this session until it is asked again."""

    capabilities: tuple[str, ...]

    def __str__(self) -> str:
        return f"hide {','.join(self.capabilities)}"


@dataclass(frozen=True, slots=True)
class ChangeUidl:
    """Say other unique-ids, as after a move to another server: the same mark gives the same ones."""

    mark: str = "changed"

    def __str__(self) -> str:
        return f"change-uidl {self.mark}"


Action: TypeAlias = (
    Reply
    | Err
    | Delay
    | Stall
    | Drop
    | Reset
    | DropAfter
    | AcceptThenDrop
    | Drip
    | BadCertificate
    | FailHandshake
    | Hide
    | ChangeUidl
)
# How each is written, in the order of the documents.
SPELLINGS: Final[dict[type[Action], str]] = {
    Reply: "CODE [ENHANCED] TEXT",
    Err: "-ERR [[CODE]] TEXT",
    Delay: "delay SECONDS",
    Stall: "stall",
    Drop: "drop",
    Reset: "reset",
    DropAfter: "drop-after OCTETS",
    AcceptThenDrop: "accept-then-drop",
    Drip: "drip OCTETS_PER_SECOND",
    BadCertificate: "certificate expired|wrong-name|untrusted",
    FailHandshake: "fail-handshake",
    Hide: "hide NAME,NAME",
    ChangeUidl: "change-uidl [MARK]",
}
