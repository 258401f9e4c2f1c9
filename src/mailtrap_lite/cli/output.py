"""What commands print: JSON for scripts, columns for people. It knows terminals; it knows no server."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from unicodedata import category, east_asian_width

from mailtrap_lite.cli.failure import UNWRITTEN, Failure
from mailtrap_lite.terminal import escaped

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_GAP = "  "
_CUT = "…"


def say(text: str) -> None:
    """Print a text that is ours."""
    with _writing():
        sys.stdout.write(text + "\n")


def say_json(document: object) -> None:
    """Print a document, in ASCII, so that it is whole whatever the locale is."""
    with _writing():
        json.dump(document, sys.stdout, indent=2)
        sys.stdout.write("\n")


def say_text(text: str) -> None:
    """Print a text of a mail: what would steer a terminal is written out there; into a file it goes as it is."""
    if sys.stdout.isatty():
        say_bytes((escaped(text, keep="\n\t") + ("" if text.endswith("\n") else "\n")).encode("utf-8", "replace"))
    else:
        say_bytes(text.encode("utf-8", "replace"))


def say_raw(octets: bytes) -> None:
    """Print the source of a mail: to the octet, but for a terminal, where it is a text."""
    if sys.stdout.isatty():
        say_text(octets.decode("utf-8", "backslashreplace").replace("\r\n", "\n"))
    else:
        say_bytes(octets)


def say_bytes(octets: bytes) -> None:
    """Write octets to standard output as they are."""
    with _writing():
        sys.stdout.flush()
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()


def finish() -> None:
    """Have all that was printed go where it goes; raises Failure if it cannot."""
    with _writing():
        sys.stdout.flush()


@contextmanager
def _writing() -> Iterator[None]:
    """Tell of a full disk in a line; a pipe that nobody reads any more stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as err:
        raise Failure(UNWRITTEN, f"standard output cannot be written: {err.strerror}") from err


def complain(text: str) -> None:
    """Print lines to standard error, which strangers may have written."""
    sys.stderr.write(escaped(text, keep="\n") + "\n")


def columns(rows: Iterable[Sequence[str]], environment: Mapping[str, str], *, most: Sequence[int]) -> list[str]:
    """Return the lines of a table, whose last column takes what is left, and is cut if that is too little.

    most: the widest that each column but the last may be. Into a file nothing of the last column is cut.
    """
    table = [[escaped(cell) for cell in row] for row in rows]
    widths = [min(limit, max((width_of(row[number]) for row in table), default=0)) for number, limit in enumerate(most)]
    left = _terminal_width(environment) - sum(widths) - len(_GAP) * len(widths)
    lines = []
    for row in table:
        cells = [fitted(cell, width) for cell, width in zip(row, widths, strict=False)]
        last = row[-1] if left <= 0 else cut(row[-1], left)
        lines.append(_GAP.join([*cells, last]).rstrip())
    return lines


def width_of(text: str) -> int:
    """Return how many cells of a terminal a text takes: two for wide characters, none for marks that combine."""
    return sum(_cells(character) for character in text)


def cut(text: str, width: int) -> str:
    """Return a text that takes at most so many cells, with an ellipsis where it was cut."""
    if width_of(text) <= width:
        return text
    taken, room = "", width - 1
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        taken += character
    return taken + _CUT


def fitted(text: str, width: int) -> str:
    """Return a text that takes exactly so many cells."""
    short = cut(text, width)
    return short + " " * (width - width_of(short))


def bold(text: str, environment: Mapping[str, str]) -> str:
    """Return a text in bold, where colours may be."""
    return f"{_BOLD}{text}{_PLAIN}" if _has_colours(environment) else text


def dim(text: str, environment: Mapping[str, str]) -> str:
    """Return a text that stands back, where colours may be."""
    return f"{_DIM}{text}{_PLAIN}" if _has_colours(environment) else text


def _has_colours(environment: Mapping[str, str]) -> bool:
    # https://no-color.org: any value but an empty one.
    return sys.stdout.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _terminal_width(environment: Mapping[str, str]) -> int:
    """Return the cells of a line; 0 for a file, in which lines are as long as they are."""
    if environment.get("COLUMNS", "").isdigit():
        return int(environment["COLUMNS"])
    if not sys.stdout.isatty():
        return 0
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return shutil.get_terminal_size().columns


def _cells(character: str) -> int:
    if character in "\u200d\ufe0e\ufe0f" or category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
