"""The part of a store in memory that searches and tags: words kept beside the message, from which the index is made.

The lock is held only to learn which messages there are, and to put some of them into the index.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from mailtrap_lite.search.words import Searched, Words
from mailtrap_lite.store.block import Facts, terms_of
from mailtrap_lite.store.contract import Row, Store
from mailtrap_lite.store.gists import Gist, Reader, gists_of
from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.tagging import Tagging
from mailtrap_lite.tags import distinct

# Octets of headers and texts that are kept folded. What is beyond that is read again by each search that needs it.
DEEP_KEPT = 256 * 1024**2


# Messages that are put into the index in one go, while nobody is served.
ADDED_AT_ONCE = 20


class SearchedMemory(Store):
    """Everything is under the lock of `_news`, but the look at a message: its words do not change."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: OrderedDict[int, Kept] = OrderedDict()  # a dict would look for its first key from the start
        self._tagging = Tagging(self._index.tag)
        self._deep = 0  # octets
        self._gists = 0  # how often some were kept

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise self.closed_with()

    def _told(self, changed: int) -> int:
        if changed:
            self._announce()
        return changed

    def unread_up(self, after: int) -> list[int]:
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

    def oldest_id(self) -> int:
        with self._news:
            return next(iter(self._messages), 0)

    def catalogue(self, first: int, last: int, read: Reader) -> int:
        with self._news:
            self._refuse_if_closed()
            some = [kept for kept in map(self._messages.get, range(first, last + 1)) if kept is not None]
        for gists in gists_of([kept.id for kept in some if not _is_read(kept)], self.message, read):
            self._catalogue.kept(gists)
        facts = [_facts(kept, read) for kept in some]
        for start in range(0, len(facts), ADDED_AT_ONCE):
            with self._news:
                # Of the moment in which they are added: who marks or deletes one later tells the index.
                there = [each for each in facts[start : start + ADDED_AT_ONCE] if each.message in self._messages]
                self._index.add(list(map(self._tagged, there)), read=self._read_of(there))
        self._index.read_up_to(last)
        return len(some)

    def _tagged(self, facts: Facts) -> Facts:
        tags = self._messages[facts.message].tags
        return facts if tags is None else facts._replace(tags=tags)

    def _read_of(self, some: Iterable[Facts]) -> frozenset[int]:
        return frozenset(each.message for each in some if self._messages[each.message].read)

    def look(self, ids: Iterable[int], read: Reader) -> Iterator[tuple[int, Searched]]:
        for message in ids:
            kept = self._messages.get(message)  # without the lock: what a query asks of a message never changes
            if kept is not None:
                yield message, _searched(kept, read)

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


def _is_read(kept: Kept) -> bool:
    return kept.fields is not None and kept.tags is not None


def _facts(kept: Kept, read: Reader) -> Facts:
    if not _is_read(kept):  # what was read could not be kept
        gist = read(kept.message())
        words, tags = gist.words, tuple(distinct(gist.tags))
    else:
        headers, text = _deep_of(kept)
        words, tags = Words(kept.flags, kept.fields or b"", headers, text), kept.tags or ()
    return Facts(kept.id, kept.received, len(kept.raw), words.flags, terms_of(words), tags)


def _deep_of(kept: Kept) -> tuple[bytes, bytes]:
    if (deep := kept.deep) is not None:
        return deep
    words = Words.of(kept.message())
    return words.headers, words.text
