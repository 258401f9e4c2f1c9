"""What counts as the same text: letter case, width, composed or not, and kinds of white space do not matter.

Texts are folded once when they are kept and once when they are asked for; then they are compared octet by octet.
"""

from __future__ import annotations

from collections.abc import Iterator

# Python puts combining characters in order by insertion, which is quadratic: no piece is longer than this.
_PIECE = 128


def fold(text: str) -> str:
    """Return the text in NFKC, with its case folded, white space collapsed and none at the ends."""
    if text.isascii():
        return " ".join(text.lower().split())
    words = text.split()
    if max(map(len, words), default=0) > _PIECE:
        folded = " ".join("".join(map(_folded, _pieces(word))) for word in words)
    else:
        folded = _folded(" ".join(words))
    return " ".join(folded.split())  # some characters become a space and another


def octets(text: str) -> bytes:
    """Return the folded text in UTF-8, in which 0xFD, 0xFE and 0xFF never occur."""
    return fold(text).encode("utf-8", "surrogatepass")


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # its table is only needed for text that is not ASCII

    # A second time, because folding case may decompose (Unicode 15, section 3.13, D145).
    return normalize("NFKC", normalize("NFKC", text).casefold())


def _pieces(word: str) -> Iterator[str]:
    """Yield a long word in pieces, cut where no character combines with the one before it, if such a place is near."""
    from unicodedata import combining

    at = 0
    while at < len(word):
        end = min(at + _PIECE, len(word))
        if end < len(word):
            end = next((place for place in range(end, end - _PIECE // 2, -1) if not combining(word[place])), end)
        yield word[at:end]
        at = end
