"""An mbox file that was written gives back the octets that were put in."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.sandbox.mbox import mails_of_mbox
from mailtrap_lite.web.archive import entry

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


def read(octets: bytes) -> list[bytes]:
    return list(mails_of_mbox(octets) or ())


def test_mails_come_back_to_the_octet() -> None:
    assert read(written(MAILS)) == MAILS


lines = st.sampled_from([b"From x", b">From x", b">>From ", b"From", b"", b"text", b"\xff\0", b" ", b">", b"\r"])
mails = st.lists(st.tuples(lines, st.sampled_from([b"\r\n", b"\n"])).map(b"".join)).map(b"".join)


@given(st.lists(mails, max_size=5))
def test_any_mail_that_ends_with_a_line_end_comes_back(mails: list[bytes]) -> None:
    assert read(written(mails)) == mails


def test_a_mail_without_a_last_line_end_gets_one() -> None:
    assert read(written([b"no end", b"next\r\n"])) == [b"no end\n", b"next\r\n"]


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(written([b"Subject: a\n\nFrom me\n", b"Subject: b\n\ny\n"]))

    box = mailbox.mbox(path, create=False)
    subjects = [message["Subject"] for message in box]
    box.close()

    assert subjects == ["a", "b"]


@pytest.mark.parametrize("received", [-62135596800.0, 0.0, 1e9, 253402300799.0])
def test_a_mail_of_any_year_comes_back(received: float) -> None:
    octets = entry(b"a\r\n", sender="a@x.test", received=received) + entry(b"b\n", sender="", received=received)

    assert read(octets) == [b"a\r\n", b"b\n"]


@pytest.mark.parametrize("sender", ["", "a b\r\nFrom: x", "ü@x.test", "\0"])
def test_the_line_before_a_mail_is_one_line(sender: str) -> None:
    line, _, mail = entry(b"x\n", sender=sender, received=1e9).partition(b"\n")

    assert (line.split(b" ")[0], line[-24:], mail) == (b"From", b"Sun Sep  9 01:46:40 2001", b"x\n\n")
