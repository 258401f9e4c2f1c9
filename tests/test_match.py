"""Patterns: texts with wildcards, and regular expressions."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.match import Pattern, fits, is_pattern, occurs, spelled


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        pytest.param("Welcome", "Welcome", id="the whole"),
        pytest.param("*", "", id="anything, nothing too"),
        pytest.param("Gr?ße*", "Grüße von uns", id="wildcards"),
        pytest.param("*[urgent]", "Grüße [urgent]", id="brackets are brackets"),
        pytest.param("a*b*c", "a--b-b--c", id="several stars"),
        pytest.param("*ab", "aab", id="a star that must not be greedy"),
        pytest.param("?*?", "ab", id="at least two"),
        pytest.param(re.compile("urg"), "Grüße [urgent]", id="a regular expression is searched for"),
    ],
)
def test_a_pattern_fits(pattern: Pattern, value: str) -> None:
    assert fits(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        pytest.param("urgent", "[urgent]", id="a text fits as a whole"),
        pytest.param("welcome", "Welcome", id="with its case"),
        pytest.param("a*a", "a", id="the ends do not overlap"),
        pytest.param("?*?", "a", id="too short"),
        pytest.param("a*b*b", "axb", id="each piece has a place of its own"),
        pytest.param("*a" * 8 + "b", "a" * 2000, id="many stars"),
        pytest.param(re.compile("^x"), "yx", id="a regular expression"),
    ],
)
def test_a_pattern_does_not_fit(pattern: Pattern, value: str) -> None:
    assert not fits(pattern, value)


def test_case_may_count_for_nothing() -> None:
    assert fits("BOB@X.test", "bob@x.TEST", fold=True)


@settings(deadline=None)
@given(pattern=st.text("ab*?", max_size=8), value=st.text("ab", max_size=12))
def test_wildcards_mean_what_a_regular_expression_would(pattern: str, value: str) -> None:
    meant = "".join({"*": ".*", "?": "."}.get(each, each) for each in pattern)

    assert fits(pattern, value) is (re.fullmatch(meant, value, re.DOTALL) is not None)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("order 4711 was shipped", True, id="over the end of a line"),
        pytest.param("Order * shipped", False, id="with its case"),
        pytest.param("order * shipped", True, id="wildcard"),
        pytest.param("  Your\norder ", True, id="white space of the pattern"),
        pytest.param(re.compile(r"\d{4}\s"), True, id="regular expression"),
        pytest.param("4712", False, id="something else"),
    ],
)
def test_a_text_occurs_whatever_its_white_space(pattern: Pattern, found: bool) -> None:
    assert occurs(pattern, "Hello,\r\n  Your order 4711\nwas\tshipped.\n") is found


def test_a_long_text_is_searched_in_linear_time() -> None:
    before = time.process_time()

    assert not fits("*a" * 50 + "b*c", "a" * 1_000_000)
    assert not occurs("a?" * 20 + "b", "a" * 1_000_000)

    assert time.process_time() - before < 2


@pytest.mark.parametrize("value", [5, b"x", re.compile(b"x"), None, ["x"]], ids=repr)
def test_what_is_no_pattern(value: object) -> None:
    assert not is_pattern(value)


def test_a_pattern_is_spelled_as_in_python() -> None:
    assert spelled("a'b") == '"a\'b"'
    assert spelled(re.compile("x+")) == "re.compile('x+')"
    assert spelled(re.compile("x", re.IGNORECASE)) == "re.compile('x', re.IGNORECASE)"
