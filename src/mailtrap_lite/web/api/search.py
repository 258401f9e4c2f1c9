"""Search: the messages that match a query, how many there are, and their deletion."""

from __future__ import annotations

from typing import Literal

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Asked, Limit, Served, Start, Zone, query_of
from mailtrap_lite.web.shapes.messages import CountJson, MessagesSummaryJson, listing

routes = Routes("search", "The messages that match a query.")


@routes.get("/api/v1/search")
def search_messages(
    served: Served, query: Asked, start: Start = 0, limit: Limit = 50, tz: Zone = ""
) -> MessagesSummaryJson:
    """List the messages that match a query, newest first.

    A query that cannot be understood is a 400 with the reason and the place.
    """
    sandbox = served.sandbox
    page = sandbox.search(query_of(served, query, tz), start=start, limit=limit)
    found: CountJson = {"Total": page.total, "Unread": page.unread}
    return listing(page.summaries, sandbox.counts(), start=start, tags=sandbox.known_tags(), found=found)


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
    page = served.sandbox.search(query_of(served, query, tz), limit=0)
    return {"Total": page.total, "Unread": page.unread}
