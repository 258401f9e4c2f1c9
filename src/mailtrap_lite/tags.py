"""Tags: what a tag may be, which are the same, and which a mail comes with. Knows no store and no door."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from mailtrap_lite.errors import BadTag
from mailtrap_lite.message import Content, Envelope
from mailtrap_lite.search.folding import fold

LONGEST = 100  # characters of a tag
MOST_ON_ARRIVAL = 100

# Letters and digits of any script.
_FOREIGN = re.compile(r"[^\w \-.@]")


def checked_tag(name: str) -> str:
    """Return a tag as it is kept, with white space collapsed; raises BadTag."""
    tag = _composed(" ".join(name.split()))
    if not tag or len(tag) > LONGEST or not _is_plain(tag):
        raise BadTag(
            f"{name[:LONGEST]!r} cannot be a tag: a tag has 1 to {LONGEST} letters, digits, spaces, "
            "hyphens, dots, underscores and @"
        )
    return tag


def key_of(tag: str) -> str:
    """Return what is equal for two tags that are the same one."""
    return fold(tag)


def distinct(tags: Iterable[str]) -> dict[str, str]:
    """Return the tags by their keys, in the order of these; the first spelling of each."""
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(key_of(tag), tag)
    return dict(sorted(found.items()))


def arrival_tags(content: Content, envelope: Envelope, *, plus_addresses: bool, x_tags: bool) -> tuple[str, ...]:
    """Return the tags that a mail comes with, what cannot stand in a tag left out.

    plus_addresses: from `alice+tag@x` in From, To, Cc, Bcc or the envelope. x_tags: from its X-Tags fields.
    """
    found = distinct(islice(_arriving(content, envelope, plus=plus_addresses, x_tags=x_tags), MOST_ON_ARRIVAL))
    return tuple(found.values())


def _arriving(content: Content, envelope: Envelope, *, plus: bool, x_tags: bool) -> Iterator[str]:
    if x_tags:
        for field in content.headers.all("x-tags"):
            yield from _cleaned(field.split(","))
    if plus:
        shown = (content.sender, *content.to, *content.cc, *content.bcc)
        for address in (*envelope.addresses, *(each.address for each in shown)):
            local = address.rpartition("@")[0]
            if not local.startswith('"'):
                yield from _cleaned(local.split("+")[1:])


def _cleaned(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        tag = " ".join("".join(filter(_is_plain, _composed(name[: 4 * LONGEST]))).split())[:LONGEST].strip()
        if tag:
            yield tag


def _composed(text: str) -> str:
    if text.isascii():
        return text
    from unicodedata import normalize  # its table is only needed for text that is not ASCII

    return normalize("NFC", text)


def _is_plain(text: str) -> bool:
    return not _FOREIGN.search(text)
