"""The stages of an SMTP or POP3 session at which a fault can happen, and what is known there. Data only."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mailtrap_lite.errors import BadFault
from mailtrap_lite.message import Protocol

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


class Stage(StrEnum):
    """Named as the RFCs name the commands; in lower case what is none."""

    CONNECT = "connect"
    HANDSHAKE = "handshake"
    BANNER = "banner"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END_OF_DATA = "end-of-data"
    CAPA = "CAPA"
    STLS = "STLS"
    LOGIN = "login"
    STAT = "STAT"
    LIST = "LIST"
    UIDL = "UIDL"
    RETR = "RETR"
    TOP = "TOP"
    DELE = "DELE"
    QUIT = "QUIT"


# What each stage is, for the documents.
MEANING: Final[dict[Stage, str]] = {
    Stage.CONNECT: "a client has connected, and nothing was said yet, not even a handshake",
    Stage.HANDSHAKE: "TLS begins: behind STARTTLS or STLS, or at once with smtps and pop3s",
    Stage.BANNER: "the greeting of the server",
    Stage.EHLO: "EHLO, HELO or LHLO",
    Stage.STARTTLS: "STARTTLS, before its reply",
    Stage.AUTH: "a login with good credentials, before its 235",
    Stage.MAIL: "MAIL FROM, outside of a mail transaction",
    Stage.RCPT: "RCPT TO, inside of one",
    Stage.DATA: "DATA or the first BDAT, and the mail that comes in",
    Stage.END_OF_DATA: "the mail is there and not stored yet; over LMTP once for each recipient",
    Stage.CAPA: "CAPA",
    Stage.STLS: "STLS, before its reply",
    Stage.LOGIN: "PASS, APOP or AUTH with good credentials, before the maildrop is opened",
    Stage.STAT: "STAT",
    Stage.LIST: "LIST",
    Stage.UIDL: "UIDL",
    Stage.RETR: "RETR",
    Stage.TOP: "TOP",
    Stage.DELE: "DELE",
    Stage.QUIT: "QUIT; over POP3 before anything is deleted",
}

_BOTH: Final = (Stage.CONNECT, Stage.HANDSHAKE, Stage.BANNER, Stage.QUIT)
SMTP_STAGES: Final = (
    *(Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA),
    *_BOTH,
)
POP3_STAGES: Final = (*(stage for stage in Stage if stage not in SMTP_STAGES), *_BOTH)

# The conditions that can be looked at in a stage, beside client, session and protocol, which always can.
_NAMED: Final = frozenset({"user"})
_SENT: Final = frozenset({"user", "sender"})
_ADDRESSED: Final = frozenset({"user", "sender", "to"})
KNOWN: Final[dict[Stage, frozenset[str]]] = {
    **dict.fromkeys(Stage, _NAMED),
    **dict.fromkeys((Stage.CONNECT, Stage.HANDSHAKE, Stage.BANNER, Stage.STARTTLS, Stage.STLS), frozenset()),
    Stage.MAIL: _SENT,
    **dict.fromkeys((Stage.RCPT, Stage.DATA, Stage.END_OF_DATA), _ADDRESSED),
}


def protocols_of(stage: Stage) -> tuple[Protocol, ...]:
    """Return which protocols have this stage."""
    smtp = (Protocol.SMTP, Protocol.LMTP) if stage in SMTP_STAGES else ()
    return (*smtp, Protocol.POP3) if stage in POP3_STAGES else smtp


def stage_of(name: str) -> Stage:
    """Return the stage of a name, in upper or lower case, `end of data` with hyphens or spaces; raises BadFault."""
    wanted = "-".join(name.split()).casefold()
    for stage in Stage:
        if stage.casefold() == wanted:
            return stage
    raise BadFault(f"{name[:60]!r} is not a stage; the stages are {', '.join(Stage)}")
