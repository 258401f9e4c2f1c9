"""Command lines out of octets."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.pop3.lines import LONGEST, OVERLONG, LineReader, Overlong


def all_lines(data: bytes, piece: int) -> list[bytes | Overlong]:
    reader = LineReader()
    found: list[bytes | Overlong] = []
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
        while (line := reader.line()) is not None:
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"STAT\r\n", [b"STAT"], id="CRLF"),
        pytest.param(b"STAT\n", [b"STAT"], id="bare LF"),
        pytest.param(b"STAT", [], id="not complete"),
        pytest.param(b"\r\n\r\n", [b"", b""], id="empty lines"),
        pytest.param(b"a\rb\r\n", [b"a\rb"], id="a bare CR is no line end"),
        pytest.param(b"a" * 253 + b"\r\nb\r\n", [b"a" * 253, b"b"], id="255 octets"),
        pytest.param(b"a" * 254 + b"\r\nb\r\n", [OVERLONG, b"b"], id="256 octets"),
        pytest.param(b"a" * 900 + b"\nb\r\n", [OVERLONG, b"b"], id="many more"),
        pytest.param(b"a" * 900, [], id="too long and not complete"),
    ],
)
def test_lines_are_found_however_the_octets_arrive(data: bytes, lines: list[bytes | Overlong]) -> None:
    for piece in (1, 7, 254, 255, 256, 10_000):
        assert all_lines(data, piece) == lines


@given(
    st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"b" * 253, b"c" * 300]), max_size=20).map(b"".join),
    st.integers(1, 600),
)
def test_pieces_make_no_difference(data: bytes, piece: int) -> None:
    assert all_lines(data, piece) == all_lines(data, 1)


def test_a_line_of_50_mb_costs_no_memory() -> None:
    reader, chunk = LineReader(), b"a" * 65_536
    tracemalloc.start()

    try:
        for _ in range(800):
            reader.feed(chunk)
            assert reader.line() is None
            assert reader.pending <= LONGEST
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    reader.feed(b"\r\nNOOP\r\n")

    assert peak < 300_000
    assert [reader.line(), reader.line(), reader.line()] == [OVERLONG, b"NOOP", None]


def test_a_line_is_given_up_as_soon_as_it_is_too_long() -> None:
    reader = LineReader()
    reader.feed(b"a" * LONGEST)

    assert reader.line() is None

    assert reader.pending == 0


def test_the_rest_of_such_a_line_is_not_kept_while_nobody_asks() -> None:
    reader = LineReader()
    reader.feed(b"a" * LONGEST)
    assert reader.line() is None

    for _ in range(10):
        reader.feed(b"a" * 1000)

    assert reader.pending == 0


def test_what_was_forgotten_does_not_come_back() -> None:
    reader = LineReader()
    reader.feed(b"QUIT\r\nSTAT\r\n" + b"a" * 300)

    reader.clear()

    assert reader.pending == 0
    assert reader.line() is None
