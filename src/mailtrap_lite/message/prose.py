"""Plain text as people read it: quotes, the signature, and lines that flow (RFC 3676). Knows no mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

# "> > text" and ">> text" are both quoted twice; "From" of an mbox file is no quote.
_QUOTED = re.compile(r"(?:>[ ]?)*")
_SIGNATURE = "-- "  # RFC 3676 section 4.3


@dataclass(frozen=True, slots=True)
class Line:
    """One line: how many times it is quoted, its text without the quote marks, whether it is of a signature."""

    depth: int
    text: str
    signature: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow each other and are alike. text: they, with LF between them."""

    depth: int
    text: str
    signature: bool


def blocks(text: str, *, flowed: bool = False, delsp: bool = False) -> tuple[Block, ...]:
    """Return text in blocks. flowed: join the lines that flow; delsp: without the space at which they flow.

    Never raises.
    """
    lines = _flowing(text.split("\n"), delsp=delsp) if flowed else _fixed(text.split("\n"))
    groups = groupby(_signed(lines), key=lambda line: (line.depth, line.signature))
    return tuple(
        Block(depth, "\n".join(line.text for line in alike), signature) for (depth, signature), alike in groups
    )


def _fixed(lines: Iterable[str]) -> Iterator[Line]:
    for line in lines:
        marks = _QUOTED.match(line)
        end = marks.end() if marks else 0
        yield Line(line.count(">", 0, end), line[end:])


def _flowing(lines: Iterable[str], *, delsp: bool) -> Iterator[Line]:
    depth = 0
    pieces: list[str] = []  # of the paragraph that is not at its end
    for line in lines:
        text = line.lstrip(">")
        quoted = len(line) - len(text)
        text = text.removeprefix(" ")  # space-stuffing (RFC 3676 section 4.4)
        flows = text.endswith(" ") and text != _SIGNATURE
        if pieces and (quoted != depth or text == _SIGNATURE):
            yield Line(depth, "".join(pieces))  # RFC 3676 section 4.5: it does not flow into another depth
            pieces = []
        depth = quoted
        pieces.append(text[:-1] if flows and delsp else text)
        if not flows:
            yield Line(depth, "".join(pieces))
            pieces = []
    if pieces:
        yield Line(depth, "".join(pieces))


def _signed(lines: Iterable[Line]) -> Iterator[Line]:
    signed = False
    for line in lines:
        if line.depth:
            signed = False
        elif line.text == _SIGNATURE:
            signed = True
        yield Line(line.depth, line.text, signed)
