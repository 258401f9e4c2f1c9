"""Points in time as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from mailtrap_lite.message.moments import moment_in

NOW = datetime(2026, 3, 29, 10, 30, tzinfo=UTC).timestamp()
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026/1/3", datetime(2026, 1, 3, tzinfo=UTC)),
        ("2026-01-31T12:30", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        (" 2026-01-31 12:30:15.25 ", datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)),
        ("2026-01-31t12:30z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31T12:30+02:00", datetime(2026, 1, 31, 10, 30, tzinfo=UTC)),
        ("2026-01-31T12:30 -0130", datetime(2026, 1, 31, 14, 0, tzinfo=UTC)),
        ("2026-01-31T12:30:15.123456789", datetime(2026, 1, 31, 12, 30, 15, 123_456, tzinfo=UTC)),
        ("90m", datetime(2026, 3, 29, 9, 0, tzinfo=UTC)),
        ("12H", datetime(2026, 3, 28, 22, 30, tzinfo=UTC)),
        ("3d", datetime(2026, 3, 26, 10, 30, tzinfo=UTC)),
        ("2w", datetime(2026, 3, 15, 10, 30, tzinfo=UTC)),
        ("today", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 3, 28, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, when: datetime) -> None:
    assert moment_in(text, now=NOW) == when.timestamp()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 23, 0, tzinfo=UTC)),
        ("2026-03-30", datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        ("today", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("2026-01-31T12:30Z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_day_begins_where_one_is(text: str, when: datetime) -> None:
    assert moment_in(text, now=NOW, tz=BERLIN) == when.timestamp()


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2026", "2026-13-01", "2026-02-30", "2026-01-01T25:00", "2026-01-01T12:00+24:00", "0000-01-01"),
        *("-1d", "1y", "1234567d", "2026-01-01T12:00+01:60", "\u0661d", "2026-01-01T12:00:60"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        moment_in(text, now=NOW)


def test_the_ends_of_time_are_a_moment_or_refused() -> None:
    for text in ("0001-01-01", "9999-12-31T23:59"):
        for hours in (-23, 23):
            try:
                assert isinstance(moment_in(text, now=NOW, tz=timezone(timedelta(hours=hours))), float)
            except ValueError:
                continue
