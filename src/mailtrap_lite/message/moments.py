"""A point in time as people type it: `2026-01-31`, `2026-01-31T12:30+02:00`, `3d`, `yesterday`. Knows no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

__all__ = ["UTC", "moment_in"]

_AGO = re.compile(r"([0-9]{1,6})([mhdw])")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAYS_AGO = {"today": 0, "yesterday": 1}
_ISO = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[t ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6})[0-9]{0,3})?)? ?(z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


def moment_in(text: str, *, now: float, tz: tzinfo = UTC) -> float:
    """Return the seconds since the epoch that a text means.

    A day is its first moment. `m`, `h`, `d` and `w` are minutes, hours, days and weeks before now.
    tz: where a day begins, and what a time without a zone is in. Raises ValueError for anything else.
    """
    plain = text.strip().lower()
    try:
        if found := _AGO.fullmatch(plain):
            return now - int(found[1]) * _UNITS[found[2]]
        if plain in _DAYS_AGO:
            here = datetime.fromtimestamp(now, tz) - timedelta(days=_DAYS_AGO[plain])
            return here.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        if found := _ISO.fullmatch(plain):
            return _written(found, tz).timestamp()
    except (ValueError, OverflowError, OSError) as err:  # a day that is none, or beyond what datetime can say
        raise ValueError(f"{text!r} is no moment") from err
    raise ValueError(f"{text!r} is no moment")


def _written(found: re.Match[str], tz: tzinfo) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    return datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "").ljust(6, "0")),
        tzinfo=_zone(zone) if zone else tz,
    )


def _zone(text: str) -> timezone:
    if text == "z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
