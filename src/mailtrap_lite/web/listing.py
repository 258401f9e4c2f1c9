"""What stands around a message: the mailboxes, the counts and one page of the list.

It knows the sandbox's verbs and places; it knows no template. A script that goes on from one page to the next says in
`X-Part` what it needs of it, and the rest is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any  # Any: what a template is given

from flask import request

from mailtrap_lite.errors import BadQuery
from mailtrap_lite.message import Message, Summary
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.search import TERMS
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import NEWEST, Counts, Found, MailboxCount, Order
from mailtrap_lite.version import __version__
from mailtrap_lite.web.place import PAGE, Place, Sort

MOST_READ_FOR_TAGS = 2000  # messages
MOST_TRIES = 3  # to read counts and list of the same moment
MOST_MAILBOXES = 200  # shown at once; the others are found by the filter beside them
MOST_SANDBOXES = 100


class Part(StrEnum):
    """What of a page is asked for."""

    PAGE = "page"
    LIST = "list"
    MESSAGE = "message"

    @classmethod
    def asked(cls) -> Part:
        """Return what the request asks for; the whole page if it does not say."""
        said = request.headers.get("X-Part", "")
        return cls(said) if said in set(cls) else cls.PAGE


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list.

    start: how many messages come before it. of: what the whole list holds. problem: why a search cannot be understood.
    """

    place: Place
    summaries: list[Summary]
    start: int
    of: Counts
    older: Place | None
    newer: Place | None
    problem: BadQuery | None = None


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes that are shown. found: how many fit the filter. total: how many there are."""

    shown: list[MailboxCount]
    found: int
    total: int
    filter: str


class Surroundings:
    """Reads what stands around a message. Any thread."""

    def __init__(
        self,
        sandbox: Sandbox,
        addresses: Callable[[], Mapping[str, str]],
        others: Callable[[], Sequence[str]],
    ) -> None:
        """addresses: returns where the doors are, as HOST:PORT by name. others: returns the names of sandboxes."""
        self.sandbox = sandbox
        self._others = others
        self._addresses = addresses
        self._counted: tuple[int, list[MailboxCount]] = (-1, [])
        self._tags_to = 0  # the newest message whose tags are known, and with it all before

    @property
    def settings(self) -> Settings:
        """Those of the sandbox."""
        return self.sandbox.settings

    def doors(self) -> dict[str, tuple[str, str]]:
        """Return host and port of each door, by its name."""
        split = {name: address.rpartition(":") for name, address in self._addresses().items()}
        return {name: (host, port) for name, (host, _, port) in split.items()}

    def around(self, place: Place, message: Message | None = None) -> dict[str, Any]:
        """Return what every page shows beside its own, of one moment unless the mail changes at every try.

        message: the one that is open; the page of the list is that with its row if the place says nothing else.
        """
        part = Part.asked()
        if message is not None and part is Part.PAGE and place == place.top:
            place = self._page_with(place, message)
        for _ in range(MOST_TRIES):
            revision = self.sandbox.revision
            values = self._around(place, part)
            if self.sandbox.revision == revision:
                break
        return values

    def _around(self, place: Place, part: Part) -> dict[str, Any]:
        values: dict[str, Any] = {
            "piece": part,
            "place": place,
            "version": __version__,
            "doors": self.doors(),
            "counts": self.sandbox.counts(),
            "newest": self.sandbox.last_id,
            "sandbox": self.sandbox.name,
        }
        if part is Part.PAGE:
            values["terms"] = [
                {"name": term.name, "text": term.text, "example": term.example, "values": term.values} for term in TERMS
            ]
        if part is not Part.MESSAGE:
            values |= {"mailboxes": self.mailboxes(), "listing": self.listing(place), "sorts": list(Sort)}
            values |= self._tags(values["counts"].total)
            values["sandboxes"] = () if self.sandbox.name else self._others()[:MOST_SANDBOXES]
        return values

    def beside(self, place: Place, message: Message) -> tuple[int | None, int | None]:
        """Return the ids of the messages before and after one in the list of a place; None where there is none."""
        spot = place.spot_of(message.id, len(message.raw), Digest.of(message.content))
        ways = (replace(place.top, ahead=spot), replace(place.top, behind=spot))
        return self._next_to(message.id, place, ways[0].order), self._next_to(message.id, place, ways[1].order)

    def _next_to(self, message: int, place: Place, order: Order) -> int | None:
        """Return the id of the first message of a place in an order that begins behind a message of it."""
        if place.q:
            found = self._found_with(place, message)
            near = self.sandbox.summaries_found(found, start=0, limit=1, order=order) if message in found else []
            if not near and not found.complete:  # the last of what was read so far need not be the last
                found = self.sandbox.found(place.q, wanted=None)
                near = self.sandbox.summaries_found(found, start=0, limit=1, order=order) if message in found else []
        else:
            near = self.sandbox.summaries(limit=1, mailbox=place.mailbox, order=order)
        return near[0].id if near else None

    def _page_with(self, place: Place, message: Message) -> Place:
        if place.sort not in (Sort.NEWEST, Sort.OLDEST):
            return place  # to know how many come before it, all would have to be read
        if place.q:
            try:
                found = self._found_with(place, message.id)
            except BadQuery:
                return place
            if message.id not in found:
                return place
            ahead = found.ahead if place.sort is Sort.NEWEST else found.behind
            before = ahead(message.id).total
        else:
            newer = len(self.sandbox.ids(place.mailbox, after=message.id))
            before = newer if place.sort is Sort.NEWEST else self.sandbox.counts(place.mailbox).total - newer - 1
        return replace(place, start=max(0, before) // PAGE * PAGE)

    def _found_with(self, place: Place, message: int) -> Found:
        """Return what a search found, as much of it as is needed to say where a message is in it, if it is there."""
        found = self.sandbox.found(place.q, wanted=0 if place.sort is Sort.NEWEST else None)
        return found if message in found else self.sandbox.found(place.q, wanted=None)

    def _tags(self, total: int) -> dict[str, Any]:
        """Return the tags, and whether mail that nobody has read may have others.

        To know the tags of a mail it is read once; a page does not wait for very many, unless it is asked to.
        """
        newest = self.sandbox.last_id
        unread = min(total, newest - self._tags_to)
        if unread > MOST_READ_FOR_TAGS and request.args.get("tags") != "all":
            return {"tags": list(self.sandbox.known_tags()), "tags_are_partial": True}
        tags = self.sandbox.tags()
        self._tags_to = newest
        return {"tags": tags, "tags_are_partial": False}

    def mailboxes(self) -> Mailboxes:
        """Return the mailboxes that the query's `find` names, all without one."""
        # Counting them looks at every delivery, so it is done once for each change.
        revision = self.sandbox.revision
        if self._counted[0] != revision:
            self._counted = (revision, self.sandbox.mailboxes())
        everything = self._counted[1]
        wanted = request.args.get("find", "").strip()
        found = [box for box in everything if wanted.casefold() in box.name.casefold()]
        return Mailboxes(found[:MOST_MAILBOXES], len(found), len(everything), wanted)

    def listing(self, place: Place) -> Listing:
        """Return the page of the list at a place."""
        skipped = place.skip if place.behind or place.ahead else place.start
        if not place.q:
            of = self.sandbox.counts(place.mailbox)
            rows = self.sandbox.summaries(start=skipped, limit=PAGE + 1, mailbox=place.mailbox, order=place.order)
            return self._listing(place, rows, of)
        try:
            found = self._found_for(place)
        except BadQuery as problem:
            return Listing(replace(place.top, start=place.start), [], 0, Counts(0, 0, 0), None, None, problem)
        rows = self.sandbox.summaries_found(found, start=skipped, limit=PAGE + 1, order=place.order)
        return self._listing(place, rows, Counts(found.total, found.unread, 0))

    def _found_for(self, place: Place) -> Found:
        """Return what a search found, as much of it as a page of its list shows, and whether there is more."""
        if place.top.order != NEWEST:
            return self.sandbox.found(place.q, wanted=None)
        found = self.sandbox.found(place.q, wanted=place.start + PAGE + 1)
        if spot := place.behind or place.ahead:
            needed = 1 if place.ahead else place.skip + PAGE + 1
            while not found.complete and found.behind(spot.id).total < needed:
                found = self.sandbox.found(place.q, wanted=found.total + PAGE + 1)
        return found

    def _listing(self, place: Place, rows: list[Summary], of: Counts) -> Listing:
        """Return the page with these rows, of which one more than it shows was asked for."""
        more, found = len(rows) > PAGE, rows[:PAGE]
        start = place.start
        if place.ahead:
            found.reverse()
            start = start if more else 0
            more, before = True, more
        else:
            before = start > 0
        older = place.page(start + len(found), behind=found[-1]) if more and found else None
        newer = self._newer(place, found, start) if before else None
        return Listing(replace(place, start=start), found, start, of, older, newer)

    def _newer(self, place: Place, found: list[Summary], start: int) -> Place:
        first = max(0, start - PAGE)
        return place.page(first, ahead=found[0]) if first and found else place.top
