"""What the routes serve: the sandbox, the live news, and what is counted since the application was made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from werkzeug.exceptions import BadRequest, ServiceUnavailable

from mailtrap_lite.errors import NoSuchMessage, NoSuchSession
from mailtrap_lite.message import Message, Session, Summary
from mailtrap_lite.outbound import Outbound
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.search import Query
from mailtrap_lite.store import Order
from mailtrap_lite.web import asked
from mailtrap_lite.web.events import Events
from mailtrap_lite.web.place import ORDERS, Sort, spelled, spot_in, spot_of
from mailtrap_lite.web.schema import Schema, facts

# Parameters that several routes have.
Key: TypeAlias = Annotated[str, 'the id of a message, or "latest" for the newest', facts(example="latest")]
MOST = 10**18 - 1  # of any number in a query
Start: TypeAlias = Annotated[int, "how many of the newest to leave out", facts(minimum=0, maximum=MOST)]
MOST_LISTED = 1000
Limit: TypeAlias = Annotated[
    int,
    f"how many to list; more than {MOST_LISTED:,} counts as {MOST_LISTED:,}",
    facts(minimum=0, maximum=MOST, **{"x-at-most": MOST_LISTED}),
]
SortBy: TypeAlias = Annotated[
    Literal["newest", "oldest", "largest", "sender", "subject"], "the order; the newest first without it"
]
Behind: TypeAlias = Annotated[
    str,
    "`next` of the answer before, in the same order: the list goes on there, whatever came or went since",
]
Asked: TypeAlias = Annotated[str, "a search; docs/search.md has its grammar", facts(example="subject:order is:unread")]
Zone: TypeAlias = Annotated[
    str, "where a day of before: and after: begins; UTC without it", facts(example="Europe/Rome")
]
NO_MESSAGE = {404: "No message has that id."}


class Served:
    """What every route is given. Any thread."""

    def __init__(
        self,
        sandbox: Sandbox,
        events: Events,
        *,
        sandboxes: Sandboxes,
        describe: Callable[[], Schema],
        addresses: Callable[[], Mapping[str, str]],
    ) -> None:
        self.sandbox = sandbox
        self.sandboxes = sandboxes
        self.describe = describe
        self.addresses = addresses
        self.outbound = Outbound(sandbox.settings.outbound_allow)
        self.events = events
        self.began = sandbox.clock()
        self.first_total = sandbox.counts().total
        self.first_id = sandbox.last_id
        self._waiting = 0
        self._lock = threading.Lock()

    @contextmanager
    def one_more_waits(self) -> Iterator[None]:
        """Count a request that waits; each is a thread, so there is a cap. Raises ServiceUnavailable beyond it."""
        most = self.sandbox.settings.event_streams
        with self._lock:
            if self._waiting >= most:
                raise ServiceUnavailable(
                    f"{most} requests wait already; raise --event-streams (MAILTRAP_LITE_EVENT_STREAMS)", retry_after=5
                )
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1


def find(sandbox: Sandbox, key: str) -> Message:
    """Return the message of an id in a path, or the newest for "latest"; raises NoSuchMessage."""
    if key == "latest":
        return sandbox.latest()
    number = asked.message_id(key)
    if number is None:
        raise NoSuchMessage(f"{key[:60]!a} is not the id of a message")
    return sandbox.message(number)


def order_of(sort: SortBy, behind: str) -> Order:
    """Return the order that a request asks for, behind its spot if it has one; raises BadRequest."""
    order = ORDERS[Sort(sort)]
    return replace(order, behind=spot_in(behind, Sort(sort), name="behind")) if behind else order


def next_of(found: Sequence[Summary], sort: SortBy, *, limit: int) -> str:
    """Return where the next page begins, behind the last message of this one; "" if this was the last."""
    return spelled(spot_of(found[-1], Sort(sort))) if found and len(found) == limit else ""


def query_of(served: Served, text: str, zone: str) -> Query:
    """Return what a search asks for; raises BadQuery, or BadRequest for a time zone that nobody knows."""
    try:
        tz = ZoneInfo(zone) if zone else UTC
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, and some names are paths
        raise BadRequest(f"tz: {zone[:60]!a} is no time zone, for example Europe/Rome") from None
    return served.sandbox.query(text, tz=tz)


def session_of(message: Message) -> Session:
    """Return the session that delivered a message; raises NoSuchSession."""
    if not message.envelope.session:
        raise NoSuchSession(f"the message {message.id} was planted; no session delivered it")
    if (found := message.session) is None:
        raise NoSuchSession(f"the session that delivered the message {message.id} was forgotten")
    return found
