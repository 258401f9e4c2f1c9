"""An mbox file gives back the octets that were put in."""

from __future__ import annotations

import io
import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.errors import BadMail, TooLarge
from mailtrap_lite.sandbox.mbox import entry, mails_in_mbox

MAILS = [
    b"Subject: a\r\n\r\ntext\r\n",
    b"Subject: b\r\n\r\nFrom me\r\n>From you\r\n>>From all\r\n From\r\n\r\n\r\n",
    b"",
    b"\r\n",
    b"Subject: lf\n\nFrom\nFrom x\n\n",
    b"\0\xff\r\nFrom \r\n",
]


def written(mails: list[bytes]) -> bytes:
    return b"".join(entry(mail, sender="a@x.test", received=0.0) for mail in mails)


def read(octets: bytes, *, largest: int = 0) -> list[bytes]:
    return list(mails_in_mbox(io.BytesIO(octets), largest=largest))


def test_mails_come_back_to_the_octet() -> None:
    assert read(written(MAILS)) == MAILS


lines = st.sampled_from([b"From x", b">From x", b">>From ", b"From", b"", b"text", b"\xff\0", b" ", b">", b"\r"])
mails = st.lists(st.tuples(lines, st.sampled_from([b"\r\n", b"\n"])).map(b"".join)).map(b"".join)


@given(st.lists(mails, max_size=5))
def test_any_mail_that_ends_with_a_line_end_comes_back(mails: list[bytes]) -> None:
    assert read(written(mails)) == mails


def test_a_mail_without_a_last_line_end_gets_one() -> None:
    assert read(written([b"no end", b"next\r\n"])) == [b"no end\n", b"next\r\n"]


def test_a_long_line_is_read_in_pieces() -> None:
    mail = b"x" * 200_000 + b"From \r\n"

    assert read(b"From " + b"y" * 200_000 + b"\n" + mail + b"\n") == [mail]


def test_files_of_other_writers_are_read() -> None:
    crlf = b"From a Thu Jan  1 00:00:00 1970\r\nSubject: a\r\n\r\nx\r\n\r\nFrom b Thu Jan  1 00:00:00 1970\r\ny\r\n"

    assert read(crlf) == [b"Subject: a\r\n\r\nx\r\n", b"y\r\n"]
    assert read(b"From a\nx\n") == [b"x\n"]  # without the empty line at the end


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(written([b"Subject: a\n\nFrom me\n", b"Subject: b\n\ny\n"]))

    box = mailbox.mbox(path, create=False)
    subjects = [message["Subject"] for message in box]
    box.close()

    assert subjects == ["a", "b"]


@pytest.mark.parametrize("octets", [b"Subject: a\n\nFrom x\n", b"\nFrom x\n", b"\0"])
def test_what_is_no_mbox_is_refused(octets: bytes) -> None:
    with pytest.raises(BadMail, match='does not begin with "From "'):
        read(octets)


def test_nothing_is_no_mail() -> None:
    assert read(b"") == []


def test_a_mail_that_is_too_large_is_refused_before_it_is_read_whole() -> None:
    assert read(written([b"x" * 99 + b"\n"]), largest=100) == [b"x" * 99 + b"\n"]
    with pytest.raises(TooLarge, match="larger than 100 octets"):
        read(written([b"x" * 100 + b"\n"]), largest=100)


@pytest.mark.parametrize("sender", ["", "a b\r\nFrom: x", "ü@x.test", "\0"])
def test_the_line_before_a_mail_is_one_line(sender: str) -> None:
    line, _, mail = entry(b"x\n", sender=sender, received=1e9).partition(b"\n")

    assert (line.split(b" ")[0], line[-24:], mail) == (b"From", b"Sun Sep 09 01:46:40 2001", b"x\n\n")
