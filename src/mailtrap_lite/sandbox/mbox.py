"""An mbox file (RFC 4155): where each mail in it begins, and what the writer changed. Knows no file.

A mail begins behind a line "From ADDRESS DATE" that follows an empty line, or that is the first. That line is not part
of the mail, nor is the empty line before the next one. A line that begins with "From " and says no date is text, quoted
or not. A quoted line, as ">From " or ">>From ", loses one ">".
What a header says of its length (Content-Length, as the mboxcl formats have it) is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_EMPTY_LINE = re.compile(rb"\r?\n\Z")
_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From ([^\n]*)(?:\n|\Z)")
# The date is that of asctime(3), often with a zone before or behind the year, sometimes without seconds, or that of
# RFC 5322 or of ISO 8601.
_WEEKDAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = rb"(?P<day>[0-9]{1,2})"
_YEAR = rb"(?P<year>[0-9]{4})"
_TIME = rb"(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
_ZONE = rb"(?:[A-Z]{1,5}|[+-][0-9]{4})"
_FORMS = (
    rb"%b[ \t]+%b[ \t]+%b[ \t]+%b[ \t]+(?:%b[ \t]+)*%b(?:[ \t]+%b)*"
    % (_WEEKDAY, _MONTH, _DAY, _TIME, _ZONE, _YEAR, _ZONE),
    rb"(?:%b,?[ \t]+)?%b[ \t]+%b[ \t]+%b[ \t]+%b(?:[ \t]+%b)*" % (_WEEKDAY, _DAY, _MONTH, _YEAR, _TIME, _ZONE),
    rb"%b-(?P<month>[0-9]{2})-%b[T ]%b(?:[.,][0-9]+)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?" % (_YEAR, _DAY, _TIME),
)
_DATES = [re.compile(rb"(?:\A|[ \t])" + form + rb"(?:[ \t]+remote from \S+)?[ \t\r]*\Z") for form in _FORMS]
_LONGEST_DATE = 400  # octets, with the name of a host


def mails_of_mbox(octets: bytes) -> Iterator[bytes] | None:
    """Return the mails of an mbox file, in its order; None for octets that do not begin as one does."""
    marks = [line for line in _LINE.finditer(octets) if _is_postmark(line[1], first=line.start() == 0)]
    if octets and (not marks or marks[0].start() != 0):
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(octets)]
    return (_mail(octets[mark.end() : end]) for mark, end in zip(marks, ends, strict=False))


def _is_postmark(line: bytes, *, first: bool) -> bool:
    """Return whether what stands behind "From " is a sender and a date. first: of the file, where it is no text."""
    end = line[-_LONGEST_DATE:]  # only there, so that a line without end costs nothing
    date = next((found for form in _DATES if (found := form.search(end))), None)
    if date is None or not _is_a_moment(date):
        return False
    words = line[: len(line) - len(end) + date.start()].split()
    return bool(words) and (first or _is_sender(words))


def _is_sender(words: list[bytes]) -> bool:
    """Return whether it is one word, as "a@x.test", "MAILER-DAEMON" and "-"; or an address with spaces.

    That is one with a quoted local part or a name before it, or "a at x.test", as archives of lists have it.
    """
    return len(words) == 1 or b"@" in words[-1] or (len(words) == 3 and words[1] == b"at")


def _is_a_moment(date: re.Match[bytes]) -> bool:
    hour, minute, second = (int(digits) for digits in (date["time"] + b":0").split(b":")[:3])
    month = int(date["month"]) if date["month"].isdigit() else _MONTHS.index(date["month"]) + 1
    try:
        datetime(int(date["year"]), month, int(date["day"]), hour, minute, second)  # noqa: DTZ001 - does it exist?
    except ValueError:
        return False
    return True


def _mail(part: bytes) -> bytes:
    # Only an empty line at the end is the writer's; a last line that is not empty keeps its end.
    if part.endswith((b"\n\n", b"\n\r\n")) or part in (b"\n", b"\r\n"):
        part = _EMPTY_LINE.sub(b"", part)
    return _QUOTED.sub(rb"\1", part)
