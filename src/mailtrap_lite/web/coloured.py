"""What a mail says as coloured text: HTML by its tokens, prose with its links, a source with numbered lines.

Everything is escaped here, piece by piece; the results are the only mark-up that templates take as it is.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup, escape

from mailtrap_lite.message.links import Link, pieces
from mailtrap_lite.message.markup import Mark, tokens

MOST_TOKENS = 20_000  # coloured pieces, which a browser lays out in a fraction of a second; the others stay plain
MOST_LINKS = 2_000  # in one text

_CLICKABLE = frozenset({"http", "https", "mailto", "ftp"})
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>')
_PIECE = Markup('<span class="{}">{}</span>')
_NUMBERED = Markup('<span class="line">{}</span>')
_UNCOLOURED = frozenset({Mark.TEXT, Mark.PLAIN})


def html(source: str) -> Markup:
    """Return HTML to be read, in colours."""
    written: list[str] = []
    left = MOST_TOKENS
    done = 0
    for mark, alike in groupby(tokens(source), key=lambda token: token.mark):
        text = "".join(token.text for token in alike)
        done += len(text)
        written.append(escape(text) if mark in _UNCOLOURED else _PIECE.format(f"t-{mark}", text))
        left -= 1
        if not left:
            written.append(escape(source[done:]))
            break
    return Markup("").join(written)


def prose(text: str) -> Markup:
    """Return text with its links to be clicked. They open in a new window that learns nothing of this one."""
    written: list[str] = []
    left = MOST_LINKS
    done = 0
    for piece in pieces(text):
        if isinstance(piece, str):
            done += len(piece)
            written.append(escape(piece))
            continue
        done += len(piece.text)
        written.append(_LINK.format(piece.url, piece.text) if clickable(piece) else escape(piece.text))
        left -= 1
        if not left:
            written.append(escape(text[done:]))
            break
    return Markup("").join(written)


def clickable(link: Link) -> bool:
    """Return whether a link may be clicked in a page of ours; a relative one, or javascript:, may not."""
    return link.scheme in _CLICKABLE


def lines(text: str) -> Markup:
    """Return text whose lines a style sheet can number."""
    return Markup("\n").join(_NUMBERED.format(line) for line in text.split("\n"))


def hexdump(octets: bytes) -> str:
    """Return octets as people look at them: where, in hexadecimal, and what of them is ASCII."""
    rows = []
    for start in range(0, len(octets), 16):
        row = octets[start : start + 16]
        shown = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in row)
        rows.append(f"{start:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  {shown}")
    return "\n".join(rows)
