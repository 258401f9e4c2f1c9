"""Messages together: the list, the read mark, deletion."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Limit, Served, Start
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.messages import MessagesSummaryJson, listing

routes = Routes("messages", "Messages together: list, mark, delete.")

Ids = Annotated[list[str], "ids of messages; unknown ones are ignored", facts(example=["7", "8"])]


class DeleteJson(TypedDict):
    """Which messages; without `IDs`, or with none, every message."""

    IDs: NotRequired[Ids]


class ReadStatusJson(TypedDict):
    """Which messages are to be read or unread; without `IDs`, or with none, every message."""

    IDs: NotRequired[Ids]
    Read: NotRequired[Annotated[bool, "true for read; unread without it"]]


@routes.get("/api/v1/messages")
def list_messages(served: Served, start: Start = 0, limit: Limit = 50) -> MessagesSummaryJson:
    """List messages, newest first.

    No list in the answer is null.
    """
    sandbox = served.sandbox
    return listing(sandbox.summaries(start=start, limit=limit), sandbox.counts(), start=start)


@routes.put("/api/v1/messages")
def set_read_status(served: Served, body: ReadStatusJson) -> Literal["ok"]:
    """Mark messages as read or unread."""
    ids = body.get("IDs")
    served.sandbox.mark_read(asked.known_ids(ids) if ids else None, read=body.get("Read", False))
    return "ok"


@routes.delete("/api/v1/messages")
def delete_messages(served: Served, body: DeleteJson) -> Literal["ok"]:
    """Delete messages, or every message.

    A body that cannot be meant deletes nothing: ids that nobody has are not every message, nor is a misspelt `Ids`.
    """
    if ids := body.get("IDs"):
        served.sandbox.delete(asked.known_ids(ids))
    else:
        served.sandbox.clear()
    return "ok"
