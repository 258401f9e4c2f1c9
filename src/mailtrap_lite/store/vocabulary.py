"""The words of a block of messages, each once, and which messages have it. Knows octets and numbers only.

The words stand in one row of octets, so that a part of a word is looked for as fast as memory is read, and however
many messages have the same words.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from mailtrap_lite.search.words import ITEM

_MANY = -1


class Vocabulary:
    """Each word with the messages that have it; a message is a place in its block. Its owner has the lock."""

    __slots__ = ("_in_many", "_in_one", "_octets", "_place_of", "_starts")

    def __init__(self) -> None:
        self._octets = bytearray(ITEM)  # before and behind each word
        self._starts = array("I")
        self._in_one = array("h")  # the place of the only message, or _MANY
        self._in_many: dict[int, int] = {}
        self._place_of: dict[bytes, int] = {}

    def add(self, words: Iterable[bytes], message: int) -> int:
        """Add the words of a message. Return how many octets of them are new."""
        before = len(self._octets)
        for word in words:
            place = self._place_of.get(word)
            if place is None:
                self._place_of[word] = len(self._starts)
                self._starts.append(len(self._octets))
                self._in_one.append(message)
                self._octets += word + ITEM
            elif (one := self._in_one[place]) == _MANY:
                self._in_many[place] |= 1 << message
            elif one != message:
                self._in_one[place] = _MANY
                self._in_many[place] = 1 << one | 1 << message
        return len(self._octets) - before

    def seal(self) -> None:
        """No word comes any more; forget what is only needed for that, most of the memory."""
        self._place_of = {}

    def having(self, pattern: bytes, *, enough: int) -> int:
        """Return the bits of messages with a word in which a pattern stands; ITEM in it is the end of a word.

        enough: once all these are found, others need not be.
        """
        found = 0
        for place, _ in self._places(pattern):
            one = self._in_one[place]
            found |= self._in_many[place] if one == _MANY else 1 << one
            if not enough & ~found:
                break
        return found

    def having_behind(self, prefix: bytes, needle: bytes) -> int:
        """Return the bits of messages with a word that begins with a prefix and has the needle behind that."""
        found = 0
        for place, end in self._places(needle):
            word = self._octets[self._starts[place] : end]
            if word.startswith(prefix) and needle in word[len(prefix) :]:
                one = self._in_one[place]
                found |= self._in_many[place] if one == _MANY else 1 << one
        return found

    def _places(self, pattern: bytes) -> Iterator[tuple[int, int]]:
        """Yield each word in which a pattern stands, by its number, and where the octet behind it is."""
        lead = pattern.startswith(ITEM)
        at = self._octets.find(pattern)
        while at >= 0:
            place = bisect_right(self._starts, at + lead) - 1
            following = place + 1
            end = (self._starts[following] if following < len(self._starts) else len(self._octets)) - 1
            yield place, end
            at = self._octets.find(pattern, end)
