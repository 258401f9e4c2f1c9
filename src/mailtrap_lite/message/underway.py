"""Where a mail is that a session has begun and not finished (RFC 5321 section 3.3), read from its lines. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.session import Exchange, Protocol, Session

_FORGETTING = ("RSET", "EHLO", "HELO", "LHLO", "STARTTLS")


class Stage(StrEnum):
    """How far a mail has come."""

    MAIL = "after MAIL"
    RCPT = "after RCPT"
    DATA = "in DATA"
    CHUNKS = "between two BDAT"
    LAST_CHUNK = "in BDAT LAST"
    STORED = "being stored, without its 250 yet"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A mail that is neither delivered nor given up. since: seconds after the session's start when it began."""

    session: Session
    since: float
    stage: Stage
    commands: tuple[str, ...]

    @property
    def key(self) -> tuple[str, float]:
        """What tells it from any other mail, of the same session too."""
        return self.session.id, self.since


def mail_under_way(session: Session) -> UnderWay | None:
    """Return the mail that an SMTP session is about to deliver; None if there is none."""
    if session.ended is not None or session.protocol is Protocol.POP3:
        return None
    stage: Stage | None = None
    since = 0.0
    said: list[str] = []
    for exchange in session.exchanges:
        before, stage = stage, _after(stage, exchange)
        if stage is None:
            said = []
        elif before is None:
            since, said = exchange.at, [exchange.command]
        elif exchange.command:
            said.append(exchange.command)
    return None if stage is None else UnderWay(session, since, stage, tuple(said))


def _after(stage: Stage | None, exchange: Exchange) -> Stage | None:
    """Return the stage after a command. What was not answered yet counts as granted: it may be."""
    verb = exchange.command.partition(" ")[0].upper()
    answer = exchange.replies[-1][:1] if exchange.replies else ""
    granted = answer in ("", "2", "3")
    match verb:
        case "MAIL" if granted and stage is None:
            return Stage.MAIL
        case "RCPT" if granted:  # MAIL may be among the lines that a long transcript leaves out
            return Stage.RCPT
        case "DATA" if granted and stage is not None:
            return Stage.DATA
        case "BDAT" if stage is not None:
            last = exchange.command.upper().rstrip().endswith(" LAST")
            return Stage.LAST_CHUNK if last else Stage.CHUNKS
        case _ if verb in _FORGETTING and answer == "2":
            return None
        case _ if verb.isdigit() and stage is not None:  # what was noted of its octets
            return _after_octets(stage, exchange, answer)
    return stage


def _after_octets(stage: Stage, exchange: Exchange, answer: str) -> Stage | None:
    if exchange.command.endswith("no end"):
        return None
    if stage is Stage.CHUNKS:
        return stage
    return None if answer else Stage.STORED
