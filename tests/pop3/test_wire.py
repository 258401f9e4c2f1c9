"""A message as POP3 sends it."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrap_lite.pop3 import wire as wire_module
from mailtrap_lite.pop3.wire import body_start, canonical, retr_octets, transmission

# Octets at which the rules turn, and others.
MAILS = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"\x00", b"\xff", b": "]), max_size=30
).map(b"".join)
SIZES = st.integers(1, 12)


def lines_of(raw: bytes) -> list[bytes]:
    """Return the lines of a mail, told from the rule and not from the code."""
    lines = re.split(rb"\r\n|\r|\n", raw)
    return lines[:-1] if lines[-1] == b"" else lines


def unstuffed(wire: bytes) -> bytes:
    """Return what a client makes of a multi-line reply (RFC 1939 section 3)."""
    assert wire.endswith(b".\r\n")
    lines = wire.split(b"\r\n")[:-2]
    assert b"." not in lines
    return b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in lines)


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        pytest.param(b"", b".\r\n", id="empty"),
        pytest.param(b"a\r\nb\r\n", b"a\r\nb\r\n.\r\n", id="CRLF is left alone"),
        pytest.param(b"a", b"a\r\n.\r\n", id="no final line end"),
        pytest.param(b"a\n", b"a\r\n.\r\n", id="a final LF is one line end"),
        pytest.param(b"a\r", b"a\r\n.\r\n", id="a final CR is one line end"),
        pytest.param(b"a\nb\rc\r\n", b"a\r\nb\r\nc\r\n.\r\n", id="bare LF and bare CR"),
        pytest.param(b"a\r\r\nb\n\r\n", b"a\r\n\r\nb\r\n\r\n.\r\n", id="CR CRLF and LF CRLF are two each"),
        pytest.param(b".", b"..\r\n.\r\n", id="a dot alone, in the first line"),
        pytest.param(b".\r\n", b"..\r\n.\r\n", id="a line that is a dot"),
        pytest.param(b"..\n.a\n", b"...\r\n..a\r\n.\r\n", id="two dots, and a dot before text"),
        pytest.param(b"a\r.\r", b"a\r\n..\r\n.\r\n", id="a dot behind a bare CR"),
        pytest.param(b"a.b.\r\n", b"a.b.\r\n.\r\n", id="dots elsewhere"),
        pytest.param(b"\x00\xff\xfe\r\n", b"\x00\xff\xfe\r\n.\r\n", id="NUL and 8-bit octets"),
        pytest.param(b"\r\n", b"\r\n.\r\n", id="one empty line"),
    ],
)
def test_a_message_is_sent_with_crlf_and_stuffed_dots(raw: bytes, wire: bytes) -> None:
    for size in (1, 2, 3, 100):
        assert b"".join(transmission(raw, size=size)) == wire


@given(MAILS, SIZES)
@example(b"a\r\n", 2)
@example(b"\r\r\n.", 1)
def test_what_a_client_unstuffs_is_the_mail_with_crlf_line_ends(raw: bytes, size: int) -> None:
    wire = b"".join(transmission(raw, size=size))

    assert unstuffed(wire) == b"".join(line + b"\r\n" for line in lines_of(raw))
    assert len(unstuffed(wire)) == retr_octets(raw)


@given(MAILS, SIZES)
@example(b"\r\n", 1)
def test_what_retr_sends_is_counted_in_slices_of_any_size(raw: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire_module, "SLICE", size)
        counted = retr_octets(raw)

    assert counted == sum(len(line) + 2 for line in lines_of(raw))


@given(MAILS, SIZES, st.integers(0, 8))
@example(b"\r\n.\r\nb", 1, 1)
@example(b"a\n\n\r\nb", 2, 1)
def test_top_is_the_header_the_empty_line_and_the_first_body_lines(raw: bytes, size: int, count: int) -> None:
    lines = lines_of(raw)
    head = lines.index(b"") + 1 if b"" in lines else len(lines)

    top = unstuffed(b"".join(transmission(raw, count, size=size)))

    assert top == b"".join(line + b"\r\n" for line in lines[: head + count])


@given(MAILS)
def test_the_body_begins_behind_the_first_empty_line(raw: bytes) -> None:
    start = body_start(raw)

    lines = lines_of(raw)
    head = lines[: lines.index(b"") + 1] if b"" in lines else lines
    assert lines_of(raw[:start]) == head


def test_top_of_more_lines_than_there_are_is_all() -> None:
    raw = b"A: b\r\n\r\none\r\ntwo"

    assert b"".join(transmission(raw, 10**30)) == b"".join(transmission(raw))


def test_bytes_that_are_canonical_are_not_copied() -> None:
    raw = b"a\r\nb\r\n"

    assert canonical(raw) is raw


@pytest.mark.parametrize("lines", [None, 5, 10**9], ids=["RETR", "TOP 5", "TOP all"])
@pytest.mark.parametrize(
    "line", [b"x" * 76 + b"\n", b".\r\n", b"x" * 1_000_000 + b"\n"], ids=["LF", "dots", "1 MB lines"]
)
def test_a_large_message_is_sent_without_a_second_copy_of_it(line: bytes, lines: int | None) -> None:
    raw = line * (5_000_000 // len(line))
    tracemalloc.start()

    try:
        for _ in transmission(raw, lines):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_500_000
