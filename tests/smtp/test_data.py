from __future__ import annotations

import errno
import itertools
import re
import tempfile
import tracemalloc
from collections.abc import Sequence
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.errors import StoreFull, TooLarge
from mailtrap_lite.smtp import data as data_module
from mailtrap_lite.smtp.data import IN_MEMORY, DataReader

# Octets that mean something here, more often than chance would bring them.
OCTETS = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"\0", b"x", b"\xff", b"\r\n."])).map(b"".join)
ANY = st.one_of(OCTETS, st.binary(max_size=200))


def stuffed(raw: bytes) -> bytes:
    """Return what a client sends behind DATA for a mail that ends a line (RFC 5321 section 4.5.2)."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", raw) + b".\r\n"


def fed(reader: DataReader, pieces: Sequence[bytes]) -> bytes | None:
    """Feed pieces; return what is behind the end, or None."""
    for number, piece in enumerate(pieces, 1):
        rest = reader.feed(piece)
        if rest is not None:
            return rest + b"".join(pieces[number:])
    return None


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(at)]


@given(text=ANY, behind=ANY, places=st.lists(st.integers(0, 1000), max_size=20))
def test_raw_equals_what_was_sent_in_any_pieces(text: bytes, behind: bytes, places: list[int]) -> None:
    raw = text + b"\r\n" if text else b""
    reader = DataReader(0)

    rest = fed(reader, cut(stuffed(raw) + behind, places))

    assert rest == behind
    assert reader.size == len(raw)
    assert reader.raw() == raw


@given(text=ANY, places=st.lists(st.integers(0, 1000), max_size=20))
def test_a_mail_kept_in_a_file_is_the_same(text: bytes, places: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_module, "IN_MEMORY", 1)
        reader = DataReader(0)
    raw = text + b"\r\n"

    assert fed(reader, cut(stuffed(raw), places)) == b""

    assert reader.raw() == raw


@pytest.mark.parametrize(
    ("sent", "raw"),
    [
        (b".\r\n", b""),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n"),
        (b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n"),
        (b"\r\r\n.\r\n", b"\r\r\n"),
    ],
)
def test_dots_are_taken_off_once_and_only_behind_crlf(sent: bytes, raw: bytes) -> None:
    reader = DataReader(0)

    assert fed(reader, [bytes([octet]) for octet in sent]) == b""

    assert reader.raw() == raw


def test_many_dots_hide_no_end() -> None:
    raw = b"." * 100 + b"\r\n" + b"a.b\r\n" * 100 + b".c\r\n"
    reader = DataReader(0)

    assert reader.feed(stuffed(raw) + b"x\r\n.\r\n") == b"x\r\n.\r\n"

    assert reader.raw() == raw


def test_a_mail_of_the_limit_is_taken_and_one_octet_more_is_not() -> None:
    exact, over = DataReader(6), DataReader(6)

    assert exact.feed(b"1234\r\n.\r\n") == b""
    assert over.feed(b"12345\r\n.\r\nQUIT\r\n") == b"QUIT\r\n"

    assert exact.raw() == b"1234\r\n"
    with pytest.raises(TooLarge, match="more than 6 octets"):
        over.raw()


def test_a_line_without_end_costs_less_memory_than_the_limit() -> None:
    limit = 25 * 1024**2
    reader = DataReader(limit)
    piece = b"x" * (256 * 1024)

    tracemalloc.start()
    try:
        for _ in range(100 * 1024**2 // len(piece)):
            assert reader.feed(piece) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reader.feed(b"\r\n.\r\n") == b""
    assert peak < limit / 4
    with pytest.raises(TooLarge):
        reader.raw()


def test_a_mail_in_tiny_pieces_costs_no_more_than_in_large_ones() -> None:
    size = 1024**2
    reader = DataReader(0)

    tracemalloc.start()
    try:
        for number in range(size // 4):
            reader.feed(b"%04d" % (number % 10_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3 * size


def test_a_large_mail_is_not_held_twice() -> None:
    size = 20 * 1024**2
    reader = DataReader(0)
    piece = b"x" * (256 * 1024)

    tracemalloc.start()
    try:
        for _ in range(size // len(piece)):
            reader.feed(piece)
        reader.feed(b"\r\n.\r\n")
        raw = reader.raw()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(raw) == size + 2
    assert peak < size * 1.2


def test_a_full_disk_is_said_at_the_end_and_the_rest_is_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_room)
    reader = DataReader(0)

    assert reader.feed(b"x" * (IN_MEMORY + 1)) is None
    assert reader.feed(b"\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"

    with pytest.raises(StoreFull):
        reader.raw()


@pytest.mark.parametrize(
    ("sent", "unstuffed"),
    [
        pytest.param(b"", False, id="no line"),
        pytest.param(b"a.b.\r\nc..\r\n", False, id="dots elsewhere"),
        pytest.param(b"..\r\na\r\n...b\r\n", False, id="stuffed"),
        pytest.param(b"a\n.b\r.c\r\n", False, id="dots behind a bare LF and a bare CR"),
        pytest.param(b".a\r\n", True, id="in the first line"),
        pytest.param(b"a\r\n..b\r\n.c\r\n..d\r\n", True, id="one among stuffed ones"),
        pytest.param(b"a\r\n.\rb\r\n", True, id="a dot before a bare CR"),
        pytest.param(b"a\r\n.\nb\r\n", True, id="a dot before a bare LF"),
    ],
)
def test_a_line_that_begins_with_one_dot_is_noticed(sent: bytes, unstuffed: bool) -> None:
    whole, octets = DataReader(0), DataReader(0)

    assert fed(whole, [sent + b".\r\n"]) == b""
    assert fed(octets, [bytes([octet]) for octet in sent + b".\r\n"]) == b""

    assert (whole.unstuffed, octets.unstuffed) == (unstuffed, unstuffed)


@given(sent=ANY, behind=ANY, places=st.lists(st.integers(0, 1000), max_size=20))
def test_what_is_noticed_of_dots_does_not_depend_on_the_pieces(sent: bytes, behind: bytes, places: list[int]) -> None:
    wire = sent + b"\r\n.\r\n" + behind
    mail = b"\r\n" + wire[: (b"\r\n" + wire).index(b"\r\n.\r\n")]
    reader = DataReader(0)

    fed(reader, cut(wire, places))

    assert reader.unstuffed == (re.search(rb"\r\n\.(?!\.)", mail) is not None)


@given(text=ANY, places=st.lists(st.integers(0, 1000), max_size=20))
def test_a_mail_that_was_stuffed_is_never_taken_for_another(text: bytes, places: list[int]) -> None:
    reader = DataReader(0)

    fed(reader, cut(stuffed(text + b"\r\n"), places))

    assert not reader.unstuffed


def test_a_mail_in_a_file_says_so_until_it_was_read() -> None:
    small, large = DataReader(0), DataReader(0)

    fed(small, [b"x\r\n.\r\n"])
    fed(large, [b"x" * (IN_MEMORY + 1), b"\r\n.\r\n"])

    assert (small.spooled, large.spooled) == (False, True)
    assert len(large.raw()) == IN_MEMORY + 3
    assert not large.spooled


def test_a_mail_may_be_read_back_by_another_thread_while_its_connection_ends() -> None:
    reader = DataReader(0)
    fed(reader, [b"x" * (IN_MEMORY + 1), b"\r\n.\r\n"])
    assert reader._file is not None
    file: BinaryIO = reader._file

    class Ending:
        """The file, and a connection that is lost as soon as somebody reads."""

        def __enter__(self) -> Ending:
            return self

        def __exit__(self, *_: object) -> None:
            file.close()

        def seek(self, offset: int) -> int:
            reader.close()
            return file.seek(offset)

        def read(self) -> bytes:
            return file.read()

    reader._file = Ending()  # type: ignore[assignment]

    assert len(reader.raw()) == IN_MEMORY + 3
    assert file.closed
