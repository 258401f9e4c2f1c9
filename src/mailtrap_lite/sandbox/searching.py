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
from mailtrap_lite.store import Found, Gist, Row, Store
from mailtrap_lite.tags import arrival_tags, checked_tag

if TYPE_CHECKING:
    from datetime import tzinfo

    from mailtrap_lite.search import Query


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of what a search found, newest first. total and unread: of all that it found."""

    summaries: list[Summary]
    total: int
    unread: int


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

    def search(self, query: str | Query, *, start: int = 0, limit: int = 50) -> SearchPage:
        """Return what a list shows of the messages that a search finds, newest first, `limit` of them from `start`.

        The grammar is in docs/search.md; an empty query finds everything. Raises BadQuery.
        """
        found = self._store.search(self.query(query), read=self._gist)
        start = max(start, 0)
        rows = self._store.rows_of(found.ids[start : start + max(limit, 0)])
        return SearchPage(self._summaries(rows), len(found.ids), found.unread)

    def ids_of(self, query: str | Query) -> list[int]:
        """Return the ids of what a search finds, newest first, to do something with them.

        Raises BadQuery, also for an empty query: who wants to delete everything has to say so in another way.
        """
        asked = self.query(query)
        if asked.is_everything:
            raise BadQuery(asked.text, 0, "an empty query would mean every message")
        return list(self._store.search(asked, read=self._gist).ids)

    def found(self, query: str | Query) -> Found:
        """Return the ids of what a search finds, all that there is for an empty one; to show them a page at a time."""
        return self._store.search(self.query(query), read=self._gist)

    def summaries_of(self, ids: Sequence[int]) -> list[Summary]:
        """Return what a list shows of these messages, in that order; unknown ones are left out."""
        return self._summaries(self._store.rows_of(ids))

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
