"""What a query is made of, and what each part of it means: the one reference meaning of a search.

A node says whether it holds of a message. A store may look it up in another way, and has to come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mailtrap_lite.search.words import ITEM, SECTION, VALUE, Has, Searched, Section


@dataclass(frozen=True, slots=True)
class Everything:
    """Holds of each message."""

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return True


@dataclass(frozen=True, slots=True)
class Anywhere:
    """A text that stands in any of the fields, or in the text. needle: folded octets."""

    needle: bytes

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return self.needle in found.fields or self.needle in found.deep()[1]


@dataclass(frozen=True, slots=True)
class Within:
    """A text that stands in one of these sections; exact: that is the whole of an item there, "" for none at all."""

    needle: bytes
    sections: tuple[Section, ...]
    exact: bool = False

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        wanted = ITEM + self.needle + ITEM if self.exact else self.needle
        # Looking at all of them first is cheaper than parting them, and most messages are not the one.
        if wanted not in found.fields:
            return False
        parted = found.fields.split(SECTION)
        return any(wanted in parted[section] for section in self.sections)


@dataclass(frozen=True, slots=True)
class Header:
    """A header field of that name, with a value that contains the text; both folded octets."""

    name: bytes
    needle: bytes

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        headers, _ = found.deep()
        name = self.name + VALUE
        if ITEM + name not in headers:
            return False
        return not self.needle or any(
            item.startswith(name) and self.needle in item[len(name) :] for item in headers.split(ITEM)
        )


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag, folded; "" for any."""

    tag: str

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return self.tag in found.tags if self.tag else bool(found.tags)


@dataclass(frozen=True, slots=True)
class Read:
    """The read mark."""

    read: bool

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return found.read is self.read


@dataclass(frozen=True, slots=True)
class Having:
    """An attachment, an inline part, HTML or text."""

    what: Has

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return bool(found.flags & self.what)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Received before a moment, or then and later; seconds since the epoch."""

    moment: float
    before: bool

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return found.received < self.moment if self.before else found.received >= self.moment


@dataclass(frozen=True, slots=True)
class Size:
    """Larger than so many octets, or smaller."""

    octets: float
    larger: bool

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return found.size > self.octets if self.larger else found.size < self.octets


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold."""

    node: Node

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return not self.node.holds(found)


@dataclass(frozen=True, slots=True)
class All:
    """All of these."""

    nodes: tuple[Node, ...]

    def holds(self, found: Searched) -> bool:
        """Return whether they do."""
        return all(node.holds(found) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these."""

    nodes: tuple[Node, ...]

    def holds(self, found: Searched) -> bool:
        """Return whether it does."""
        return any(node.holds(found) for node in self.nodes)


Node: TypeAlias = Everything | Anywhere | Within | Header | Tagged | Read | Having | Arrived | Size | Not | All | Either
