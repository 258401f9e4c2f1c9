"""The time in a Date field (RFC 5322 section 3.3, with the obsolete forms of section 4.3). Knows no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours from UTC; any other name has to be read as -0000.
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_DATE = re.compile(
    r"(?:[a-z]{3,9}\s?,?\s?)?(\d{1,2})[ -]?([a-z]{3})[a-z]{0,6}[ -]?(\d{2,4}),? "
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?: ?([+-]\d{4}|[a-z]{1,5}))?(?: .*)?",
    re.ASCII,
)
_ASCTIME = re.compile(r"[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d{1,2}):(\d{2}):(\d{2}) (\d{4})()", re.ASCII)
_COMMENT = re.compile(r"\([^()]*\)")
_LONGEST = 200


def date_in(text: str) -> datetime | None:
    """Return the time with its zone, or None when the text is no date of the years 1 to 9999. Never raises."""
    plain = " ".join(_COMMENT.sub(" ", text[:_LONGEST]).lower().split())
    if found := _DATE.fullmatch(plain):
        day, month, year, hour, minute, second, zone = found.groups()
    elif found := _ASCTIME.fullmatch(plain):
        month, day, hour, minute, second, year, zone = found.groups()
    else:
        return None
    if month not in _MONTHS:
        return None
    try:
        date = datetime(
            _year(year),
            _MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),  # a leap second, :60, is allowed by RFC 5322 and unknown to datetime
            tzinfo=_zone(zone),
        )
        date.astimezone(UTC)  # in the years 1 and 9999 the zone may lead out of what datetime can say
    except (ValueError, OverflowError):
        return None
    return date


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _zone(text: str | None) -> timezone:
    if not text:
        return UTC
    if text[0] not in "+-":
        return timezone(timedelta(hours=_ZONES[text])) if text in _ZONES else UTC
    hours, minutes = int(text[1:3]), int(text[3:5])
    if minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC
