"""What is read of a mail when somebody looks, and kept so that nobody has to read it again. Knows no store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.message import Message
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search.words import Words

# Messages and octets of their words that are kept with one transaction: who delivers meanwhile waits for no more.
GISTS_AT_ONCE = 100
OCTETS_AT_ONCE = 1024**2


@dataclass(frozen=True, slots=True)
class Gist:
    """What was read from a mail.

    digest: for a list. tags: those that it came with. words: for a search.
    """

    digest: Digest
    tags: tuple[str, ...]
    words: Words


# Reads a mail; never raises.
Reader: TypeAlias = Callable[[Message], Gist]


def gists_of(ids: Iterable[int], load: Callable[[int], Message], read: Reader) -> Iterator[list[tuple[int, Gist]]]:
    """Yield the gists of messages in slices that are kept together; load raises NoSuchMessage for one that is gone."""
    gists: list[tuple[int, Gist]] = []
    octets = 0
    for message in ids:
        try:
            gist = read(load(message))
        except NoSuchMessage:  # deleted since the ids were read
            continue
        gists.append((message, gist))
        octets += sum(map(len, gist.words[1:]))
        if len(gists) == GISTS_AT_ONCE or octets >= OCTETS_AT_ONCE:
            yield gists
            gists, octets = [], 0
    if gists:
        yield gists
