"""What happens now: a stream of events."""

from __future__ import annotations

from typing import Annotated

from flask import Response, request
from werkzeug.exceptions import ServiceUnavailable

from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import MOST, Served
from mailtrap_lite.web.events import TooManyStreams
from mailtrap_lite.web.schema import facts

routes = Routes("live", "What happens now.")

NOW = -1


@routes.get(
    "/api/v1/events",
    kinds=("text/event-stream",),
    refuses={503: "Too many streams are open; try again after the seconds of Retry-After."},
)
def follow(
    served: Served,
    after: Annotated[
        int, "tell of messages after this id; of those that come from now on without it", facts(minimum=0, maximum=MOST)
    ] = NOW,
) -> Response:
    """Follow what changes, as server-sent events.

    Each event is named `change`; its id is the cursor to go on from, and its data has the shape `News`.
    """
    # A browser sends Last-Event-ID when it connects again, and then it counts more than where the page began.
    last = asked.cursor(request.headers.get("Last-Event-ID", ""))
    if last is None:
        last = served.sandbox.last_id if after == NOW else after
    try:
        stream = served.events.open(last)
    except TooManyStreams:
        text = f"{served.events.streams} pages are live already; raise --event-streams (MAILTRAP_LITE_EVENT_STREAMS)"
        raise ServiceUnavailable(text, retry_after=5) from None
    response = Response(stream, content_type="text/event-stream; charset=utf-8")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects events would make them late
    return response
