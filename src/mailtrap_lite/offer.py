"""What a door can do now: its capabilities without those that are hidden. Knows no protocol and no session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailtrap_lite.settings import MECHANISMS


@dataclass(frozen=True, slots=True)
class Offer:
    """capabilities: in the order in which they are listed. mechanisms: of AUTH, in theirs."""

    capabilities: tuple[str, ...]
    mechanisms: tuple[str, ...]

    def __contains__(self, capability: object) -> bool:
        return capability in self.capabilities


def capabilities_of(
    known: Iterable[str], *, hidden: frozenset[str], now: Mapping[str, bool], needs: Mapping[str, str]
) -> tuple[str, ...]:
    """Return those that are there: not hidden, not said to be absent by `now`, and with the one that each needs."""
    kept = [name for name in known if name not in hidden and now.get(name, True)]
    return tuple(name for name in kept if needs.get(name, name) in kept)


def mechanisms_of(hidden: frozenset[str]) -> tuple[str, ...]:
    """Return the mechanisms of AUTH that are not hidden."""
    return tuple(name for name in MECHANISMS if name not in hidden)
