"""How two texts differ, in few lines: long ones are cut around the difference. Knows no mail.

- what was expected
+ what is there instead
?      ^ where they begin to differ
"""

from __future__ import annotations

from difflib import SequenceMatcher

from mailtrap_lite.match import folded

WIDTH = 100  # characters of a line that are shown
BEFORE = 30  # of them before the difference
MOST_LINES = 20  # that are shown
_SEARCHED = 5_000  # characters, or lines, of a text in which the place that is meant is looked for


def place_of(expected: str, found: str) -> list[str]:
    """Return where in `found` something like `expected` is, and how it differs; for texts that do not occur there."""
    if not found.strip():
        return []
    if "\n" in expected.strip():
        return _lines_differ(_lines(expected), _lines(found))
    wanted, text = folded(expected), folded(found)
    nearest = SequenceMatcher(None, wanted[:200], text[:_SEARCHED], autojunk=False).find_longest_match()
    if nearest.size < min(len(wanted), 4):
        return _nothing_alike(found)
    start = max(0, nearest.b - nearest.a)
    return _marked(
        wanted, text[start : start + max(len(wanted), 8)], more=start + len(wanted) < len(text), before=start > 0
    )


def _nothing_alike(found: str) -> list[str]:
    """Return the first lines, of which nothing is like what was expected."""
    lines = [line for line in _lines(found) if line]
    shown = [f"+ {_cut(line)}" for line in lines[: MOST_LINES // 2]]
    return shown + ([f"  ({_lines_word(len(lines) - len(shown))} more)"] if len(shown) < len(lines) else [])


def _lines(text: str) -> list[str]:
    return [folded(line) for line in text.strip().splitlines()]


def _lines_word(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def _lines_differ(expected: list[str], found: list[str]) -> list[str]:
    """Return a line diff of `expected` and of the lines where it would have to be."""
    found, more = found[:_SEARCHED], len(found) > _SEARCHED
    nearest = SequenceMatcher(None, expected[:_SEARCHED], found, autojunk=False).find_longest_match()
    start = max(0, nearest.b - nearest.a) if nearest.size else 0
    window = found[start : start + len(expected) + 2]
    shown: list[str] = [f"  ({_lines_word(start)} before)"] if start else []
    changes = SequenceMatcher(None, expected, window, autojunk=False).get_opcodes()
    for number, (kind, a1, a2, b1, b2) in enumerate(changes):
        last = number == len(changes) - 1
        if kind == "equal":
            shown += _equal(expected[a1:a2], first=number == 0, last=last)
        else:
            if last and b2 - b1 > a2 - a1:
                b2, more = b1 + a2 - a1, True  # what follows in the mail is no difference
            shown += _changed(expected[a1:a2], window[b1:b2])
    if more or start + len(window) < len(found):
        shown.append("  (more follows)")
    if len(shown) > MOST_LINES:
        shown = [*shown[:MOST_LINES], f"  ({_lines_word(len(shown) - MOST_LINES)} more of this comparison)"]
    return shown


def _equal(lines: list[str], *, first: bool, last: bool) -> list[str]:
    """Return equal lines, without those that are far from any difference."""
    if len(lines) <= 4:
        return [f"  {_cut(line)}" for line in lines]
    head = [] if first else lines[:1]
    tail = [] if last else lines[-1:]
    hidden = f"  ({_lines_word(len(lines) - len(head) - len(tail))} alike)"
    return [*(f"  {_cut(line)}" for line in head), hidden, *(f"  {_cut(line)}" for line in tail)]


def _changed(expected: list[str], found: list[str]) -> list[str]:
    shown: list[str] = []
    pairs = min(len(expected), len(found))
    for one, other in zip(expected, found, strict=False):
        shown += _marked(one, other)
    shown += [f"- {_cut(line)}" for line in expected[pairs:]]
    return shown + [f"+ {_cut(line)}" for line in found[pairs:]]


def _marked(expected: str, found: str, *, more: bool = False, before: bool = False) -> list[str]:
    """Return two lines that differ and a mark where they begin to; what is far from there is cut."""
    same = next(
        (n for n, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), min(len(expected), len(found))
    )
    start = 0 if same < WIDTH - BEFORE else same - BEFORE
    lead = "…" if start or before else ""
    return [
        f"- {lead and ('…' if start else ' ')}{_end(expected[start:])}",
        f"+ {lead}{_end(found[start:], more=more)}",
        f"? {' ' * (len(lead) + same - start)}^",
    ]


def _end(text: str, *, more: bool = False) -> str:
    return f"{text[:WIDTH]}…" if len(text) > WIDTH or more else text


def _cut(text: str) -> str:
    return _end(text)
