"""Which HTML and CSS of a mail is poorly supported by mail programs. Each character is looked at a few times only."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from mailtrap_lite.checks.support import FEATURES, PROGRAMS, Feature
from mailtrap_lite.message.limits import MARKUP

MOST_CSS = 256 * 1024  # characters of style sheets that are looked at
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]{0,30})([^<>]{0,4096})")
_ATTRIBUTE = re.compile(
    r"""(?:^|[\s"'/])([a-zA-Z-]{1,30})\s{0,20}=\s{0,20}(?:"([^"]{0,4096})|'([^']{0,4096})|([^\s"'>]{0,4096}))"""
)
_COMMENT = re.compile(r"/\*[^*]{0,10000}\*/")


@dataclass(frozen=True, slots=True)
class Result:
    """How one program shows a feature: "yes", "partial" or "no"."""

    program: str
    platform: str
    support: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A feature that a mail uses and some program does not show. found: how often it is used."""

    feature: Feature
    found: int
    results: tuple[Result, ...]

    def share(self, support: str) -> float:
        """Return how many of a hundred programs show it so."""
        return _percent(sum(result.support == support for result in self.results), len(self.results))


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail's HTML uses. nodes: how many elements it has. warnings: the worst first."""

    nodes: int
    warnings: tuple[Warned, ...]

    def share(self, support: str) -> float:
        """Return of a hundred programs, over all features that were looked for, how many show the mail so."""
        count = sum(result.support == support for warned in self.warnings for result in warned.results)
        places = sum(map(len, PROGRAMS.values()))
        fine = (len(FEATURES) - len(self.warnings)) * places if support == "yes" else 0
        return _percent(fine + count, len(FEATURES) * places)


def check_html(html: str) -> Report:
    """Return what mail programs make of it; never raises."""
    html = html[:MARKUP]
    tags: Counter[str] = Counter()
    attributes: Counter[str] = Counter()
    sheets: list[str] = []
    room = MOST_CSS
    for found in _TAG.finditer(html):
        name = found[1].lower()
        tags[name] += 1
        pieces = []
        for attribute in _ATTRIBUTE.finditer(found[2]):
            attributes[attribute[1].lower()] += 1
            if attribute[1].lower() == "style":
                pieces.append(attribute[2] or attribute[3] or attribute[4] or "")
        if name == "style":
            last = min(len(html), found.end() + max(room, 0))
            end = html.find("</", found.end(), last)
            pieces.append(html[found.end() : last if end < 0 else end])
        for piece in pieces:
            sheets.append(piece[: max(room, 0)])
            room -= len(piece)
    css = _COMMENT.sub(" ", "\n;".join(sheets))
    used = ((feature, _uses(feature, tags, attributes, css)) for feature in FEATURES)
    warned = [Warned(feature, number, _results(feature)) for feature, number in used if number]
    return Report(tags.total(), tuple(sorted(warned, key=lambda each: (each.share("yes"), each.feature.slug))))


def _uses(feature: Feature, tags: Counter[str], attributes: Counter[str], css: str) -> int:
    if feature.css:
        return sum(1 for _ in _compiled(feature.css).finditer(css))
    if feature.attribute:
        return sum(number for name, number in attributes.items() if _compiled(feature.attribute).fullmatch(name))
    return sum(tags[tag] for tag in feature.tags)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _results(feature: Feature) -> tuple[Result, ...]:
    return tuple(
        Result(
            program,
            platform,
            "no" if program in feature.missing else "partial" if program in feature.partial else "yes",
        )
        for program, platforms in PROGRAMS.items()
        for platform in platforms
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)
