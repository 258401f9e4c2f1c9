"""How a store comes to be searched: the index is filled when somebody searches, the newest mail first.

A search that has filled its page before all mail was read leaves the rest to a thread of its own, which takes a part
of the time only. Nothing is read and no thread is started before the first search.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mailtrap_lite.errors import ServerClosed, StoreError
from mailtrap_lite.store.found import BLOCK, Found
from mailtrap_lite.store.gists import Gist, Reader, gists_of
from mailtrap_lite.store.index import Index

if TYPE_CHECKING:
    from mailtrap_lite.search import Query, Searched
    from mailtrap_lite.store.contract import Store

log = logging.getLogger(__name__)

# So many messages are read for a page that is full already, so that it is told of most stores how much there is.
READ_AT_ONCE = 1_000

# So many messages are looked at whose words do not say whether they match, as those of a phrase do not; likewise.
LOOKED_AT_AT_ONCE = 2_000

# Ids that are read in one go: who searches meanwhile waits for no more.
SLICE = 100

# For each second that the thread reads it rests so many.
REST = 2.0


class Catalogue:
    """The index of a store, and its reading. Any thread."""

    def __init__(self, store: Store) -> None:
        self.index = Index()
        self._store = store
        self._reading = threading.Lock()
        self._last: tuple[object, Found] | None = None
        self._behind: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._reading_up = threading.Lock()
        self._read_to = 0  # every message up to this id has its gist, or is gone

    def read_up(self, read: Reader) -> None:
        """Read the messages that nobody has read yet, and keep their gists, in small transactions."""
        with self._reading_up:  # who comes second waits, and finds it done
            newest = self._store.last_id  # first: of what comes from now on nobody knows
            for gists in gists_of(self._store.unread_up(self._read_to), self._store.message, read):
                if not self.kept(gists):
                    return
                self._read_to = gists[-1][0]
            # Also what others have read, as a search does: it is not looked through again by who asks next.
            self._read_to = max(self._read_to, newest)

    def kept(self, gists: Sequence[tuple[int, Gist]]) -> bool:
        """Keep what was read if the store can; return whether it could."""
        try:
            self._store.keep_gists(gists)
        except StoreError as err:
            log.warning("what was read for a search is not kept: %s", err)
            return False
        return True

    def search(self, query: Query, *, read: Reader, wanted: int | None) -> Found:
        """Return what matches. wanted: so many will do, if to know all would mean to read much mail; None: all."""
        asked = (query.parts, self._store.revision)  # first: what is committed from now on makes it out of date
        if self._last is not None and self._last[0] == asked and _is_enough(self._last[1], wanted):
            return self._last[1]  # the next page of it, most of the time
        found = self._search(query, read, wanted)
        self._last = (asked, found)
        if not found.complete:
            self._go_on_behind(query, read)
        return found

    def _search(self, query: Query, read: Reader, wanted: int | None, *, rest: float = 0.0) -> Found:
        """Search; rest: for each second that it takes, so many without."""
        newest, node = self._store.last_id, query.node  # the end: a search must not run after those who deliver
        parts: list[tuple[int, int]] = []
        total = unread = fresh = 0
        looks = _Looks(self._store, read)
        for number in self._blocks(newest):
            if wanted is not None and total >= wanted:
                much = fresh >= READ_AT_ONCE and not self._is_read(number, newest)
                if much or looks.many >= LOOKED_AT_AT_ONCE:
                    return Found(tuple(parts), unread, complete=False)
            fresh += self._read_block(number, newest, read, rest=rest)
            began = time.thread_time()
            bits, still_unread = self.index.matching(number, node, newest=newest, look=looks)
            total, unread = total + bits.bit_count(), unread + still_unread.bit_count()
            if bits:
                parts.append((number * BLOCK, bits))
            if rest:
                self._rest(rest * (time.thread_time() - began))
        return Found(tuple(parts), unread)

    def _blocks(self, newest: int) -> Iterator[int]:
        """Yield the numbers of the blocks that have messages up to an id, the newest first."""
        if oldest := self._store.oldest_id():
            yield from range(newest // BLOCK, oldest // BLOCK - 1, -1)

    def _is_read(self, number: int, newest: int) -> bool:
        return self.index.read_to(number) >= min(newest, (number + 1) * BLOCK - 1)

    def _read_block(self, number: int, newest: int, read: Reader, *, rest: float) -> int:
        """Read what is unread of a block into the index. Return how many messages it was."""
        many = 0
        while not self._is_read(number, newest):
            began = time.thread_time()
            with self._reading:  # who comes second waits, and goes on behind it
                first = self.index.read_to(number) + 1
                last = min(first + SLICE - 1, newest, (number + 1) * BLOCK - 1)
                many += self._store.catalogue(first, last, read) if first <= last else 0
            if rest:
                self._rest(rest * (time.thread_time() - began))
        return many

    def _rest(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise ServerClosed("the server was stopped")

    def _go_on_behind(self, query: Query, read: Reader) -> None:
        with self._starting:
            if self._closing.is_set() or (self._behind is not None and self._behind.is_alive()):
                return
            self._behind = threading.Thread(
                target=self._search_all, args=(query, read), name="mailtrap-lite reads for searches", daemon=True
            )
            self._behind.start()

    def _search_all(self, query: Query, read: Reader) -> None:
        """Do the whole of a search, with rests, and say that a search may find more now."""
        try:
            self._search(query, read, None, rest=REST)
            self._store.announce_reading()
        except ServerClosed:
            return
        except StoreError as err:
            log.warning("mail is not read for searches: %s", err)

    def close(self) -> None:
        """Have the thread end. Idempotent."""
        self._closing.set()
        with self._starting:
            behind = self._behind
        if behind is not None and behind is not threading.current_thread():
            behind.join()


def _is_enough(found: Found, wanted: int | None) -> bool:
    return found.complete or (wanted is not None and found.total >= wanted)


class _Looks:
    """Has a store look at messages, and counts them."""

    def __init__(self, store: Store, read: Reader) -> None:
        self._store = store
        self._read = read
        self.many = 0

    def __call__(self, ids: list[int]) -> Iterable[tuple[int, Searched]]:
        self.many += len(ids)
        return self._store.look(ids, self._read)
