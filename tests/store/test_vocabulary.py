"""Words and who has them: a part of a word, its beginning, its end, the whole."""

from __future__ import annotations

import pytest

from mailtrap_lite.search.words import ITEM, VALUE
from mailtrap_lite.store.vocabulary import Vocabulary

WORDS = ({b"order", b"in", b"a"}, {b"border", b"a"}, {b"order", b"ordering"}, {b"x-a" + VALUE + b"x-a", b""})
ALL = 0b1111


@pytest.fixture
def vocabulary() -> Vocabulary:
    made = Vocabulary()
    for place, words in enumerate(WORDS):
        made.add(sorted(words), place)
    made.seal()
    return made


@pytest.mark.parametrize(
    ("pattern", "messages"),
    [
        (b"order", 0b0111),
        (ITEM + b"order", 0b0101),
        (b"order" + ITEM, 0b0111),
        (ITEM + b"order" + ITEM, 0b0101),
        (b"in", 0b0101),
        (b"nowhere", 0),
        (b"ordering", 0b0100),
        (ITEM + ITEM, 0b1000),
    ],
)
def test_a_pattern_is_found_in_words(vocabulary: Vocabulary, pattern: bytes, messages: int) -> None:
    assert vocabulary.having(pattern, enough=ALL) == messages


def test_nothing_is_looked_for_that_is_known_already(vocabulary: Vocabulary) -> None:
    assert vocabulary.having(b"a", enough=0b0001) & 0b0001
    assert vocabulary.having(b"order", enough=0) in {0b0101, 0b0010}  # the first word with it


def test_a_needle_behind_a_prefix_does_not_reach_into_it(vocabulary: Vocabulary) -> None:
    assert vocabulary.having_behind(b"x-a" + VALUE, b"x-a") == 0b1000
    assert vocabulary.having_behind(b"x-a" + VALUE, b"a" + VALUE) == 0
    assert vocabulary.having_behind(b"x-b" + VALUE, b"x") == 0


def test_what_is_new_of_the_words_is_counted() -> None:
    vocabulary = Vocabulary()

    assert vocabulary.add([b"order"], 0) == len(b"order") + 1
    assert vocabulary.add([b"order"], 1) == 0
