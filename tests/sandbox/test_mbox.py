"""An mbox file is cut where mails begin, and nowhere else."""

from __future__ import annotations

import mailbox as stdlib
from pathlib import Path

import pytest

from mailtrap_lite.sandbox.mbox import mails_of_mbox

DATE = b"Thu Jan  1 00:00:00 1970"


def cut(octets: bytes) -> list[bytes]:
    mails = mails_of_mbox(octets)
    assert mails is not None
    return list(mails)


@pytest.mark.parametrize(
    "line",
    [
        b"From a@x.test Thu Jan  1 00:00:00 1970",
        b"From MAILER-DAEMON Thu Jan 01 00:00:00 1970",
        b"From - Thu Jan  1 00:00:00 1970 ",
        b"From 1789@xxx Thu Jan 01 00:00:00 +0000 1970",
        b"From a@x.test Thu Jan  1 00:00 CET 1970",
        b"From a@x.test  Thu Jan  1 00:00:00 1970 +0100",
        b"From a@x.test Thu Jan  1 00:00:00 1970 remote from y",
        b"From a at x.test  Thu Jan  1 00:00:00 1970",
        b'From "J D"@x.test Thu Jan  1 00:00:00 1970',
        b'From "J \\" @ D"@x.test Thu Jan  1 00:00:00 1970',
        b"From J D <a@x.test> Thu Jan  1 00:00:00 1970",
        b"From a@x.test 1970-01-01 00:00:00",
        b"From a@x.test 1970-01-01T00:00:00.123+01:00",
        b"From a@x.test 1970-01-01T00:00:00Z remote from y",
        b"From a@x.test Thu, 1 Jan 1970 00:00:00 +0000",
        b"From a@x.test 01 Jan 1970 00:00:00 GMT",
    ],
    ids=[
        *("asctime", "daemon", "dash", "zone before", "no seconds", "zone behind", "UUCP", "list archive"),
        *("quoted", "quoted marks", "a name", "ISO", "ISO with zone", "ISO and UUCP", "RFC 5322", "without weekday"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_mail_begins_behind_a_sender_and_a_date(line: bytes, end: bytes) -> None:
    octets = end.join([line, b"Subject: 1", b"", b"one", b"", line, b"Subject: 2", b"", b"two", b"", b""])

    assert cut(octets) == [end.join([b"Subject: %d" % n, b"", text, b""]) for n, text in ((1, b"one"), (2, b"two"))]


@pytest.mark.parametrize(
    "text",
    [
        b"\nFrom here on it is text.",
        b"\nFrom a@x.test",
        b"\nFrom Monday to Friday, from 09:00 to 17:00",
        b"\nFrom a@x.test Thu Jan 32 00:00:00 1970",
        b"\nFrom a@x.test Thu Jun 31 25:00:00 1970",
        b"\nFrom a@x.test Thu Foo  1 00:00:00 1970",
        b"\nFrom a@x.test " + DATE + b" and so on",
        b"\n From a@x.test " + DATE,
        b"no empty line before\nFrom a@x.test " + DATE,
        b"\nFrom " + DATE,
        b"\nFrom 1970-01-01 00:00:00",
        b"\nFrom here on Monday 1970-01-01",
        b"\nFrom here on it is " + DATE,
        b"\nFrom here until 1970-01-01 00:00:00",
        b"\nFrom a@x.test 1970-13-01 00:00:00",
        b"\nFrom a@x.test 1970-01-01 00:00:00 and so on",
    ],
    ids=[
        *(
            "prose",
            "no date",
            "a time in prose",
            "no such day",
            "no such hour",
            "no such month",
            "more text",
            "indented",
        ),
        *("no empty line", "no sender", "no sender of an ISO date", "a day in prose", "a date in prose"),
        *("an ISO date in prose", "no such ISO month", "text behind an ISO date"),
    ],
)
def test_a_line_that_only_begins_with_from_is_text(text: bytes) -> None:
    mail = b"Subject: 1\n\n" + text + b"\nend\n"

    assert cut(b"From a@x.test " + DATE + b"\n" + mail + b"\n") == [mail]


def test_a_quoted_line_loses_one_mark_also_when_it_looks_like_the_beginning_of_a_mail() -> None:
    octets = b"From a %s\n\n\n>From a %s\n>>From b\n\n" % (DATE, DATE)

    assert cut(octets) == [b"\n\nFrom a %s\n>From b\n" % DATE]


def test_the_empty_line_behind_a_mail_is_not_part_of_it() -> None:
    mark = b"From a " + DATE + b"\n"

    assert cut(mark + b"\n" + mark + b"\n\n" + mark + b"a\n\n\n" + mark + b"a") == [b"", b"\n", b"a\n\n", b"a"]
    assert cut(mark + b"a\n") == [b"a\n"]
    assert cut(mark) == [b""]


@pytest.mark.parametrize("sender", [b"from nobody", b"J D"])
def test_the_first_line_may_have_any_sender(sender: bytes) -> None:
    assert cut(b"From " + sender + b" " + DATE + b"\na\n") == [b"a\n"]


def test_a_sender_that_the_standard_library_wrote_is_read(tmp_path: Path) -> None:
    box = stdlib.mbox(tmp_path / "box")
    for sender in ('"J D"@x.test', "J D <jd@x.test>", "MAILER-DAEMON"):
        message = stdlib.mboxMessage("Subject: 1\n\nFrom here on Monday\n")
        message.set_from(sender, time_=True)
        box.add(message)
    box.close()

    assert cut((tmp_path / "box").read_bytes()) == [b"Subject: 1\n\nFrom here on Monday\n"] * 3


def test_a_hostile_line_is_read_in_no_time() -> None:
    line = b"From " + b"@ Mon Jan 1 " * 200_000

    assert cut(b"From a %s\n\n%b\n" % (DATE, line)) == [b"\n%b\n" % line]


def test_a_length_in_the_header_is_not_looked_at() -> None:
    octets = b"From a %s\nContent-Length: 999\n\na\n\nFrom b %s\n\nb\n" % (DATE, DATE)

    assert cut(octets) == [b"Content-Length: 999\n\na\n", b"\nb\n"]


def test_no_octets_are_no_mails_and_others_are_no_mbox_file() -> None:
    assert cut(b"") == []
    for octets in (b"Subject: 1\n\n", b"\nFrom a " + DATE, b"From me to you\n\nFrom a " + DATE + b"\n"):
        assert mails_of_mbox(octets) is None
