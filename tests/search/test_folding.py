"""What counts as the same text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.search.folding import fold, octets


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HELLO", "hello"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u1e9e", "ss"),
        ("\u00e9", "E\u0301"),
        ("\u03a3\u03c2", "\u03c3\u03c3"),
        ("\uff21\uff22\uff23", "abc"),
        ("\ufb01le", "file"),
        ("\u30ab\u3099", "\u30ac"),
        (" a \t\r\n b ", "a b"),
        ("a\u00a0b\u3000c", "A B C"),
        ("\u0130stanbul", "I\u0307STANBUL"),
        ("\u0345", "\u03b9"),
    ],
)
def test_these_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("e", "\u00e9"), ("i", "\u0131"), ("a b", "ab"), ("%", "_"), ("", "a")])
def test_these_are_not_the_same(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(codec=None)))
def test_the_octets_between_texts_are_in_no_text(text: str) -> None:
    assert not set(octets(text)) & {0xFD, 0xFE, 0xFF}


def test_a_long_word_is_folded_as_a_short_one_is() -> None:
    syllable = "e\u0301\u0323\u30ab\u3099"

    assert fold(syllable * 1_000) == fold(syllable) * 1_000


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0316" * 130_000,
        ("\u0315" * 64 + "\u0300" * 64) * 2_000,
        "\ufdfa" * 262_144,
        "\U0001f600" * 262_144,
    ],
    ids=["marks in two orders", "marks in runs", "eighteen for one", "wide"],
)
def test_the_worst_text_that_is_searched_is_folded_within_2_seconds_of_cpu(text: str) -> None:
    before = time.process_time()
    fold(text)

    assert time.process_time() - before < 2
