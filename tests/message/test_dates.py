"""Dates: RFC 5322's examples, the obsolete forms, and what is none."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Content
from mailtrap_lite.message.dates import date_in

DATES = {
    "Fri, 21 Nov 1997 09:55:06 -0600": "1997-11-21T09:55:06-06:00",
    "Tue, 1 Jul 2003 10:52:37 +0200": "2003-07-01T10:52:37+02:00",
    "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)": (
        "1969-02-13T23:32:00-03:30"
    ),
    "21 Nov 97 09:55:06 GMT": "1997-11-21T09:55:06+00:00",
    "Fri, 21 Nov 97 09(comment):55:06 -0600": "",
    "Mon, 1 Jan 24 00:00:00 EST": "2024-01-01T00:00:00-05:00",
    "1 Jan 124 00:00 Z": "2024-01-01T00:00:00+00:00",
    "Sat, 31 Dec 2016 23:59:60 +0000": "2016-12-31T23:59:59+00:00",
    "Mon, 01 Jan 2024 00:00:00": "2024-01-01T00:00:00+00:00",
    "Mon Jan  1 12:30:45 2024": "2024-01-01T12:30:45+00:00",
    "Mon, 01 January 2024 00:00:00 -0000": "2024-01-01T00:00:00+00:00",
    "Mon, 01 Jan 99999 00:00:00 +0000": "",
    "Mon, 01 Jan 2024 00:00:00 +9999": "",
    "Mon, 01 Jan 2024 00:00:00 +0160": "",
    "Mon, 01 Jan 0001 00:00:00 +2300": "",
    "Mon, 32 Jan 2024 00:00:00 +0000": "",
    "Mon, 01 Foo 2024 00:00:00 +0000": "",
    "Mon, 01 Jan \uff12\uff10\uff12\uff14 00:00:00 +0000": "",
    "yesterday": "",
    "": "",
}


@pytest.mark.parametrize(("text", "read"), DATES.items(), ids=repr)
def test_a_date_is_read_or_is_none(text: str, read: str) -> None:
    date = date_in(text)

    assert (date.isoformat() if date else "") == read


def test_a_date_that_is_none_is_a_defect() -> None:
    content = Content(b"Date: Mon, 01 Jan 99999 00:00:00 +9999\r\n\r\n")

    assert (content.date, content.defects) == (None, ("the Date is no date",))
