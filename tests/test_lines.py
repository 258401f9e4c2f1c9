"""Lines out of what a client sent, for SMTP and for POP3."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.lines import AUTH_LINE, LineReader, Overlong

LIMIT = 255  # that of POP3; SMTP's is a setting

# Stands for a line that was too long.
OVERLONG = None


def reader_of(*pieces: bytes, auth: int = 0) -> LineReader:
    reader = LineReader(auth=auth)
    for piece in pieces:
        reader.feed(piece)
    return reader


def lines_of(reader: LineReader, limit: int) -> list[bytes | None]:
    """Return the lines that are complete."""
    found: list[bytes | None] = []
    while True:
        try:
            if (line := reader.line(limit)) is None:
                return found
            found.append(line)
        except Overlong:
            found.append(OVERLONG)


def in_pieces(data: bytes, piece: int, *, limit: int = LIMIT, auth: int = 0) -> tuple[list[bytes | None], bool]:
    """Return the lines of data that arrives in pieces, and whether one ended in a bare LF."""
    reader = LineReader(auth=auth)
    found = []
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
        found += lines_of(reader, limit)
    return found, reader.bare_lf


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"STAT\r\n", [b"STAT"], id="CRLF"),
        pytest.param(b"STAT\n", [b"STAT"], id="bare LF"),
        pytest.param(b"STAT", [], id="not complete"),
        pytest.param(b"\r\n\r\n", [b"", b""], id="empty lines"),
        pytest.param(b"\n\n", [b"", b""], id="empty lines of bare LF"),
        pytest.param(b"a\rb\r\n", [b"a\rb"], id="a bare CR is no line end"),
        pytest.param(b"a" * 253 + b"\r\nb\r\n", [b"a" * 253, b"b"], id="255 octets"),
        pytest.param(b"a" * 254 + b"\r\nb\r\n", [OVERLONG, b"b"], id="256 octets"),
        pytest.param(b"a" * 254 + b"\nb\r\n", [b"a" * 254, b"b"], id="255 octets with a bare LF"),
        pytest.param(b"a" * 900 + b"\nb\r\n", [OVERLONG, b"b"], id="many more"),
        pytest.param(b"a" * 900, [], id="too long and not complete"),
    ],
)
def test_lines_are_found_however_the_octets_arrive(data: bytes, lines: list[bytes | None]) -> None:
    for piece in (1, 7, 254, 255, 256, 10_000):
        assert in_pieces(data, piece)[0] == lines


@given(
    st.lists(
        st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"b" * 253, b"c" * 300, b"AUTH ", b"auth " + b"d" * 250]),
        max_size=20,
    ).map(b"".join),
    st.integers(1, 600),
    st.sampled_from([1, 2, 3, 5, 6, LIMIT]),
    st.sampled_from([0, 400]),
)
def test_pieces_make_no_difference(data: bytes, piece: int, limit: int, auth: int) -> None:
    assert in_pieces(data, piece, limit=limit, auth=auth) == in_pieces(data, 1, limit=limit, auth=auth)


def test_lines_come_one_by_one_without_their_ends() -> None:
    reader = reader_of(b"EHLO a\r\nNO", b"OP\nQUIT\r", b"\n\r\nrest")

    assert [reader.line(100) for _ in range(5)] == [b"EHLO a", b"NOOP", b"QUIT", b"", None]
    assert reader.pending == 4
    assert reader.take() == b"rest"
    assert reader.pending == 0


def test_only_one_cr_belongs_to_the_line_end() -> None:
    assert reader_of(b"NOOP\r\r\n").line(100) == b"NOOP\r"


def test_the_limit_counts_the_line_end() -> None:
    reader = reader_of(b"12345678\r\n123456789\r\nok\r\n")

    assert lines_of(reader, 10) == [b"12345678", OVERLONG, b"ok"]


def test_the_limit_may_change_from_line_to_line() -> None:
    reader = reader_of(b"a" * 300 + b"\r\n" + b"a" * 300 + b"\r\n")

    assert reader.line(AUTH_LINE) == b"a" * 300
    with pytest.raises(Overlong):
        reader.line(LIMIT)


def test_a_line_without_end_is_dropped_while_it_comes() -> None:
    reader = LineReader()

    for _ in range(100):
        reader.feed(b"x" * 1000)
        assert reader.line(10) is None
        assert reader.pending == 0
    reader.feed(b"x\r\nok\r\n")

    assert lines_of(reader, 10) == [OVERLONG, b"ok"]


@pytest.mark.parametrize(
    ("begin", "limit"),
    [(b"", LIMIT), (b"", 2048), (b"AUTH PLAIN ", 2048), (b"", AUTH_LINE)],
    ids=["POP3 command", "SMTP command", "SMTP AUTH", "answer to a challenge"],
)
def test_a_line_of_50_mb_costs_no_memory(begin: bytes, limit: int) -> None:
    reader, piece = reader_of(begin, auth=AUTH_LINE), b"a" * 65_536
    tracemalloc.start()

    try:
        for _ in range(800):
            reader.feed(piece)
            assert reader.pending <= AUTH_LINE + len(piece)
            assert reader.line(limit) is None
            assert reader.pending == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    reader.feed(b"\r\nNOOP\r\n")

    assert peak < 300_000
    assert lines_of(reader, limit) == [OVERLONG, b"NOOP"]


def test_a_line_is_given_up_as_soon_as_it_is_too_long() -> None:
    reader = reader_of(b"a" * LIMIT)

    assert reader.line(LIMIT) is None

    assert reader.pending == 0


def test_the_rest_of_such_a_line_is_not_kept_while_nobody_asks() -> None:
    reader = reader_of(b"a" * LIMIT)
    assert reader.line(LIMIT) is None

    for _ in range(10):
        reader.feed(b"a" * 1000)

    assert reader.pending == 0


@pytest.mark.parametrize("verb", [b"AUTH ", b"auth "])
def test_an_auth_command_may_be_longer(verb: bytes) -> None:
    longest = verb.ljust(AUTH_LINE - 2, b"x")

    assert reader_of(longest + b"\r\n", auth=AUTH_LINE).line(10) == longest
    assert reader_of(longest, auth=AUTH_LINE).line(10) is None
    with pytest.raises(Overlong):
        reader_of(longest + b"x\r\n", auth=AUTH_LINE).line(10)


def test_an_auth_command_is_a_line_like_others_where_nothing_else_was_said() -> None:
    with pytest.raises(Overlong):
        reader_of(b"AUTH " + b"x" * LIMIT + b"\r\n").line(LIMIT)


def test_only_the_whole_word_makes_an_auth_command() -> None:
    with pytest.raises(Overlong):
        reader_of(b"AUTHENTICATE\r\n", auth=AUTH_LINE).line(10)


def test_an_auth_command_without_end_is_dropped_too() -> None:
    reader = reader_of(b"AUTH " + b"x" * AUTH_LINE, auth=AUTH_LINE)

    assert reader.line(10) is None

    assert reader.pending == 0


def test_take_leaves_out_what_was_read() -> None:
    reader = reader_of(b"DATA\r\nbody")

    assert reader.line(10) == b"DATA"
    assert reader.take() == b"body"


def test_what_was_forgotten_does_not_come_back() -> None:
    reader = reader_of(b"QUIT\r\nSTAT\r\n" + b"a" * 300)

    reader.clear()

    assert reader.pending == 0
    assert reader.line(LIMIT) is None


def test_a_line_that_was_too_long_is_forgotten_too() -> None:
    reader = reader_of(b"a" * 300)
    assert reader.line(LIMIT) is None

    reader.clear()
    reader.feed(b"STAT\r\n")

    assert reader.line(LIMIT) == b"STAT"


@pytest.mark.parametrize(
    ("data", "bare"),
    [
        pytest.param(b"a\r\nb\r\n\r\n", False, id="CRLF"),
        pytest.param(b"a\r\nb\nc\r\n", True, id="bare LF among others"),
        pytest.param(b"\n", True, id="empty line"),
        pytest.param(b"a\r\n\n", True, id="empty line behind CRLF"),
        pytest.param(b"a\rb\r\n", False, id="bare CR"),
        pytest.param(b"x" * 300 + b"\n", False, id="a line that is not returned"),
        pytest.param(b"a\r", False, id="not complete"),
    ],
)
def test_a_bare_lf_is_noticed(data: bytes, bare: bool) -> None:
    for piece in (1, 2, 1000):
        assert in_pieces(data, piece)[1] is bare


def test_a_bare_lf_is_remembered_until_the_caller_forgets_it() -> None:
    reader = reader_of(b"a\nb\r\nc\r\n")

    assert [reader.line(LIMIT), reader.line(LIMIT), reader.bare_lf] == [b"a", b"b", True]
    reader.bare_lf = False
    assert [reader.line(LIMIT), reader.bare_lf] == [b"c", False]
