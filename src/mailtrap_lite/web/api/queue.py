"""The queue: what waits and why, what was tried, and what can be done about it."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from werkzeug.exceptions import BadRequest

from mailtrap_lite.errors import NoSuchEntry
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import MOST, Limit, Served
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes import queue as shapes
from mailtrap_lite.web.shapes.queue import QueueEntryWholeJson, QueueJson

routes = Routes("queue", "Mail on its way out: an entry for each recipient of a message.")


class ChosenJson(TypedDict):
    """Which entries: IDs, or All of them. What is in a state that it cannot be done to, or gone, is left alone."""

    IDs: NotRequired[Annotated[list[str], "ids of entries", facts(example=["1"])]]
    All: NotRequired[Annotated[bool, "the whole queue"]]


class DoneJson(TypedDict):
    """To how many entries it was done."""

    Count: int


@routes.get("/api/v1/queue")
def list_queue(
    served: Served,
    state: Annotated[
        Literal["", "unfinished", "waiting", "in flight", "paused", "sent", "failed", "cancelled"],
        "only those in this state; unfinished is what may still be sent",
    ] = "",
    message: Annotated[str, "only those of the message of this id"] = "",
    after: Annotated[str, "only those behind the entry of this id", facts(example="0")] = "0",
    limit: Limit = 50,
) -> QueueJson:
    """List mail on its way out, oldest first."""
    behind = asked.cursor(after)
    of = asked.message_id(message)
    if behind is None or (message and of is None):
        raise BadRequest(f"{'after' if behind is None else 'message'}: this is no id")
    queue = served.sandbox.queue
    found = queue.entries(*states_of(state), message=of, after=behind, limit=limit + 1)
    return {
        "Paused": queue.paused,
        "Counts": shapes.counts(queue.counts()),
        "More": len(found) > limit,
        "Entries": [shapes.entry(each) for each in found[:limit]],
    }


@routes.get("/api/v1/queue/<int:entry>", refuses={404: "No entry has that id, or its message was deleted."})
def show_queue_entry(
    served: Served, entry: Annotated[int, "the id of an entry", facts(minimum=0, maximum=MOST)]
) -> QueueEntryWholeJson:
    """Show an entry with the transcript of each attempt."""
    if not 0 < entry <= MOST:
        raise NoSuchEntry("that is not the id of an entry of the queue")
    return shapes.entry_whole(served.sandbox.queue.entry(entry), served.sandbox.queue.attempts(entry))


@routes.post("/api/v1/queue/retry")
def retry_queue(served: Served, body: ChosenJson) -> DoneJson:
    """Try entries now.

    Of IDs also those that were given up; All are those that wait.
    """
    return {"Count": served.sandbox.queue.retry_now(*_chosen(body))}


@routes.post("/api/v1/queue/cancel")
def cancel_queue(served: Served, body: ChosenJson) -> DoneJson:
    """Give entries up, without a report to anybody."""
    return {"Count": served.sandbox.queue.cancel(*_chosen(body))}


@routes.post("/api/v1/queue/pause")
def pause_queue(served: Served, body: ChosenJson) -> DoneJson:
    """Hold entries, or the whole queue with all that comes into it, until they are resumed.

    A pause of the whole queue is there after a restart too.
    """
    return {"Count": served.sandbox.queue.pause(*_chosen(body))}


@routes.post("/api/v1/queue/resume")
def resume_queue(served: Served, body: ChosenJson) -> DoneJson:
    """Let entries that are paused go on, or the whole queue with all of them."""
    return {"Count": served.sandbox.queue.resume(*_chosen(body))}


def states_of(word: str) -> tuple[QueueState, ...]:
    """Return the states that a word stands for; none for "", which is any."""
    if word == "unfinished":
        return tuple(state for state in QueueState if state.unfinished)
    return (QueueState(word),) if word else ()


def _chosen(body: ChosenJson) -> tuple[int, ...]:
    """Return the ids; none for the whole queue. Raises BadRequest unless one of the two is said."""
    if body.get("All") is True and "IDs" not in body:
        return ()
    ids = asked.known_ids(body.get("IDs", []))
    if body.get("All") or not body.get("IDs"):
        raise BadRequest("body: say which entries, as IDs, or All: true for the whole queue")
    return ids or (0,)  # no entry has that id, so nothing is done; without an id it would be the whole queue
