from __future__ import annotations

import pytest

from mailtrap_lite.smtp.lines import AUTH_LINE, LineBuffer, Overlong


def buffer(*pieces: bytes) -> LineBuffer:
    lines = LineBuffer()
    for piece in pieces:
        lines.feed(piece)
    return lines


def test_lines_come_one_by_one_without_their_ends() -> None:
    lines = buffer(b"EHLO a\r\nNO", b"OP\nQUIT\r", b"\n\r\nrest")

    assert [lines.line(100) for _ in range(5)] == [b"EHLO a", b"NOOP", b"QUIT", b"", None]
    assert lines.pending == 4
    assert lines.take() == b"rest"
    assert lines.pending == 0


def test_only_one_cr_belongs_to_the_line_end() -> None:
    assert buffer(b"NOOP\r\r\n").line(100) == b"NOOP\r"


def test_the_limit_counts_the_line_end() -> None:
    lines = buffer(b"12345678\r\n123456789\r\nok\r\n")

    assert lines.line(10) == b"12345678"
    with pytest.raises(Overlong):
        lines.line(10)
    assert lines.line(10) == b"ok"


def test_a_line_without_end_is_dropped_while_it_comes() -> None:
    lines = LineBuffer()

    for _ in range(100):
        lines.feed(b"x" * 1000)
        assert lines.line(10) is None
        assert lines.pending == 0
    lines.feed(b"x\r\nok\r\n")

    with pytest.raises(Overlong):
        lines.line(10)
    assert lines.line(10) == b"ok"


@pytest.mark.parametrize("verb", [b"AUTH ", b"auth "])
def test_an_auth_command_may_be_longer(verb: bytes) -> None:
    longest = verb.ljust(AUTH_LINE - 2, b"x")

    assert buffer(longest + b"\r\n").line(10) == longest
    assert buffer(longest).line(10) is None
    with pytest.raises(Overlong):
        buffer(longest + b"x\r\n").line(10)


def test_an_auth_command_without_end_is_dropped_too() -> None:
    lines = buffer(b"AUTH " + b"x" * AUTH_LINE)

    assert lines.line(10) is None

    assert lines.pending == 0


def test_take_leaves_out_what_was_read() -> None:
    lines = buffer(b"DATA\r\nbody")

    assert lines.line(10) == b"DATA"
    assert lines.take() == b"body"
