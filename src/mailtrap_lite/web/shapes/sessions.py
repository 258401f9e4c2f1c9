"""Conversations over SMTP and POP3. All of it is ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

from mailtrap_lite.message import Session
from mailtrap_lite.web import sessions
from mailtrap_lite.web.shapes.checks import FindingJson, finding
from mailtrap_lite.web.shapes.messages import timestamp


class SessionSummaryJson(TypedDict):
    """A session without what was said. Ended is "" and Duration null while it goes on; times are in seconds."""

    ID: str
    Protocol: str
    Client: Annotated[str, "address and port"]
    Helo: str
    User: str
    TLS: str
    Cipher: str
    Started: str
    Ended: str
    Ending: str
    Duration: float | None
    OctetsIn: int
    OctetsOut: int
    Pipelined: bool
    Delivered: bool
    Messages: Annotated[list[str], "ids of what it delivered or fetched"]
    Refused: Annotated[int, "how many commands were"]


class LineJson(TypedDict):
    """One line of a session. At: seconds since it began."""

    Speaker: str
    At: float
    Text: str
    Fault: Annotated[bool, "whether a fault on purpose made it"]


class ExchangeJson(TypedDict):
    """A command and what was replied. Took: seconds until the last reply."""

    Command: str
    Replies: list[str]
    At: float
    Took: float


class SessionJson(SessionSummaryJson):
    """A session whole. Omitted lines are missing before Lines[Gap]."""

    Retrieved: Annotated[list[int], "message numbers of a POP3 session, in which they begin with 1"]
    Deleted: Annotated[list[int], "the same, of what was deleted"]
    Downloads: Annotated[list[str], "the UIDL of each message that was sent whole, twice if it was sent twice"]
    Said: Annotated[dict[str, int], "how often the client said each command, in lines that are omitted too"]
    Lint: Annotated[list[FindingJson], "what a strict receiver would object to on the wire"]
    Lines: list[LineJson]
    Exchanges: list[ExchangeJson]
    Omitted: int
    Gap: int


class SessionsJson(TypedDict):
    """A page of sessions. total: how many there are of those that were asked for."""

    total: int
    start: int
    sessions: list[SessionSummaryJson]


def session_summary(value: Session) -> SessionSummaryJson:
    """Return the JSON of a session in a list."""
    return {
        "ID": value.id,
        "Protocol": str(value.protocol),
        "Client": value.client,
        "Helo": sessions.helo(value),
        "User": value.user or "",
        "TLS": value.tls or "",
        "Cipher": value.cipher or "",
        "Started": timestamp(value.started),
        "Ended": "" if value.ended is None else timestamp(value.ended),
        "Ending": str(value.ending),
        "Duration": None if value.duration is None else round(value.duration, 6),
        "OctetsIn": value.octets_in,
        "OctetsOut": value.octets_out,
        "Pipelined": value.pipelined,
        "Delivered": value.delivered,
        "Messages": [str(message) for message in value.messages],
        "Refused": len(value.errors),
    }


def session_listing(values: Sequence[Session], *, total: int, start: int) -> SessionsJson:
    """Return the JSON of one page of sessions."""
    return {"total": total, "start": start, "sessions": [session_summary(value) for value in values]}


def session(value: Session) -> SessionJson:
    """Return the JSON of a session whole."""
    return {
        **session_summary(value),
        "Retrieved": list(value.retrieved),
        "Deleted": list(value.deleted),
        "Downloads": list(value.downloads),
        "Said": dict(value.said),
        "Lint": [finding(each) for each in value.lint],
        "Lines": [
            {"Speaker": str(line.speaker), "At": round(line.at, 6), "Text": line.text, "Fault": line.fault}
            for line in value.lines
        ],
        "Exchanges": [
            {
                "Command": each.command,
                "Replies": list(each.replies),
                "At": round(each.at, 6),
                "Took": round(each.took, 6),
            }
            for each in value.exchanges
        ],
        "Omitted": value.omitted,
        "Gap": value.gap,
    }
