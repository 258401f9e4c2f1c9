"""Patterns, as a test author writes them: a text with `*` and `?`, or a regular expression. Knows no mail."""

from __future__ import annotations

import re

# A text, in which `*` stands for anything and `?` for any one character, or a regular expression.
Pattern = str | re.Pattern[str]


def is_pattern(value: object) -> bool:
    """Return whether a value can be a pattern."""
    return isinstance(value.pattern if isinstance(value, re.Pattern) else value, str)


def fits(pattern: Pattern, value: str, *, fold: bool = False) -> bool:
    """Return whether value as a whole is what the pattern says; a regular expression is searched for in it.

    fold: upper and lower case are the same, for a regular expression as well as its flags say.
    """
    if isinstance(pattern, re.Pattern):
        return pattern.search(value) is not None
    return _globs(pattern.casefold(), value.casefold()) if fold else _globs(pattern, value)


def occurs(pattern: Pattern, value: str) -> bool:
    """Return whether the pattern is anywhere in value; for a text any white space is one space."""
    if isinstance(pattern, re.Pattern):
        return pattern.search(value) is not None
    return _globs(f"*{folded(pattern)}*", folded(value))


def folded(text: str) -> str:
    """Return a text in one line, with single spaces, as lines are broken anywhere in a mail."""
    return " ".join(text.split())


def spelled(pattern: Pattern) -> str:
    """Return a pattern as one writes it in Python."""
    if not isinstance(pattern, re.Pattern):
        return repr(pattern)
    flags = re.RegexFlag(pattern.flags & ~re.UNICODE)
    return f"re.compile({pattern.pattern!r}{f', {flags}' if flags else ''})"


def _globs(pattern: str, value: str) -> bool:
    """Return whether value is pattern, in which `*` is anything and `?` any one character.

    Not fnmatch: there "[urgent]" would be a class of letters, and brackets are common in subjects.
    Not one regular expression: with many stars it needs ages. The leftmost place for what stands between two stars
    is always good enough, so nothing is ever looked at again.
    """
    first, *between = pattern.split("*")
    if not between:
        return len(first) == len(value) and _at(first, value, 0)
    last = between.pop()
    at, end = len(first), len(value) - len(last)
    if at > end or not _at(first, value, 0) or not _at(last, value, end):
        return False
    for piece in between:
        at = _behind(piece, value, at, end)
        if at < 0:
            return False
    return True


def _at(piece: str, value: str, place: int) -> bool:
    if "?" not in piece:
        return value.startswith(piece, place)
    return all(wanted in ("?", value[place + n]) for n, wanted in enumerate(piece))


def _behind(piece: str, value: str, start: int, end: int) -> int:
    """Return where the first place of piece in value[start:end] ends; -1 without one."""
    if "?" not in piece:
        found = value.find(piece, start, end)
        return found if found < 0 else found + len(piece)
    anything = re.compile("".join("." if each == "?" else re.escape(each) for each in piece), re.DOTALL)
    place = anything.search(value, start, end)
    return place.end() if place else -1
