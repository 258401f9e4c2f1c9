"""The part of the sandbox that searches, tags, and reads mail for that; it knows no wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtrap_lite.errors import BadQuery, NoSuchMessage, ServerClosed, StoreError
from mailtrap_lite.message import Message, Summary
from mailtrap_lite.message.moments import UTC
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search.words import Words
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import NEWEST, By, Found, Gist, Order, Row, Store
from mailtrap_lite.tags import arrival_tags, checked_tag

if TYPE_CHECKING:
    from datetime import tzinfo

    from mailtrap_lite.search import Query


# Messages of which each is asked for; more are looked up among all ids.
FEW = 500


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of what a search found. total and unread: of all that it found.

    complete: whether all mail was looked at. If not, nobody has read the older mail yet, which goes on behind the
    answer: there may be more than `total`, but nothing that belongs on this page is missing.
    """

    summaries: list[Summary]
    total: int
    unread: int
    complete: bool = True


class Searching:
    """All methods: any thread but the loop's, blocking."""

    def __init__(self, store: Store, *, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.clock = clock
        self._store = store

    def query(self, query: str | Query, *, tz: tzinfo = UTC) -> Query:
        """Read a search; tz: where a day begins. Raises BadQuery."""
        from mailtrap_lite.search import parse  # the first search pays for the import, not every start

        return parse(query, now=self.clock(), tz=tz) if isinstance(query, str) else query

    def search(
        self, query: str | Query, *, start: int = 0, limit: int = 50, order: Order = NEWEST, exact: bool = False
    ) -> SearchPage:
        """Return what a list shows of the messages that a search finds, `limit` of them from `start`, newest first.

        The grammar is in docs/search.md; an empty query finds everything. Raises BadQuery.
        order: another order, for which all mail is read. exact: read all mail before, so that the page is complete.
        """
        start, limit = max(start, 0), max(limit, 0)
        asked = self.query(query)
        newest_first = order.by is By.ID and order.descending
        found = self.found(asked, wanted=start + limit if newest_first and not exact else None)
        if order.behind is not None:
            while not found.complete and found.behind(order.behind.id).total < start + limit:
                found = self.found(asked, wanted=found.total + max(1, start + limit))
        summaries = self.summaries_found(found, start=start, limit=limit, order=order)
        return SearchPage(summaries, found.total, found.unread, found.complete)

    def count(self, query: str | Query) -> tuple[int, int]:
        """Return how many messages a search finds, and how many of them nobody opened. Raises BadQuery."""
        found = self.found(query)
        return found.total, found.unread

    def ids_of(self, query: str | Query) -> list[int]:
        """Return the ids of what a search finds, newest first, to do something with them.

        Raises BadQuery, also for an empty query: who wants to delete everything has to say so in another way.
        """
        asked = self.query(query)
        if asked.is_everything:
            raise BadQuery(asked.text, 0, "an empty query would mean every message")
        return list(self.found(asked).ids)

    def found(self, query: str | Query, *, wanted: int | None = None) -> Found:
        """Return what a search finds, all that there is for an empty one; to show it a page at a time.

        wanted: so many of the newest will do if to know all means to read much mail; then it is not `complete`.
        """
        return self._store.search(self.query(query), read=self._gist, wanted=wanted)

    def summaries_found(self, found: Found, *, start: int, limit: int, order: Order = NEWEST) -> list[Summary]:
        """Return what a list shows of what a search found, `limit` of them from `start` on, in an order."""
        return self._summaries(self._store.found_rows(found, order, start=start, limit=limit))

    def summaries_of(self, ids: Sequence[int]) -> list[Summary]:
        """Return what a list shows of these messages, in that order; unknown ones are left out."""
        return self._summaries(self._store.rows_of(ids))

    def how_many(self, ids: Sequence[int]) -> int:
        """Return how many of these messages are there."""
        if len(ids) <= FEW:
            return len(self._store.rows_of(ids))
        return len(set(self._store.ids()).intersection(ids))

    def tags(self) -> list[str]:
        """Return each tag that a message has, in order."""
        self._store.read_up(self._gist)
        return self._store.tags()

    def summary(self, message: int) -> Summary:
        """Return what a list shows of a message; raises NoSuchMessage."""
        if not (found := self._summaries(self._store.rows_of([message]))):
            raise NoSuchMessage(f"no message has the id {message}, or it was deleted")
        return found[0]

    def known_tags(self) -> dict[str, int]:
        """Return how many messages have each tag, in order, as far as anybody has read them; a list has read its own.

        Unlike `tags` it reads no mail, so that it is cheap after a flood.
        """
        return self._store.tag_counts()

    def set_tags(self, ids: Iterable[int], tags: Iterable[str]) -> int:
        """Give messages these tags and no others; unknown ids are ignored. Return how many messages there were.

        A tag that differs in letter case only from one that is there is that one. Raises BadTag.
        """
        return self._store.set_tags(ids, [checked_tag(tag) for tag in tags])

    def rename_tag(self, old: str, new: str) -> int:
        """Rename a tag, or merge it into another. Return how many messages had it; raises BadTag for the new name."""
        name = checked_tag(new)
        self._store.read_up(self._gist)
        return self._store.rename_tag(old, name)

    def delete_tag(self, name: str) -> int:
        """Take a tag from all messages, which stay. Return how many had it."""
        self._store.read_up(self._gist)
        return self._store.delete_tag(name)

    def _summaries(self, rows: Sequence[Row]) -> list[Summary]:
        fresh: list[tuple[int, Gist]] = []
        found = []
        for row in rows:
            digest, tags = row.digest, row.tags
            if digest is None or tags is None:
                try:
                    gist = self._gist(self._store.message(row.id))
                except NoSuchMessage:  # deleted since the rows were read
                    continue
                fresh.append((row.id, gist))
                digest = gist.digest
                tags = self._store.spelled(gist.tags) if tags is None else tags
            found.append(Summary(row.id, row.envelope, row.received, row.size, row.read, digest, tags))
        self._store.keep_gists(fresh)
        return found

    def _gist(self, message: Message) -> Gist:
        return Gist(Digest.of(message.content), self._tags_on_arrival(message), Words.of(message))

    def _tags_on_arrival(self, message: Message) -> tuple[str, ...]:
        settings = self.settings
        return arrival_tags(
            message.content,
            message.envelope,
            plus_addresses=settings.tag_plus_addresses,
            x_tags=settings.tag_x_tags,
        )

    def _tags_of(self, message: Message) -> tuple[str, ...]:
        """Return the tags of a message that nobody has read yet; never raises, as no reading of a mail does."""
        tags = self._tags_on_arrival(message)
        try:
            return self._store.spelled(tags)
        except (ServerClosed, StoreError):
            return tags
