"""Where in a mail something is, in words for a finding: one line of printable ASCII, whatever the mail says."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrap_lite.message.parts import Part

_LONGEST = 60


def line_of(raw: bytes, place: int) -> int:
    """Return the number of the line in which an octet is, as an editor counts: from 1, by LF."""
    return raw.count(b"\n", 0, place) + 1


def where(raw: bytes, first: int, count: int) -> str:
    """Return "in line 7", or how often and where first."""
    line = f"in line {line_of(raw, first)}"
    return line if count == 1 else f"{count:,} times, first {line}"


def and_more(count: int) -> str:
    """Return what follows the first of several."""
    return f", and {count - 1:,} more" if count > 1 else ""


def shown(text: str) -> str:
    """Return text of a mail as it may be printed: quoted, escaped and short."""
    return ascii(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!a}..."


def place_of(part: Part) -> str:
    """Return "part 1.2: " as the defects of a content begin; "" for the mail itself."""
    return "" if part.id == "0" else f"part {part.id}: "


def tree(part: Part) -> Iterator[Part]:
    """Yield a part and all parts in it, in the order of the mail."""
    yield part
    for child in part.children:
        yield from tree(child)
