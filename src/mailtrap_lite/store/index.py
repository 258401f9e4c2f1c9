"""The blocks of a store as searches see them, and what is changed in them. Knows no store and reads no mail.

Who changes something never waits for who searches: the change is noted, and made by who has the lock next.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mailtrap_lite.store.block import Block, Facts
from mailtrap_lite.store.found import BLOCK

if TYPE_CHECKING:
    from mailtrap_lite.search.nodes import Node
    from mailtrap_lite.store.matching import Look

# Octets of words, each counted once a block. Of mail beyond that no words are kept, and a search looks at it itself.
MOST_OCTETS = 256 * 1024**2


class Index:
    """Empty until the first search. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[int, Block] = {}
        self._changes: deque[Callable[[], None]] = deque()
        self._floor = 0  # each message up to this id is gone

    def read_to(self, number: int) -> int:
        """Return up to which id the messages of a block were added, or are gone."""
        block = self._blocks.get(number)
        return number * BLOCK - 1 if block is None else block.read_to

    def add(self, some: Sequence[Facts], *, read: frozenset[int]) -> None:
        """Add messages. read: those that have the read mark."""
        self._change(lambda: self._add(some, read))

    def _add(self, some: Sequence[Facts], read: frozenset[int]) -> None:
        room = sum(block.octets for block in self._blocks.values()) < MOST_OCTETS
        for facts in some:
            if facts.message > self._floor:
                kept = facts if room else facts._replace(terms=None)
                self._block(facts.message // BLOCK).add(kept, read=facts.message in read)

    def read_up_to(self, message: int) -> None:
        """Say that each message of a block up to an id was added, or is gone. May wait for who searches."""
        with self._lock:
            self._make_changes()
            self._block(message // BLOCK).read_up_to(message)

    def _block(self, number: int) -> Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = Block(number)
        return block

    def mark(self, ids: Iterable[int], *, read: bool) -> None:
        """Messages were read, or are unread again."""
        self._change_each(ids, lambda block, message: block.mark(message, read=read))

    def mark_all(self, *, read: bool) -> None:
        """All messages were."""

        def mark() -> None:
            for block in self._blocks.values():
                block.mark_all(read=read)

        self._change_if_used(mark)

    def tag(self, message: int, keys: Iterable[str]) -> None:
        """A message has these tags now, and no others."""
        self._change_each([message], lambda block, message: block.tag(message, keys))

    def rename_tag(self, old: str, new: str) -> None:
        """The messages with a tag have another instead. old and new: keys."""

        def rename() -> None:
            for block in self._blocks.values():
                bits = block.tags.pop(old, 0)
                block.tags[new] = block.tags.get(new, 0) | bits

        self._change_if_used(rename)

    def delete_tag(self, key: str) -> None:
        """No message has a tag any more."""

        def delete() -> None:
            for block in self._blocks.values():
                block.tags.pop(key, None)

        self._change_if_used(delete)

    def remove(self, ids: Iterable[int]) -> None:
        """Messages are gone."""
        self._change_each(ids, lambda block, message: block.remove(message))

    def remove_up_to(self, message: int) -> None:
        """Every message up to an id is gone."""

        def remove() -> None:
            self._floor = max(self._floor, message)
            for number, block in list(self._blocks.items()):
                if block.last <= self._floor:
                    del self._blocks[number]
                elif block.first <= self._floor:
                    block.remove_up_to(self._floor)

        self._change(remove)

    def matching(self, number: int, node: Node, *, newest: int, look: Look) -> tuple[int, int]:
        """Return the bits of the messages of a block, up to an id, that match, and of those of them that are unread."""
        # Only a search needs the grammar's nodes, and most tests never search.
        from mailtrap_lite.store.matching import matching

        with self._lock:
            self._make_changes()
            block = self._blocks.get(number)
            if block is None:
                return 0, 0
            among = block.alive
            if newest < block.last:
                among &= (1 << max(0, newest + 1 - block.first)) - 1
            found = matching(block, node, among, look)
            return found, found & block.unread

    def _change_each(self, ids: Iterable[int], change: Callable[[Block, int], None]) -> None:
        some = tuple(ids)

        def change_each() -> None:
            for message in some:
                block = self._blocks.get(message // BLOCK)
                if block is not None:
                    change(block, message)

        self._change_if_used(change_each)

    def _change_if_used(self, change: Callable[[], None]) -> None:
        if self._blocks or self._changes:
            self._change(change)

    def _change(self, change: Callable[[], None]) -> None:
        self._changes.append(change)
        if self._lock.acquire(blocking=False):
            try:
                self._make_changes()
            finally:
                self._lock.release()

    def _make_changes(self) -> None:
        """Make the changes in the order in which they were noted. Under the lock."""
        while self._changes:
            self._changes.popleft()()
