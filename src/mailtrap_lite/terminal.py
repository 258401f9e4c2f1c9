"""Text of strangers for terminals and logs: what would steer one is written out instead. Pure.

A mail may say `ESC ] 52 ; c ; … BEL`, which puts something on the clipboard of whoever looks at it, or U+202E, which
turns `exe.gnp` round, or a line end, behind which it makes up the next line of a log.
"""

from __future__ import annotations

# Not printable for Python, and yet nothing but text: spaces of scripts, and what joins letters and emoji.
_TEXT = frozenset("\u00a0\u2009\u200a\u200c\u200d\u202f\u3000")


def escaped(text: str, *, keep: str = "") -> str:
    r"""Return a text in which controls, overrides and line separators read `\x1b`. keep: which of them may stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or c in _TEXT else _written_out(c) for c in text)


def _written_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
