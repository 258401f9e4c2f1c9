"""Command lines out of octets: the one reader of SMTP and POP3."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.lines import AUTH_LINE, LineReader, Overlong

LIMIT = 255


def reader(*pieces: bytes, long_auth: bool = False) -> LineReader:
    lines = LineReader(long_auth=long_auth)
    for piece in pieces:
        lines.feed(piece)
    return lines


def all_lines(data: bytes, piece: int) -> list[bytes | None]:
    """Return the lines, None for one that was too long."""
    lines = LineReader()
    found: list[bytes | None] = []
    for at in range(0, len(data), piece):
        lines.feed(data[at : at + piece])
        while True:
            try:
                line = lines.line(LIMIT)
            except Overlong:
                found.append(None)
                continue
            if line is None:
                break
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
        pytest.param(b"NOOP\r\r\n", [b"NOOP\r"], id="only one CR belongs to the line end"),
        pytest.param(b"a" * 253 + b"\r\nb\r\n", [b"a" * 253, b"b"], id="255 octets"),
        pytest.param(b"a" * 254 + b"\r\nb\r\n", [None, b"b"], id="256 octets"),
        pytest.param(b"a" * 900 + b"\nb\r\n", [None, b"b"], id="many more"),
        pytest.param(b"a" * 900, [], id="too long and not complete"),
    ],
)
def test_lines_are_found_however_the_octets_arrive(data: bytes, lines: list[bytes | None]) -> None:
    for piece in (1, 7, 254, 255, 256, 10_000):
        assert all_lines(data, piece) == lines


@given(
    st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"b" * 253, b"c" * 300]), max_size=20).map(b"".join),
    st.integers(1, 600),
)
def test_pieces_make_no_difference(data: bytes, piece: int) -> None:
    assert all_lines(data, piece) == all_lines(data, 1)


def test_what_is_no_line_yet_can_be_taken() -> None:
    lines = reader(b"EHLO a\r\nNO", b"OP\nQUIT\r", b"\n\r\nrest")

    assert [lines.line(100) for _ in range(5)] == [b"EHLO a", b"NOOP", b"QUIT", b"", None]
    assert lines.pending == 4
    assert lines.take() == b"rest"
    assert lines.pending == 0


def test_take_leaves_out_what_was_read() -> None:
    lines = reader(b"DATA\r\nbody")

    assert lines.line(10) == b"DATA"
    assert lines.take() == b"body"


def test_the_limit_belongs_to_the_line() -> None:
    lines = reader(b"12345678\r\n123456789\r\n123456789\r\n")

    assert lines.line(10) == b"12345678"
    with pytest.raises(Overlong):
        lines.line(10)
    assert lines.line(11) == b"123456789"


def test_a_line_of_50_mb_costs_no_memory() -> None:
    lines, chunk = LineReader(), b"a" * 65_536
    tracemalloc.start()

    try:
        for _ in range(800):
            lines.feed(chunk)
            assert lines.line(LIMIT) is None
            assert lines.pending <= LIMIT
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    lines.feed(b"\r\nNOOP\r\n")

    assert peak < 300_000
    with pytest.raises(Overlong):
        lines.line(LIMIT)
    assert [lines.line(LIMIT), lines.line(LIMIT)] == [b"NOOP", None]


def test_a_line_is_given_up_as_soon_as_it_is_too_long() -> None:
    lines = reader(b"a" * LIMIT)

    assert lines.line(LIMIT) is None

    assert lines.pending == 0


def test_the_rest_of_such_a_line_is_not_kept_while_nobody_asks() -> None:
    lines = reader(b"a" * LIMIT)
    assert lines.line(LIMIT) is None

    for _ in range(10):
        lines.feed(b"a" * 1000)

    assert lines.pending == 0


def test_what_was_forgotten_does_not_come_back() -> None:
    lines = reader(b"QUIT\r\nSTAT\r\n" + b"a" * 300)

    lines.clear()

    assert lines.pending == 0
    assert lines.line(LIMIT) is None


@pytest.mark.parametrize("verb", [b"AUTH ", b"auth "])
def test_an_auth_command_of_smtp_may_be_longer(verb: bytes) -> None:
    longest = verb.ljust(AUTH_LINE - 2, b"x")

    assert reader(longest + b"\r\n", long_auth=True).line(10) == longest
    assert reader(longest, long_auth=True).line(10) is None
    with pytest.raises(Overlong):
        reader(longest + b"x\r\n", long_auth=True).line(10)


def test_an_auth_command_without_end_is_dropped_too() -> None:
    lines = reader(b"AUTH " + b"x" * AUTH_LINE, long_auth=True)

    assert lines.line(10) is None

    assert lines.pending == 0


def test_an_auth_command_of_pop3_is_as_long_as_any() -> None:
    with pytest.raises(Overlong):
        reader(b"AUTH PLAIN xxxx\r\n").line(10)


@pytest.mark.parametrize(
    ("data", "seen"), [(b"NOOP\r\nQUIT\r\n", False), (b"NOOP\nQUIT\r\n", True)], ids=["CRLF", "LF"]
)
def test_a_bare_lf_is_remembered(data: bytes, seen: bool) -> None:
    lines = reader(data)

    while lines.line(LIMIT) is not None:
        pass

    assert lines.bare_lf is seen
