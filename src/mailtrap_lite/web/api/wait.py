"""Wait: a request that is answered when its mail comes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from flask import Response, jsonify

from mailtrap_lite.errors import NoMailArrived, NoSuchMessage
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.reports import NOTHING_AT_ALL
from mailtrap_lite.search import Query
from mailtrap_lite.web.api.declared import JSON, Routes, with_status
from mailtrap_lite.web.api.served import MOST, Asked, Served, Zone, query_of
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.messages import summary
from mailtrap_lite.web.shapes.waiting import NothingCameJson, WaitedJson

routes = Routes("wait", "A request that is answered when its mail comes.")

LONGEST = 60  # seconds
MOST_SHOWN = 20


@routes.get(
    "/api/v1/wait",
    kinds=(JSON,),
    gives=WaitedJson,
    also={408: ("Nothing that matches came in time; what did come is told.", NothingCameJson)},
    refuses={503: "Too many requests wait; try again after the seconds of Retry-After."},
)
def wait_for_message(
    served: Served,
    query: Asked = "",
    after: Annotated[
        int, "only messages after this id, the cursor of an earlier answer", facts(minimum=0, maximum=MOST)
    ] = 0,
    timeout: Annotated[float, "seconds, at most 60", facts(minimum=0, maximum=LONGEST)] = 10.0,
    tz: Zone = "",
) -> Response:
    """Wait for the first message that matches a query.

    Messages that are here already count, unless they are not after the cursor; the oldest that matches is the answer.
    Each message is looked at once, when it comes: marks and tags that change later do not count.
    """
    wanted = query_of(served, query, tz)
    with served.one_more_waits():
        try:
            found = _first(served.sandbox, wanted, after=after, timeout=timeout)
        except NoMailArrived as err:
            return with_status(_nothing(served.sandbox, str(err), after), HTTPStatus.REQUEST_TIMEOUT)
    return jsonify(found)


def _first(sandbox: Sandbox, query: Query, *, after: int, timeout: float) -> WaitedJson:
    # What is here is looked up as the store does best; only what comes after this moment is looked at one by one.
    newest = sandbox.last_id
    here = sandbox.ids() if query.is_everything else sandbox.ids_of(query)[::-1]
    for number in (number for number in here if after < number <= newest):
        if (found := _told(sandbox, number)) is not None:
            return found
    try:
        message = sandbox.wait_for(query=query, after=max(after, newest), timeout=timeout)
    except NoMailArrived as err:
        before = sum(after < number <= newest for number in sandbox.ids())
        raise NoMailArrived(_with_those_before(str(err), before)) from err
    told = _told(sandbox, message.id)
    if told is None:
        raise NoMailArrived(f"the message {message.id} came, and somebody deleted it at once")
    return told


def _with_those_before(text: str, before: int) -> str:
    """Return the text of a wait, which saw only what came during it, so that it agrees with the list beside it."""
    if not before:
        return text
    many = "1 that was here before does" if before == 1 else f"{before} that were here before do"
    if text.endswith(NOTHING_AT_ALL):
        return f"{text.removesuffix(NOTHING_AT_ALL)}; the {many} not match"
    return f"{text}\n  (the {many} not match)"


def _told(sandbox: Sandbox, message: int) -> WaitedJson | None:
    """Return what is told of a message; None if somebody deleted it meanwhile."""
    try:
        return {"Cursor": message, "Message": summary(sandbox.summary(message))}
    except NoSuchMessage:
        return None


def _nothing(sandbox: Sandbox, text: str, after: int) -> NothingCameJson:
    cursor = sandbox.last_id
    came = sandbox.summaries(after=after, limit=MOST_SHOWN)
    return {"Error": text, "Cursor": cursor, "Messages": [summary(value) for value in came]}
