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
from mailtrap_lite.store import Counts, Found, MailboxCount
from mailtrap_lite.version import __version__
from mailtrap_lite.web.place import PAGE, Place, Sort

MOST_READ_FOR_TAGS = 2000  # messages
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
        self._found: tuple[int, str, Found] = (-1, "", Found((), 0))

    @property
    def settings(self) -> Settings:
        """Those of the sandbox."""
        return self.sandbox.settings

    def doors(self) -> dict[str, tuple[str, str]]:
        """Return host and port of each door, by its name."""
        split = {name: address.rpartition(":") for name, address in self._addresses().items()}
        return {name: (host, port) for name, (host, _, port) in split.items()}

    def around(self, place: Place) -> dict[str, Any]:
        """Return what every page shows beside its own."""
        part = Part.asked()
        values: dict[str, Any] = {
            "piece": part,
            "place": place,
            "version": __version__,
            "doors": self.doors(),
            "counts": self.sandbox.counts(),
            "newest": self.sandbox.last_id,
        }
        if part is Part.PAGE:
            values["terms"] = [
                {"name": term.name, "text": term.text, "example": term.example, "values": term.values} for term in TERMS
            ]
        if part is not Part.MESSAGE:
            values |= {"mailboxes": self.mailboxes(), "listing": self.listing(place), "sorts": list(Sort)}
            values["tags"] = self._tags(values["counts"].total)
            values["sandboxes"] = () if self.sandbox.name else self._others()[:MOST_SANDBOXES]
        return values

    def beside(self, place: Place, message: Message) -> tuple[int | None, int | None]:
        """Return the ids of the messages before and after one in the list of a place; None where there is none."""
        if place.q:
            return self._beside_in(self._search(place.q).ids, message.id)
        spot = place.spot_of(message.id, len(message.raw), Digest.of(message.content))
        ways = (replace(place.top, ahead=spot), replace(place.top, behind=spot))
        found = [self.sandbox.summaries(limit=1, mailbox=place.mailbox, order=way.order) for way in ways]
        before, after = (summaries[0].id if summaries else None for summaries in found)
        return before, after

    def _beside_in(self, ids: Sequence[int], message: int) -> tuple[int | None, int | None]:
        if message not in ids:
            return None, None
        at = ids.index(message)
        return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None

    def _tags(self, total: int) -> list[str]:
        # To know every tag, every mail is read once; a page does not wait for very many.
        return self.sandbox.tags() if total <= MOST_READ_FOR_TAGS else list(self.sandbox.known_tags())

    def _search(self, q: str) -> Found:
        """Return what a search finds; each page of its list asks, so it is done once for each change."""
        revision = self.sandbox.revision
        if self._found[:2] != (revision, q):
            self._found = (revision, q, self.sandbox.found(q))
        return self._found[2]

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
        if place.q:
            return self._searched(place)
        of = self.sandbox.counts(place.mailbox)
        skipped = place.skip if place.behind or place.ahead else place.start
        found = self.sandbox.summaries(start=skipped, limit=PAGE + 1, mailbox=place.mailbox, order=place.order)
        more, found = len(found) > PAGE, found[:PAGE]
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

    def _searched(self, place: Place) -> Listing:
        start = place.start
        here = replace(place.top, start=start)
        try:
            found = self._search(place.q)
        except BadQuery as problem:
            return Listing(here, [], 0, Counts(0, 0, 0), None, None, problem)
        summaries = self.sandbox.summaries_of(found.ids[start : start + PAGE])
        more = start + PAGE < len(found.ids)
        return Listing(
            here,
            summaries,
            start,
            Counts(len(found.ids), found.unread, 0),
            replace(here, start=start + PAGE) if more else None,
            replace(here, start=max(0, start - PAGE)) if start else None,
        )

    def _newer(self, place: Place, found: list[Summary], start: int) -> Place:
        first = max(0, start - PAGE)
        return place.page(first, ahead=found[0]) if first and found else place.top
