"""The part of a store in memory that searches and tags: words kept beside the message, and one pass over all of them.

A search holds the lock only to learn which messages there are, and which of those that it found are still there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from mailtrap_lite.search.words import Searched, Words
from mailtrap_lite.store.contract import Row, Store
from mailtrap_lite.store.gists import Found, Gist, Reader
from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.tagging import Tagging
from mailtrap_lite.tags import distinct

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

# Octets of headers and texts that are kept folded. What is beyond that is read again by each search that needs it.
DEEP_KEPT = 256 * 1024**2


class SearchedMemory(Store):
    """Everything is under the lock of `_news`, but the look at a message: its words do not change."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: OrderedDict[int, Kept] = OrderedDict()  # a dict would look for its first key from the start
        self._tagging = Tagging()
        self._deep = 0  # octets
        self._gists = 0  # how often some were kept

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise self.closed_with()

    def _told(self, changed: int) -> int:
        if changed:
            self._announce()
        return changed

    def _unread_up(self, after: int) -> list[int]:
        with self._news:
            self._refuse_if_closed()
            newer = takewhile(lambda message: message > after, reversed(self._messages))
            return [message for message in newer if self._messages[message].fields is None][::-1]

    def keep_gists(self, gists: Sequence[tuple[int, Gist]]) -> None:
        with self._news:
            self._refuse_if_closed()
            for message, gist in gists:
                if (kept := self._messages.get(message)) is not None:
                    self._keep_gist(kept, gist)
            self._gists += bool(gists)

    def _keep_gist(self, kept: Kept, gist: Gist) -> None:
        kept.digest = gist.digest
        if kept.tags is None:
            self._tagging.put(kept, gist.tags)
        if kept.fields is not None:
            return
        kept.flags, kept.fields, *deep = gist.words
        octets = sum(map(len, deep))
        if self._deep + octets <= DEEP_KEPT:
            self._deep += octets
            kept.deep = (gist.words.headers, gist.words.text)

    def _forget_words(self, kept: Kept) -> None:
        """A message goes."""
        self._tagging.forget(kept)
        if kept.deep is not None:
            self._deep -= sum(map(len, kept.deep))

    def _forget_all_words(self) -> None:
        self._tagging.clear()
        self._deep = 0

    def _scan(self, query: Query, read: Reader, *, newest: int) -> Found:
        with self._news:
            self._refuse_if_closed()
            newest_first = list(reversed(self._messages.values()))
        matching = [kept for kept in newest_first if kept.id <= newest and query.matches(_searched(kept, read))]
        with self._news:
            self._refuse_if_closed()
            there = [kept for kept in matching if kept.id in self._messages]
            return Found(tuple([kept.id for kept in there]), sum(not kept.read for kept in there))

    def set_tags(self, ids: Iterable[int], tags: Sequence[str]) -> int:
        with self._news:
            self._refuse_if_closed()
            some = list(self._those(dict.fromkeys(ids)))
            for kept in some:
                self._tagging.put(kept, tags)
            return self._told(len(some))

    def tags(self) -> list[str]:
        with self._news:
            self._refuse_if_closed()
            return self._tagging.names()

    def tag_counts(self) -> dict[str, int]:
        with self._news:
            self._refuse_if_closed()
            return self._tagging.counts()

    def rename_tag(self, old: str, new: str) -> int:
        with self._news:
            self._refuse_if_closed()
            return self._told(self._tagging.rename(old, new))

    def delete_tag(self, name: str) -> int:
        with self._news:
            self._refuse_if_closed()
            return self._told(self._tagging.delete(name))

    def spelled(self, tags: Iterable[str]) -> tuple[str, ...]:
        with self._news:
            return self._tagging.spelled(tags)

    def rows_of(self, ids: Sequence[int]) -> list[Row]:
        with self._news:
            self._refuse_if_closed()
            return [self._row(kept) for kept in self._those(ids)]

    def _row(self, kept: Kept) -> Row:
        return kept.row(self._tagging.names_of(kept))

    def _those(self, ids: Iterable[int]) -> Iterator[Kept]:
        return (self._messages[message] for message in ids if message in self._messages)


def _searched(kept: Kept, read: Reader) -> Searched:
    if kept.fields is None or kept.tags is None:  # it came while others were read
        gist = read(kept.message())
        tags = tuple(distinct(gist.tags)) if kept.tags is None else kept.tags
        words = gist.words
        return Searched(
            kept.received,
            len(kept.raw),
            kept.read,
            tags,
            words.flags,
            words.fields,
            lambda: (words.headers, words.text),
        )
    return Searched(kept.received, len(kept.raw), kept.read, kept.tags, kept.flags, kept.fields, lambda: _deep_of(kept))


def _deep_of(kept: Kept) -> tuple[bytes, bytes]:
    if (deep := kept.deep) is not None:
        return deep
    words = Words.of(kept.message())
    return words.headers, words.text
