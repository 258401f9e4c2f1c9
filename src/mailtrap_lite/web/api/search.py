"""Search: the messages that match a query, how many there are, and their deletion."""

from __future__ import annotations

from typing import Literal

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Asked, Behind, Limit, Served, SortBy, Start, Zone, next_of, order_of, query_of
from mailtrap_lite.web.shapes.messages import CountJson, MessagesSummaryJson, listing

routes = Routes("search", "The messages that match a query.")


@routes.get("/api/v1/search")
def search_messages(
    served: Served,
    query: Asked,
    start: Start = 0,
    limit: Limit = 50,
    tz: Zone = "",
    sort: SortBy = "newest",
    behind: Behind = "",
) -> MessagesSummaryJson:
    """List the messages that match a query, newest first or in another order.

    A query that cannot be understood is a 400 with the reason and the place.
    Where thousands of mails were not looked at before, the answer comes when its page is full, and is not `complete`:
    what it counts is what was found so far. /api/v1/count counts all, and waits for that.
    """
    sandbox = served.sandbox
    page = sandbox.search(query_of(served, query, tz), start=start, limit=limit, order=order_of(sort, behind))
    return listing(
        page.summaries,
        sandbox.counts(),
        start=start,
        tags=sandbox.known_tags(),
        following=next_of(page.summaries, sort, limit=limit),
        found={"Total": page.total, "Unread": page.unread},
        complete=page.complete,
    )


@routes.delete("/api/v1/search")
def delete_search(served: Served, query: Asked, tz: Zone = "") -> Literal["ok"]:
    """Delete the messages that match a query.

    A query that is empty, or says nothing, deletes nothing: it is a 400.
    """
    served.sandbox.delete(served.sandbox.ids_of(query_of(served, query, tz)))
    return "ok"


@routes.get("/api/v1/count")
def count_messages(served: Served, query: Asked = "", tz: Zone = "") -> CountJson:
    """Count the messages that match a query, or all."""
    if not query.strip():
        counts = served.sandbox.counts()
        return {"Total": counts.total, "Unread": counts.unread}
    total, unread = served.sandbox.count(query_of(served, query, tz))
    return {"Total": total, "Unread": unread}
