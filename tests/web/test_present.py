"""How values are written for people."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Address, Ending
from mailtrap_lite.web import present


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_940, "9.9 kB"),
        (12_345, "12 kB"),
        (999_960, "1.0 MB"),
        (26_214_400, "26 MB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_size(octets: int, written: str) -> None:
    assert present.size(octets) == written


@pytest.mark.parametrize(
    ("name", "address", "letters"),
    [
        ("Ann Example", "", "AE"),
        ("ann", "x@y", "A"),
        ("Anna Maria van Dyk", "", "AD"),
        ("", "bob@x.test", "B"),
        ("", "", "?"),
        ("(ops) _", "9@x", "O"),
        ("Mr_Robot", "", "MR"),
        ("李伟", "", "李"),
        ("!!!", "", "?"),
    ],
)
def test_initials(name: str, address: str, letters: str) -> None:
    assert present.initials(Address(name, address)) == letters


def test_somebody_keeps_a_colour() -> None:
    hues = {present.hue(Address("", f"{n}@x.test")) for n in range(200)}

    assert present.hue(Address("Ann", "A@x.test")) == present.hue(Address("", "a@X.test"))
    assert hues == set(range(present.HUES))


def test_moments() -> None:
    assert present.iso(0) == "1970-01-01T00:00:00Z"
    assert present.moment(86_399.9) == "1970-01-01 23:59 UTC"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0 ms"),
        (0.0124, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (185.2, "3 min 5 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_spans(seconds: float, written: str) -> None:
    assert present.span(seconds) == written


def test_every_ending_has_words_of_its_own() -> None:
    words = {present.ending(ending) for ending in Ending}

    assert len(words) == len(Ending)
    assert present.ending(Ending.LEFT) == "left without QUIT"


def test_what_would_turn_the_writing_round_is_spelled_out() -> None:
    assert present.visible("a\u202eb\x1b[2J\x00 שלום \ud800") == "a\\u202eb\\x1b[2J\\x00 שלום \\ud800"
