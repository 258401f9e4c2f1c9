"""Messages together: the list, the read mark, deletion."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Literal, NotRequired, TypedDict

from werkzeug.exceptions import BadRequest

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.message import Message
from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import MOST, Behind, Limit, Served, SortBy, Start, Zone, next_of, order_of, query_of
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.message import EnvelopesJson, envelopes
from mailtrap_lite.web.shapes.messages import MessagesSummaryJson, listing

routes = Routes("messages", "Messages together: list, mark, delete.")

Ids = Annotated[list[str], "ids of messages; unknown ones are ignored", facts(example=["7", "8"])]


class DeleteJson(TypedDict):
    """Which messages; without `IDs`, or with none, every message."""

    IDs: NotRequired[Ids]


class ReadStatusJson(TypedDict):
    """Which messages are to be read or unread; without `IDs` and without `Search`, every message."""

    IDs: NotRequired[Ids]
    Read: NotRequired[Annotated[bool, "true for read; unread without it"]]
    Search: NotRequired[Annotated[str, "those that match a search", facts(example="subject:order")]]


@routes.get("/api/v1/messages")
def list_messages(
    served: Served, start: Start = 0, limit: Limit = 50, sort: SortBy = "newest", behind: Behind = ""
) -> MessagesSummaryJson:
    """List messages, newest first or in another order.

    No list in the answer is null. The first list by sender or by subject reads all mail for that.
    """
    sandbox = served.sandbox
    # First, for it may read tags that nobody knew.
    found, counts = sandbox.page(start=start, limit=limit, order=order_of(sort, behind))
    following = next_of(found, sort, limit=limit)
    return listing(found, counts, start=start, tags=sandbox.known_tags(), following=following)


@routes.get("/api/v1/envelopes")
def list_envelopes(
    served: Served,
    after: Annotated[int, "only messages after this id", facts(minimum=0, maximum=MOST)] = 0,
    limit: Limit = 50,
) -> EnvelopesJson:
    """List messages, oldest first, with all that is known of them beside their source.

    The id of the last one is the `after` of the next page. Nothing is marked as read.
    """
    sandbox = served.sandbox
    found: list[Message] = []
    for number in sandbox.ids(after=after):
        if len(found) >= limit:
            break
        with suppress(NoSuchMessage):  # deleted since the ids were read
            found.append(sandbox.message(number))
    return envelopes(found)


@routes.put("/api/v1/messages")
def set_read_status(served: Served, body: ReadStatusJson, tz: Zone = "") -> Literal["ok"]:
    """Mark messages as read or unread: those of IDs, those that match a search, or every one."""
    ids, search = body.get("IDs"), body.get("Search", "")
    if ids and search:
        raise BadRequest("IDs and Search: give one of them")
    chosen = asked.known_ids(ids) if ids else served.sandbox.ids_of(query_of(served, search, tz)) if search else None
    served.sandbox.mark_read(chosen, read=body.get("Read", False))
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
