"""What is handed over to be planted is taken as it is, or refused with what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite.errors import BadMail
from mailtrap_lite.sandbox.planting import addresses_of, checked_uid, octets_of, seconds_of


class Elsewhere:
    """A path that is no pathlib.Path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


def test_bytes_an_email_message_and_a_path_are_mail(tmp_path: Path) -> None:
    raw = b"Subject: x\r\n\r\n\0\xff\r"
    file = tmp_path / "mail.eml"
    file.write_bytes(raw)
    letter = EmailMessage()
    letter["Subject"] = "x"
    letter.set_content("hi\n")

    assert [octets_of(mail) for mail in (raw, file, Elsewhere(file))] == [raw] * 3
    assert octets_of(letter).startswith(b"Subject: x\r\n")
    assert octets_of(letter).count(b"\n") == octets_of(letter).count(b"\r\n")


@pytest.mark.parametrize("mail", ["Subject: x", None, 7, object()], ids=["text", "nothing", "number", "object"])
def test_anything_else_is_no_mail(mail: Any) -> None:
    with pytest.raises(BadMail, match=r"a mail is bytes, an email\.message or a pathlib\.Path, not "):
        octets_of(mail)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMail, match=r"absent\.eml cannot be read: No such file or directory"):
        octets_of(tmp_path / "absent.eml")


def test_who_is_named_gets_the_mail_unless_somebody_else_is_said() -> None:
    raw = b"To: A <a@x.test>\r\nCc: b@x.test\r\nBcc: c@x.test\r\n\r\n"

    assert addresses_of(raw, None) == ["a@x.test", "b@x.test", "c@x.test"]
    assert addresses_of(raw, "d@x.test") == ["d@x.test"]
    assert addresses_of(raw, ("d@x.test", "e@x.test")) == ["d@x.test", "e@x.test"]


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (5, 5.0),
        (1.5, 1.5),
        (datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC), 7.0),
        (datetime(1970, 1, 1, 1, 0, 7, tzinfo=timezone(timedelta(hours=1))), 7.0),
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 12).timestamp()),  # noqa: DTZ001 - local time is what is meant
    ],
    ids=["whole", "fraction", "UTC", "a zone", "local"],
)
def test_a_moment_is_seconds_or_a_datetime(moment: datetime | float, seconds: float) -> None:
    assert seconds_of(moment) == seconds


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), 1e300, "yesterday", None], ids=repr)
def test_what_is_no_moment_is_refused(moment: Any) -> None:
    with pytest.raises(BadMail, match=r"received_at=.* is no moment; give a datetime or seconds since the epoch"):
        seconds_of(moment)


@pytest.mark.parametrize("uid", ["!", "~" * 70, "a-1", "4711.<x@y>"])
def test_a_uidl_is_1_to_70_printable_characters(uid: str) -> None:
    assert checked_uid(uid) == uid


@pytest.mark.parametrize("uid", ["", "x" * 71, "a b", "a\n", "é", "\x7f", 7, b"a"], ids=repr)
def test_what_cannot_be_a_uidl_is_refused(uid: Any) -> None:
    with pytest.raises(BadMail, match=r"uid=.* is no UIDL: it has 1 to 70 characters from ! to ~"):
        checked_uid(uid)
