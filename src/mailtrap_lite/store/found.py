"""What a search found: for each block of ids a number whose bits say which. Knows no query and no store.

A hundred thousand messages are fifty numbers, so that a page of them, their count and the neighbours of one are
known without a list of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtrap_lite.store.order import Order

# Ids in a block. The first id of a block is a multiple of it.
BLOCK = 2048


@dataclass(frozen=True)
class Found:
    """The messages that a search found, newest first.

    parts: the first id of a block and the bits of what was found there, newest first; none of them is empty.
    unread: how many of them nobody opened. complete: whether all mail was looked at; if not, there is older mail that
    nobody has read yet, and there may be more.
    """

    parts: tuple[tuple[int, int], ...]
    unread: int
    complete: bool = True

    @cached_property
    def total(self) -> int:
        """How many there are."""
        return sum(bits.bit_count() for _, bits in self.parts)

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """All ids, newest first."""
        return tuple(message for first, bits in self.parts for message in _downwards(first, bits))

    def page(self, start: int, limit: int) -> list[int]:
        """Return `limit` ids from `start` on."""
        page: list[int] = []
        for first, bits in self.parts:
            many = bits.bit_count()
            if start >= many:
                start -= many
                continue
            for number, message in enumerate(_downwards(first, bits)):
                if len(page) >= limit:
                    return page
                if number >= start:
                    page.append(message)
            start = 0
        return page

    def in_order(self, order: Order, *, start: int, limit: int) -> list[int]:
        """Return `limit` ids from `start` on in an order by ids, behind its spot if it has one."""
        rest = self
        if order.behind is not None:
            rest = self.behind(order.behind.id) if order.descending else self.ahead(order.behind.id)
        if order.descending:
            return rest.page(start, limit)
        end = max(0, rest.total - start)
        first = max(0, end - limit)
        return rest.page(first, end - first)[::-1]

    def without(self, ids: Iterable[int]) -> Found:
        """Return the others. Their `unread` is not counted."""
        gone: dict[int, int] = {}
        for message in ids:
            first = message - message % BLOCK
            gone[first] = gone.get(first, 0) | 1 << message - first
        return replace(self, parts=tuple(_masked(self.parts, lambda first: ~gone.get(first, 0))))

    def behind(self, message: int) -> Found:
        """Return those that are older than a message, be it among them or not. Their `unread` is not counted."""
        return replace(self, parts=tuple(_masked(self.parts, lambda first: (1 << _within(message - first)) - 1)))

    def ahead(self, message: int) -> Found:
        """Return those that are newer than a message, be it among them or not. Their `unread` is not counted."""
        return replace(self, parts=tuple(_masked(self.parts, lambda first: -1 << _within(message + 1 - first))))

    def __contains__(self, message: object) -> bool:
        return isinstance(message, int) and bool(self._bits.get(message - message % BLOCK, 0) >> message % BLOCK & 1)

    @cached_property
    def _bits(self) -> dict[int, int]:
        return dict(self.parts)


def bits_of(bits: int) -> Iterator[int]:
    """Yield the places of the bits of a number, the highest first."""
    while bits:
        place = bits.bit_length() - 1
        yield place
        bits ^= 1 << place


def _downwards(first: int, bits: int) -> Iterator[int]:
    return (first + place for place in bits_of(bits))


def _within(place: int) -> int:
    """Return a place in a block, its end for one far behind it: a client names any id, and a shift costs its octets."""
    return min(max(0, place), BLOCK)


def _masked(parts: Iterable[tuple[int, int]], mask_of: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    for first, bits in parts:
        if some := bits & mask_of(first):
            yield first, some
