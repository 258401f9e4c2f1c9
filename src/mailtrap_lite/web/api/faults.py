"""Faults on purpose: which there are, what they did, one more, and none any more.

They change how mail is treated and nothing else, and who reaches the API may delete all mail too: so they need no
setting of their own.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from werkzeug.exceptions import NotFound

from mailtrap_lite.faults import ActiveFault
from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.messages import timestamp

routes = Routes("faults", "What goes wrong on purpose, at a stage of SMTP or POP3.")

Number = Annotated[str, "the ID of a fault", facts(example="1")]
NO_FAULT = {404: "No fault in force has that ID."}
# Of those that happened most lately.
MOST_HITS = 100


class HitJson(TypedDict):
    """One time that it happened."""

    Session: Annotated[str, "the ID of the session"]
    Matched: Annotated[str, "the address, user or client for which"]
    At: Annotated[str, "when", facts(format="date-time")]


class FaultJson(TypedDict):
    """A fault that is in force."""

    ID: str
    Fault: Annotated[str, "in one line; docs/faults.md has its grammar"]
    Stage: Annotated[str, "where it happens", facts(example="RCPT")]
    Action: Annotated[str, "what it does", facts(example="450 4.2.1 mailbox busy")]
    Attempts: Annotated[int, "how often it could have happened"]
    Happened: Annotated[int, "how often it did"]
    Hits: Annotated[list[HitJson], f"the newest {MOST_HITS}, oldest first"]


class FaultsJson(TypedDict):
    """All that are in force, in the order in which they are asked."""

    Faults: list[FaultJson]


class NewFaultJson(TypedDict):
    """One more."""

    Fault: Annotated[str, "in one line", facts(example="RCPT bob@* 450 4.2.1 mailbox busy times=2")]


@routes.get("/api/v1/faults")
def list_faults(served: Served) -> FaultsJson:
    """List the faults that are in force, and what they did."""
    return {"Faults": [_shown(each) for each in served.sandbox.faults]}


@routes.post("/api/v1/faults")
def add_fault(served: Served, body: NewFaultJson) -> FaultJson:
    """Have something go wrong from now on.

    What is impossible is 400, and the answer says what is possible.
    """
    return _shown(served.sandbox.faults.read(body["Fault"]))


@routes.get("/api/v1/faults/<number>", refuses=NO_FAULT)
def show_fault(served: Served, number: Number) -> FaultJson:
    """Show one fault, and what it did."""
    return _shown(_found(served, number))


@routes.delete("/api/v1/faults")
def delete_faults(served: Served) -> FaultsJson:
    """Remove all faults, and show what they did."""
    removed = list(served.sandbox.faults)
    served.sandbox.faults.clear()
    return {"Faults": [_shown(each) for each in removed]}


@routes.delete("/api/v1/faults/<number>", refuses=NO_FAULT)
def delete_fault(served: Served, number: Number) -> FaultJson:
    """Remove one fault, and show what it did."""
    active = _found(served, number)
    active.remove()
    return _shown(active)


def _found(served: Served, number: str) -> ActiveFault:
    known = asked.message_id(number)
    active = None if known is None else served.sandbox.faults.find(known)
    if active is None:
        raise NotFound(f"no fault in force has the ID {number[:60]!a}")
    return active


def _shown(active: ActiveFault) -> FaultJson:
    return {
        "ID": str(active.id),
        "Fault": str(active.fault),
        "Stage": active.fault.stage.value,
        "Action": str(active.action),
        "Attempts": active.attempts,
        "Happened": active.happened,
        "Hits": [
            {"Session": hit.session, "Matched": hit.matched, "At": timestamp(hit.at)}
            for hit in active.hits[-MOST_HITS:]
        ],
    }
