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
# Whom it came from is one word, as "a@x.test", "MAILER-DAEMON" and "-", or "a at x.test", as archives of lists have it.
# The date is that of asctime(3), often with a zone before or behind the year, and some leave the seconds out.
_POSTMARK = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [ \t]*\S+(?: at \S+)?[ \t]+"
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ \t]+(?P<month>[A-Z][a-z]{2})[ \t]+"
    rb"(?P<day>[0-9]{1,2})[ \t]+(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)[ \t]+(?:(?:[A-Z]{1,5}|[+-][0-9]{4})[ \t]+)*"
    rb"(?P<year>[0-9]{4})(?:[ \t]+(?:[A-Z]{1,5}|[+-][0-9]{4}))*(?:[ \t]+remote from \S+)?[ \t]*(?:\r?\n|\Z)"
)


def mails_of_mbox(octets: bytes) -> Iterator[bytes] | None:
    """Return the mails of an mbox file, in its order; None for octets that do not begin as one does."""
    marks = [mark for mark in _POSTMARK.finditer(octets) if _is_a_moment(mark)]
    if octets and (not marks or marks[0].start() != 0):
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(octets)]
    return (_mail(octets[mark.end() : end]) for mark, end in zip(marks, ends, strict=False))


def _is_a_moment(mark: re.Match[bytes]) -> bool:
    hour, minute, second = (int(digits) for digits in (mark["time"] + b":0").split(b":")[:3])
    try:
        month = _MONTHS.index(mark["month"]) + 1
        datetime(int(mark["year"]), month, int(mark["day"]), hour, minute, second)  # noqa: DTZ001 - does it exist?
    except ValueError:
        return False
    return True


def _mail(part: bytes) -> bytes:
    # Only an empty line at the end is the writer's; a last line that is not empty keeps its end.
    if part.endswith((b"\n\n", b"\n\r\n")) or part in (b"\n", b"\r\n"):
        part = _EMPTY_LINE.sub(b"", part)
    return _QUOTED.sub(rb"\1", part)
