"""Two texts that differ, shown in few lines."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.expectation.texts import MOST_LINES, WIDTH, place_of


def test_one_line_is_compared_with_the_place_that_is_most_like_it() -> None:
    found = "Hello Bob,\r\nthank you.\r\nYour order 4711 was\r\nshipped today.\r\nBye"

    assert place_of("Your order 4712 was shipped", found) == [
        "-  Your order 4712 was shipped",
        "+ …Your order 4711 was shipped…",
        "?                ^",
    ]


def test_lines_are_compared_with_those_around_what_is_equal() -> None:
    found = "\n".join(["Hello", "one", "two", "three", "four", "five", "six", "Bye"])

    assert place_of("one\ntwo\n3\nfour\nfive", found) == [
        "  (1 line before)",
        "  one",
        "  two",
        "- 3",
        "+ three",
        "? ^",
        "  four",
        "  five",
        "  (more follows)",
    ]


def test_equal_lines_far_from_a_difference_are_counted() -> None:
    lines = [f"line {n}" for n in range(100)]

    assert place_of("\n".join([*lines, "end"]), "\n".join([*lines, "END"])) == [
        "  (99 lines alike)",
        "  line 99",
        "- end",
        "+ END",
        "? ^",
    ]


def test_a_long_line_is_cut_around_the_difference() -> None:
    shown = place_of("a" * 500 + "X" + "b" * 500 + "\nx", "a" * 500 + "Y" + "b" * 500 + "\nx")

    assert shown[:3] == [
        f"- …{'a' * 30}X{'b' * (WIDTH - 31)}…",
        f"+ …{'a' * 30}Y{'b' * (WIDTH - 31)}…",
        f"? {' ' * 31}^",
    ]


def test_a_text_without_anything_alike_is_shown_from_its_beginning() -> None:
    assert place_of("qqqq", "\n".join(f"line {n}" for n in range(30)))[-2:] == ["+ line 9", "  (20 lines more)"]
    assert place_of("qqqq", " \n") == []


@settings(deadline=None)
@given(expected=st.text("ab \n", max_size=60), found=st.text("ab \n", max_size=200))
def test_whatever_the_texts_are_few_short_lines_come_out(expected: str, found: str) -> None:
    shown = place_of(expected, found)

    assert len(shown) <= MOST_LINES + 1
    assert all(len(line) <= WIDTH + 10 and "\n" not in line for line in shown)


@pytest.mark.parametrize("found", ["a" * 1_000_000, "a\n" * 500_000, "ab " * 300_000], ids=["line", "lines", "words"])
def test_a_long_text_is_compared_in_bounded_time(found: str) -> None:
    before = time.process_time()

    place_of("a" * 1000 + "b", found)
    place_of("a\n" * 100 + "b", found)

    assert time.process_time() - before < 3
