"""What the reply of the next server means for a mail: it is sent, tried again, or given up (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailtrap_lite.message.queued import QueueState

_ENHANCED: Final = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?= |$)")


class Stage(StrEnum):
    """At what of a conversation a reply came."""

    CONNECT = "connect"  # the connection and its greeting
    HELLO = "EHLO"
    TLS = "STARTTLS"
    LOGIN = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "end of data"


_LOGIN_WANTED: Final = frozenset({530, 534, 535, 538})  # RFC 4954 section 6: of our settings, wherever it is said
# What fails before the mail is talked about says nothing of the mail: it may be the server, its certificate or our
# password, and those can be put right while the mail waits.
_NOT_OF_THE_MAIL: Final = frozenset({Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN})


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, or what stands for one. code: 0 if there was none. ambiguous: the mail may have been taken all the same.

    stage: at what it came. ours: no server said it.
    """

    code: int
    text: str
    stage: Stage
    ambiguous: bool = False
    ours: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code else self.text

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463), or the most general one of its kind."""
        if found := _ENHANCED.match(self.text):
            return found[1]
        return f"{5 if self.verdict is QueueState.FAILED else 2 if self.verdict is QueueState.SENT else 4}.0.0"

    @property
    def verdict(self) -> QueueState:
        """SENT, FAILED, or WAITING for another try."""
        if not self.ours and (self.stage in _NOT_OF_THE_MAIL or self.code in _LOGIN_WANTED):
            return QueueState.WAITING
        if self.stage is Stage.RCPT and self.code == 552:  # too many recipients (RFC 5321 section 4.5.3.1.10)
            return QueueState.WAITING
        match self.code // 100:
            case 2 if self.stage is Stage.END:
                return QueueState.SENT
            case 5:
                return QueueState.FAILED
        return QueueState.WAITING


def refused_here(status: str, text: str, *, code: int = 550) -> Said:
    """Return what stands for a reply where we do not even try, for good."""
    return Said(code, f"{status} {text}", Stage.MAIL, ours=True)
