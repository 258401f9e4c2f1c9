"""Which message in memory has which tag, and how a tag is spelled. Knows no lock; its owner has one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailtrap_lite.store.kept import Kept
from mailtrap_lite.tags import distinct, key_of


class Tagging:
    """From the key of a tag to its spelling and its messages. The first spelling stays while a message has the tag."""

    def __init__(self, told: Callable[[int, tuple[str, ...]], None]) -> None:
        """told: called with the id of a message and the keys of its tags when it is given some."""
        self._told = told
        self._names: dict[str, str] = {}
        self._messages: dict[str, dict[int, Kept]] = {}

    def put(self, kept: Kept, tags: Iterable[str]) -> None:
        """Give a message these tags and no others."""
        wanted = distinct(tags)
        self.forget(kept, but=wanted)
        for key, name in wanted.items():
            self._names.setdefault(key, name)
            self._messages.setdefault(key, {})[kept.id] = kept
        kept.tags = tuple(wanted)
        self._told(kept.id, kept.tags)

    def forget(self, kept: Kept, *, but: Iterable[str] = ()) -> None:
        """A message goes, or has no tags any more but these."""
        for key in set(kept.tags or ()).difference(but):
            having = self._messages[key]
            del having[kept.id]
            if not having:
                del self._messages[key], self._names[key]

    def clear(self) -> None:
        """All messages go."""
        self._names.clear()
        self._messages.clear()

    def names(self) -> list[str]:
        """Return each tag, in order."""
        return [self._names[key] for key in sorted(self._names)]

    def counts(self) -> dict[str, int]:
        """Return how many messages have each tag, in order."""
        return {self._names[key]: len(self._messages[key]) for key in sorted(self._names)}

    def names_of(self, kept: Kept) -> tuple[str, ...] | None:
        """Return the tags of a message; None if they are not known."""
        return None if kept.tags is None else tuple(self._names[key] for key in kept.tags)

    def spelled(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Return tags as they are spelled here."""
        return tuple(self._names.get(key, name) for key, name in distinct(tags).items())

    def rename(self, old: str, new: str) -> int:
        """Rename a tag, or merge it into another. Return how many messages had it."""
        before, after = key_of(old), key_of(new)
        having = list(self._messages.get(before, {}).values())
        if not having:
            return 0
        if before == after:
            self._names[after] = new
            return len(having)
        for kept in having:
            names = [*self._others(kept, before), self._names.get(after, new)]
            self.put(kept, names)
        return len(having)

    def delete(self, name: str) -> int:
        """Take a tag from all messages. Return how many had it."""
        having = list(self._messages.get(key_of(name), {}).values())
        for kept in having:
            self.put(kept, self._others(kept, key_of(name)))
        return len(having)

    def _others(self, kept: Kept, key: str) -> list[str]:
        return [self._names[each] for each in kept.tags or () if each != key]
