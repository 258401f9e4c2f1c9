"""Which messages of a block match a query: by their words where that is sure, by a look at them where it is not.

It comes to what the query means. Knows no store: how a message is looked at comes as an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeAlias

from mailtrap_lite.search.nodes import (
    All,
    Anywhere,
    Arrived,
    Either,
    Everything,
    Having,
    Header,
    Node,
    Not,
    Read,
    Size,
    Tagged,
    Within,
)
from mailtrap_lite.search.words import ITEM, VALUE, Has, Searched, Section
from mailtrap_lite.store.block import HEADERS, TEXT, WHOLE, Block, Span
from mailtrap_lite.store.found import bits_of

# Yields what a query sees of messages, each with its id; those that are gone are left out.
Look: TypeAlias = Callable[[list[int]], Iterable[tuple[int, Searched]]]

_ANYWHERE = (*Section, TEXT)


def matching(block: Block, node: Node, among: int, look: Look) -> int:
    """Return the bits of those among some that match."""
    if not among:
        return 0
    match node:
        case Everything():
            return among
        case Not(inner):
            return among & ~matching(block, inner, among, look)
        case All(nodes):
            for each in _slow_ones_last(nodes):
                among = matching(block, each, among, look)
            return among
        case Either(nodes):
            found = 0
            for each in _slow_ones_last(nodes):
                found |= matching(block, each, among & ~found, look)
            return found
        case Read(read):
            return among & ~block.unread if read else among & block.unread
        case Tagged(tag):
            return among & (block.tags.get(tag, 0) if tag else reduce(or_, block.tags.values(), 0))
        case _:
            return _of_the_message(block, node, among, look)


def _slow_ones_last(nodes: Sequence[Node]) -> Sequence[Node]:
    return nodes if len(nodes) == 1 else sorted(nodes, key=_is_slow)


def _is_slow(node: Node) -> bool:
    """Whether messages may have to be looked at for it: others come first, and leave less to look at."""
    match node:
        case Anywhere(needle) | Within(needle) | Header(_, needle):
            return b" " in needle
        case Not(inner):
            return _is_slow(inner)
        case All(nodes) | Either(nodes):
            return any(map(_is_slow, nodes))
        case Everything() | Read() | Tagged() | Having() | Arrived() | Size():
            return False
    return True


def _of_the_message(block: Block, node: Node, among: int, look: Look) -> int:
    """Return it for what never changes, so that what was found out is kept."""
    known = block.known.get(node)
    if known is not None and known.messages == block.here and not known.open & among:
        return known.sure & among
    if known is not None and known.messages == block.here:
        sure, still = known.sure, known.open
    else:
        sure, still = _by_words(block, node)
        still &= ~sure
    if seen := among & still:
        ids = [block.first + place for place in bits_of(seen)]
        sure |= sum(1 << message - block.first for message, found in look(ids) if node.holds(found))
    block.remember(node, sure, still & ~seen)
    return sure & among


def _by_words(block: Block, node: Node) -> tuple[int, int]:
    """Return the bits of those that match, and of those that may match."""
    match node:
        case Anywhere(needle) if b" " not in needle:
            return _having(block, _ANYWHERE, needle), block.unsure
        case Anywhere(needle):
            return 0, block.unsure | _phrase(block, _ANYWHERE, needle)
        case Within(needle, sections, exact) if b" " not in needle:
            zones = [WHOLE + section for section in sections] if exact else sections
            return _having(block, zones, ITEM + needle + ITEM if exact else needle), block.unsure
        case Within(needle, sections, exact):
            return 0, block.unsure | _phrase(block, sections, needle, exact=exact)
        case Header(name, needle):
            return _header(block, name + VALUE, needle)
        case Having(what):
            return reduce(or_, (block.flags[flag] for flag in Has if flag & what), 0), 0
        case Arrived(moment, before):
            earlier = _below(block, block.received, moment)
            return earlier if before else block.here & ~earlier, 0
        case Size(octets, larger):
            if larger:
                return block.here & ~_below(block, block.sizes, octets, or_equal=True), 0
            return _below(block, block.sizes, octets), 0
    return 0, block.here


def _having(block: Block, zones: Iterable[int], pattern: bytes) -> int:
    found = 0
    for zone in zones:
        if vocabulary := block.zones.get(zone):
            found |= vocabulary.having(pattern, enough=block.here & ~found)
    return found


def _phrase(block: Block, zones: Iterable[int], needle: bytes, *, exact: bool = False) -> int:
    """Return the bits of those that have each word of a phrase in one zone, in whatever order."""
    first, *inner, last = needle.split(b" ")
    patterns = [(ITEM if exact else b"") + first + ITEM, ITEM + last + (ITEM if exact else b"")]
    patterns += [ITEM + word + ITEM for word in inner]
    found = 0
    for zone in zones:
        having = block.here
        for pattern in patterns:
            having &= _having(block, [zone], pattern) if having else 0
        found |= having
    return found


def _header(block: Block, prefix: bytes, needle: bytes) -> tuple[int, int]:
    vocabulary = block.zones.get(HEADERS)
    if vocabulary is None:
        return 0, block.unsure
    if not needle:
        return vocabulary.having(ITEM + prefix + ITEM, enough=block.here), block.unsure
    if b" " not in needle:
        return vocabulary.having_behind(prefix, needle), block.unsure
    first, *inner, last = needle.split(b" ")
    having = vocabulary.having(first + ITEM, enough=block.here)
    for word in inner:
        having &= vocabulary.having(ITEM + prefix + word + ITEM, enough=having)
    return 0, block.unsure | having & vocabulary.having(ITEM + prefix + last, enough=having)


def _below(block: Block, values: Span, bound: float, *, or_equal: bool = False) -> int:
    if bound > values.most:
        return block.here
    if bound < values.least:
        return 0
    # Written and read as a number: that is faster than to set bit after bit.
    digits = ["1" if value < bound or (or_equal and value == bound) else "0" for value in reversed(values.each)]
    return int("".join(digits), 2) & block.here
