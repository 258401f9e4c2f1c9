"""The one-time code in a mail: 4 to 8 digits beside a word such as code, OTP or PIN. The words are in codewords.

Dates, prices, phone numbers, orders, years and postal codes are none. Nor are letters: "X7K9" could be anything.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

from mailtrap_lite.message import codewords
from mailtrap_lite.message.limits import CODE_SOURCE

_BEFORE = 120  # characters between a word and the number that follows it
_BEFORE_ALONE = 300  # if the number has a line of its own
_BEHIND = 60  # characters between a number and the word that follows it
_SENTENCE = re.compile(r"[.!?。！？]\s")
_OWNED = 20  # characters between a word and a number that it surely speaks of
_MOST = 100  # codes
_LATIN = r"A-Za-z0-9_\u00c0-\u024f\u0370-\u03ff\u0400-\u052f"

# What has digits in it and is no number of its own: addresses, dates, times, decimals, masked numbers.
_MASKED = re.compile(
    r"""(?:https?://|www\.|mailto:)\S{1,4096}
    |[\w.+-]{1,64}@[\w.-]{1,255}
    |\b\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b
    |\b\d{1,2}:\d{2}(?::\d{2})?\b
    |[*•●xX]{2,20}[ -]?\d{2,8}\b(?!\*)
    |\+[\d ()./-]{6,24}
    |\(\d{2,5}\)[ -]?[\d -]{4,16}""",
    re.VERBOSE,
)
# As it is typed: 123456, 123 456, 12-34-56, 1 2 3 4 5 6, G-123456.
_NUMBER = re.compile(
    rf"""(?<![{_LATIN}€$£¥₹₩#@=/\\&])(?<!\d[.,:'’-])(?<!\d[ \u00a0])(?:[A-Z]{{1,2}}-)?
    (?P<digits>\d{{4,8}}|\d{{3}}[ \u00a0\u2009\u202f–-]\d{{3}}|\d{{4}}[ \u00a0–-]\d{{4}}|\d{{2}}(?:[ -]\d{{2}}){{2,3}}
    |\d(?:[ \u00a0]{{1,2}}\d){{3,7}})
    (?![{_LATIN}@/])(?![.,:'’]\d)(?![ \u00a0-]\d)""",
    re.VERBOSE,
)
_YEAR = re.compile(r"(?:19[5-9]|20[0-9])\d")
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MONEY = re.compile(r"(?:\bof|eur|usd|gbp|jpy|chf|pln|cny|rmb|rs\.?|€|[$]|£|¥|₹|₩|₺|₽)\s{0,2}$")
# "1200 of the code", and a number that is nearer to the word.
_PART_OF = re.compile(r"\D{0,60}\d|\s{0,3}(?:of|in|des|der|von|vom|du|del|della|dei|di|do|dos|van|из)\b")
_LINKED = re.compile(r"[ \u00a0]{1,2}[^\W\d][^\n:;,]{0,30}$")  # 482913 is your
_BETWEEN_CODES = re.compile(r"[\s,;•*·|-]{1,20}")


@dataclass(frozen=True, slots=True)
class Code:
    """A code. digits: nothing else; where: the line that it stands in."""

    digits: str
    where: str

    def __str__(self) -> str:
        return f"{self.digits} in {self.where!r}"


def codes_in(texts: Iterable[str]) -> tuple[Code, ...]:
    """Return the codes of some texts, each once, in order. Never raises; linear in the length of the texts."""
    found: dict[str, Code] = {}
    for text in texts:
        for code in _codes(text[:CODE_SOURCE]):
            found.setdefault(code.digits, code)
            if len(found) == _MOST:
                return tuple(found.values())
    return tuple(found.values())


def _codes(text: str) -> Iterator[Code]:
    plain = _MASKED.sub(lambda masked: " " * len(masked[0]), _with_plain_digits(text))
    lower = _lower(plain)
    words = _Words(lower)
    numbers = [*_NUMBER.finditer(plain)]
    end = size = 0  # of the code before
    for number, following in zip_longest(numbers, numbers[1:]):
        digits = "".join(each for each in number["digits"] if each.isdigit())
        goes_on = len(digits) == size and _BETWEEN_CODES.fullmatch(plain, end, number.start())
        place = _Place(lower, number.start(), number.end(), end, following.start() if following else -1)
        if goes_on or words.say_so(place, digits):
            yield Code(digits, _line(text, number.start(), number.end()))
            end, size = number.end(), len(digits)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a number is: text[start:end].

    behind: where the code before it ends. ahead: where the next number starts, -1 without one.
    """

    text: str
    start: int
    end: int
    behind: int
    ahead: int

    @property
    def is_amount(self) -> bool:
        """Whether it says how much or how long."""
        return bool(
            _units().match(self.text, self.end) or _MONEY.search(self.text[max(0, self.start - 8) : self.start])
        )

    @property
    def is_alone(self) -> bool:
        """Whether it has its line for itself, marks and brackets aside."""
        first, last = self.text.rfind("\n", 0, self.start) + 1, self.text.find("\n", self.end)
        line = self.text[first : min(self.start, first + 40)]
        line += self.text[self.end : self.end + 40 if last < 0 else min(last, self.end + 40)]
        return not any(each.isalnum() for each in line)


class _Words:
    """The words of a text that say what a number is, with their places."""

    def __init__(self, lower: str) -> None:
        found = list(_words().finditer(lower))
        self._starts = [word.start() for word in found]
        self._ends = [word.end() for word in found]
        self._good = [word.lastgroup == "code" for word in found]

    def say_so(self, place: _Place, digits: str) -> bool:
        """Return whether a number is a code: the nearest word before it decides, else the one behind it."""
        if place.is_amount:
            return False
        alone = place.is_alone
        for word in range(bisect_left(self._ends, place.start + 1) - 1, -1, -1):
            between = place.text[self._ends[word] : place.start]
            if len(between) > (_BEFORE_ALONE if alone else _BEFORE) or self._ends[word] <= place.behind:
                break
            if self._good[word]:
                if alone or not _is_left(between):
                    return not _is_date(digits) or len(between.strip()) <= 6
                break
            if not alone or not any(each.isalpha() for each in between):
                # "Order update: 482913 is your code" says it behind the number, and says it better.
                return self._says_behind(place, strictly=True)
        return self._says_behind(place, strictly=_is_date(digits))

    def _says_behind(self, place: _Place, *, strictly: bool) -> bool:
        after = bisect_left(self._starts, place.end)
        if after == len(self._starts) or not self._good[after]:
            return False
        between = place.text[place.end : self._starts[after]]
        if len(between) > _BEHIND or _is_left(between.lstrip()) or _PART_OF.match(between):
            return False
        if 0 <= place.ahead - self._ends[after] <= _OWNED:
            return False  # the word belongs to the number that follows it
        return not strictly or bool(_LINKED.match(between))


def _is_left(between: str) -> bool:
    """Return whether a sentence or a paragraph ends in between, so that the word speaks of something else."""
    said = between.strip(" :：")
    return bool(said.strip() and "\n\n" in said) or bool(_SENTENCE.search(between))


def _is_date(digits: str) -> bool:
    return bool(_YEAR.fullmatch(digits) or _DAY.fullmatch(digits))


def _line(text: str, start: int, end: int) -> str:
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    line = text[max(first, start - 60) : end + 60 if last < 0 else min(last, end + 60)]
    return " ".join(line.split())


def _lower(text: str) -> str:
    """Return a text in lower case, of the same length: İ becomes two characters otherwise."""
    lower = text.lower()
    return (
        lower if len(lower) == len(text) else "".join(low if len(low := each.lower()) == 1 else each for each in text)
    )


def _with_plain_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    others = {
        ord(each): str(unicodedata.decimal(each)) for each in set(text) if each.isdecimal() and not each.isascii()
    }
    return text.translate(others) if others else text


@cache
def _words() -> re.Pattern[str]:
    within = "|".join(codewords.CODE_WITHIN)
    code = rf"(?<!\w)[^\W\d_]{{0,24}}?(?:{within})[^\W\d_]{{0,8}}(?!\w)|(?<!\w)(?:{'|'.join(codewords.CODE)})(?!\w)"
    anywhere = "|".join(codewords.CODE_ANYWHERE)
    return re.compile(
        rf"(?P<other>(?<![^\W\d_])(?:{'|'.join(codewords.OTHER_CODES)})|(?<![a-z])(?:{'|'.join(codewords.OTHER)})(?![a-z]))"
        rf"|(?P<code>{code}|{anywhere})"
    )


@cache
def _units() -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0-]?(?:{'|'.join(codewords.UNITS)})(?![a-z])")
