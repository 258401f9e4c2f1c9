"""What a search found, as numbers with bits: the same as a list of ids."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from mailtrap_lite.store import Found
from mailtrap_lite.store.found import BLOCK

ids = st.sets(st.integers(1, 3 * BLOCK), max_size=40)


def found(some: set[int]) -> Found:
    parts: dict[int, int] = {}
    for message in sorted(some, reverse=True):
        first = message - message % BLOCK
        parts[first] = parts.get(first, 0) | 1 << message - first
    return Found(tuple(parts.items()), 0)


@given(some=ids, start=st.integers(0, 50), limit=st.integers(0, 50))
def test_a_page_is_a_part_of_the_list(some: set[int], start: int, limit: int) -> None:
    everything = sorted(some, reverse=True)

    assert found(some).ids == tuple(everything)
    assert found(some).total == len(some)
    assert found(some).page(start, limit) == everything[start : start + limit]


@example(some={1}, spot=10**18)
@given(some=ids, spot=st.integers(0, 4 * BLOCK))
def test_what_is_on_either_side_of_a_message_is_known(some: set[int], spot: int) -> None:
    everything = found(some)

    assert everything.behind(spot).ids == tuple(sorted((each for each in some if each < spot), reverse=True))
    assert everything.ahead(spot).ids == tuple(sorted((each for each in some if each > spot), reverse=True))
    assert (spot in everything) is (spot in some)


@given(some=ids, gone=ids)
def test_what_is_gone_is_left_out(some: set[int], gone: set[int]) -> None:
    assert found(some).without(gone) == found(some - gone)
