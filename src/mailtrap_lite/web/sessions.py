"""Which sessions somebody asks for, and what is worth saying of one.

It knows a request's query; it knows no JSON and no template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailtrap_lite.message import Protocol, Session
from mailtrap_lite.web import asked

_HELLO = re.compile(r"(?:EHLO|HELO|LHLO) +(\S.*)", re.IGNORECASE)
_PROTOCOLS = {str(protocol): protocol for protocol in Protocol}
_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of sessions is to hold; None is all."""

    protocol: Protocol | None = None
    delivered: bool | None = None

    @classmethod
    def of(cls, protocol: str, delivered: str) -> Wanted:
        """Return what these words stand for; "" is all."""
        return cls(_PROTOCOLS.get(protocol), _ANSWERS.get(delivered))

    @classmethod
    def asked(cls) -> Wanted:
        """Return what the query asks for; raises BadRequest."""
        return cls(asked.choice("protocol", _PROTOCOLS), asked.choice("delivered", _ANSWERS))

    def admits(self, session: Session) -> bool:
        """Return whether a session is one of those."""
        right_protocol = self.protocol in {None, session.protocol}
        return right_protocol and self.delivered in {None, session.delivered}

    def query(self, **changes: str | int) -> dict[str, str | int]:
        """Return the query of a link that asks for the same, or for what the changes say."""
        said = {None: "", True: "yes", False: "no"}
        query = {"protocol": self.protocol or "", "delivered": said[self.delivered], **changes}
        return {name: value for name, value in query.items() if value}


def newest_first(sessions: Iterable[Session], wanted: Wanted) -> list[Session]:
    """Return those that are wanted. sessions: in the order in which they began."""
    return [session for session in sessions if wanted.admits(session)][::-1]


def helo(session: Session) -> str:
    """Return the name that the client gave last with EHLO, HELO or LHLO without being refused; "" for none."""
    for exchange in reversed(session.exchanges):
        found = _HELLO.fullmatch(exchange.command)
        answer = exchange.replies[0] if exchange.replies else ""
        if found and not answer.startswith(("4", "5")):
            return found[1].rstrip()
    return ""
