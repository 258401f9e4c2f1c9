"""Coloured text is always escaped text, and the same text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.web import coloured

PIECES = [
    "<",
    ">",
    "&",
    '"',
    "'",
    "<script>",
    "</span>",
    "https://a.test/",
    "javascript:x",
    "<!--",
    "\n",
    "a",
    "=",
    " ",
]
TEXT = st.lists(st.sampled_from(PIECES)).map("".join)


@given(text=TEXT)
def test_what_is_seen_is_the_text(text: str) -> None:
    for written in (coloured.html(text), coloured.prose(text), coloured.lines(text)):
        assert unescape(re.sub(r"<[^<>]*>", "", written)) == text
        assert set(re.findall(r"<(/?\w+)", written)) <= {"span", "/span", "a", "/a"}
        assert set(re.findall(r'<a href="([^"]{5})', written)) <= {"https"}


def test_only_so_many_pieces_are_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coloured, "MOST_TOKENS", 3)
    monkeypatch.setattr(coloured, "MOST_LINKS", 1)

    assert coloured.html("<a><b><c>d<e>").count("<span") == 1 + 1
    assert coloured.prose("https://a.test https://b.test").count("<a ") == 1


def test_octets_are_shown_in_rows_of_sixteen() -> None:
    assert coloured.hexdump(b"\0A<\xff" + b"x" * 13) == (
        "00000000  00 41 3c ff 78 78 78 78  78 78 78 78 78 78 78 78  .A<.xxxxxxxxxxxx\n"
        "00000010  78                                                x"
    )
