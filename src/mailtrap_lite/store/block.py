"""The messages of a block of ids as a search looks at them: their words, and bits for all else. Knows no lock.

What is of the message itself never changes; marks, tags and whether it is there do.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mailtrap_lite.search.words import ITEM, SECTION, VALUE, Has, Section, Words
from mailtrap_lite.store.found import BLOCK
from mailtrap_lite.store.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mailtrap_lite.search.nodes import Node

# Zones of words: a section, a section of which only whole items are kept, the header fields, the text.
WHOLE = 100
HEADERS = 200
TEXT = 201

# A mail with more words than that is looked at itself: to keep them would cost more than it saves.
MOST_WORDS = 5_000

# Queries of which a block remembers what they found there.
_MOST_KNOWN = 64

Terms = tuple[tuple[int, frozenset[bytes]], ...]


class Facts(NamedTuple):
    """What a block is to know of a message. terms: the words of each zone, None if they are too many to be kept.

    tags: their keys.
    """

    message: int
    received: float
    size: int
    flags: int
    terms: Terms | None
    tags: Iterable[str]


class Known(NamedTuple):
    """What was found out for a part of a query. sure: the bits of matches. open: of those that nobody looked at."""

    messages: int
    sure: int
    open: int


class Span:
    """A number of each message of a block, with the least and the largest of them."""

    def __init__(self) -> None:
        self.each = array("d", bytes(8 * BLOCK))
        self.least = math.inf
        self.most = -math.inf

    def put(self, place: int, value: float) -> None:
        """Set the number of a message."""
        self.each[place] = value
        self.least, self.most = min(self.least, value), max(self.most, value)


class Block:
    """One block. The bits of a message are at its place: its id less the first id of the block."""

    def __init__(self, number: int) -> None:
        self.first = number * BLOCK
        self.last = self.first + BLOCK - 1
        self.read_to = self.first - 1  # each message up to this id is in here, or gone
        self.here = self.alive = self.unread = self.unsure = 0
        self.flags = dict.fromkeys(Has, 0)
        self.tags: dict[str, int] = {}
        self.zones: dict[int, Vocabulary] = {}
        self.received = Span()
        self.sizes = Span()
        self.known: dict[Node, Known] = {}
        self.octets = 0

    def add(self, facts: Facts, *, read: bool) -> None:
        """Add a message, once."""
        place = facts.message - self.first
        bit = 1 << place
        if self.here & bit:
            return
        self.here |= bit
        self.alive |= bit
        self.unread |= 0 if read else bit
        self.received.put(place, facts.received)
        self.sizes.put(place, facts.size)
        for flag in Has:
            self.flags[flag] |= bit if facts.flags & flag else 0
        self.tag(facts.message, facts.tags)
        if facts.terms is None:
            self.unsure |= bit
            return
        for zone, words in facts.terms:
            vocabulary = self.zones.get(zone)
            if vocabulary is None:
                vocabulary = self.zones[zone] = Vocabulary()
            self.octets += vocabulary.add(words, place)

    def mark(self, message: int, *, read: bool) -> None:
        """Set the read mark of a message."""
        bit = 1 << (message - self.first)
        self.unread = self.unread & ~bit if read else self.unread | bit

    def mark_all(self, *, read: bool) -> None:
        """Set the read mark of all."""
        self.unread = 0 if read else self.here

    def tag(self, message: int, keys: Iterable[str]) -> None:
        """Give a message these tags and no others."""
        bit = 1 << (message - self.first)
        for key, bits in list(self.tags.items()):
            if bits & bit:
                self.tags[key] = bits & ~bit
        for key in keys:
            self.tags[key] = self.tags.get(key, 0) | bit

    def remove(self, message: int) -> None:
        """A message is gone."""
        self._keep(~(1 << (message - self.first)))

    def remove_up_to(self, message: int) -> None:
        """Each message up to an id of this block is gone."""
        self._keep(-1 << (message + 1 - self.first))

    def _keep(self, mask: int) -> None:
        self.alive &= mask
        if not self.alive:  # nobody asks for the words of those that are gone
            self.unsure |= self.here
            self.zones, self.known, self.octets = {}, {}, 0

    def read_up_to(self, message: int) -> None:
        """All messages up to an id were added."""
        self.read_to = max(self.read_to, message)
        if self.read_to == self.last:
            for vocabulary in self.zones.values():
                vocabulary.seal()

    def remember(self, node: Node, sure: int, still: int) -> None:
        """Keep what was found out; the oldest goes when there is much."""
        self.known.pop(node, None)
        if len(self.known) >= _MOST_KNOWN:
            del self.known[next(iter(self.known))]
        self.known[node] = Known(self.here, sure, still)


def terms_of(words: Words) -> Terms | None:
    """Return the words of each zone; None if they are too many."""
    zones: list[tuple[int, frozenset[bytes]]] = []
    many = 0
    for section, items in zip(Section, words.fields.split(SECTION), strict=False):
        whole = items[1:-1].split(ITEM)
        zones.append((section, frozenset(items.replace(ITEM, b" ").split())))
        zones.append((WHOLE + section, frozenset(item for item in whole if b" " not in item)))
        many += len(zones[-2][1])
    headers = frozenset(_headers(words.headers))
    text = frozenset(words.text.replace(ITEM, b" ").split())
    if many + len(headers) + len(text) > MOST_WORDS:
        return None
    return (*(zone for zone in zones if zone[1]), (HEADERS, headers), (TEXT, text))


def _headers(headers: bytes) -> Iterable[bytes]:
    """Yield each word of a field behind the name of the field, and the name alone."""
    for item in headers[1:-1].split(ITEM):
        name, mark, value = item.partition(VALUE)
        if mark:
            yield name + VALUE
            yield from (name + VALUE + word for word in value.split())
