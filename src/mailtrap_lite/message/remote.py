"""What showing the HTML of a mail would fetch from elsewhere. No parser: addresses where a browser would load them.

It looks at each character a bounded number of times, and rather lists too much than too little.
What keeps a reader safe is the frame's Content-Security-Policy, never this list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.limits import MARKUP, REMOTE, REMOTE_CANDIDATES
from mailtrap_lite.message.markup import unescaped

_WANTS = re.compile(
    r"""[\s"'/](?P<attribute>src|srcset|background|poster|data)\s{0,80}=
    |<(?P<tag>link|image|use|feimage)\b(?P<link>[^<>]{0,4096})
    |(?P<css>\burl\(|@import\s{0,80}(?=["']))""",
    re.IGNORECASE | re.VERBOSE,
)
_HREF = re.compile(r"[\s\"'/](?:xlink:)?href\s{0,80}=", re.IGNORECASE)
_REL = re.compile(r"[\s\"'/]rel\s{0,80}=", re.IGNORECASE)
_VALUE = re.compile(r"""\s{0,80}(?:"([^"]{0,4096})|'([^']{0,4096})|([^\s"'>)]{0,4096}))""")
_REMOTE = re.compile(r"(?:https?:|[\\/]{2})", re.IGNORECASE)
_TAG = re.compile(r"<([a-z][a-z0-9]{0,20})", re.IGNORECASE)
_SMALL = re.compile(
    r"""[\s"'/](?:width|height)\s{0,9}=\s{0,9}["']?[012](?:px)?(?=["'\s/>])
    |(?:width|height)\s{0,9}:\s{0,9}[012](?:px)?\s{0,9}[;"'!]
    |display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOK_BACK = 2048  # characters in which the beginning of a tag or of a rule is looked for


class Kind(StrEnum):
    """What would be fetched."""

    IMAGE = "image"
    SRCSET = "srcset"
    BACKGROUND = "background"  # of an element, by its attribute
    CSS = "css"  # a picture that a style names
    STYLE = "style"  # a style sheet
    FONT = "font"
    FRAME = "frame"
    SCRIPT = "script"
    MEDIA = "media"
    PLUGIN = "plugin"
    LINK = "link"  # an icon, something to be fetched early


_KINDS = {
    "iframe": Kind.FRAME,
    "frame": Kind.FRAME,
    "script": Kind.SCRIPT,
    "video": Kind.MEDIA,
    "audio": Kind.MEDIA,
    "track": Kind.MEDIA,
    "source": Kind.MEDIA,
    "object": Kind.PLUGIN,
    "embed": Kind.PLUGIN,
}


@dataclass(frozen=True, slots=True)
class Remote:
    """One address that would be fetched. pixel: it is a picture too small to be seen, so it may tell who reads when."""

    kind: Kind
    url: str
    pixel: bool = False


def remote_in(html: str) -> tuple[Remote, ...]:
    """Return what showing the HTML would fetch, each address once for a kind, in order; the first 1,000. Never raises.

    Links to click are not among it.
    """
    found: dict[tuple[Kind, str], Remote] = {}
    for number, wants in enumerate(_WANTS.finditer(html, 0, MARKUP)):
        if number == REMOTE_CANDIDATES or len(found) >= REMOTE:
            break
        for remote in _of_link(wants) if wants["link"] is not None else _of_value(html, wants):
            found.setdefault((remote.kind, remote.url), remote)
    return tuple(found.values())[:REMOTE]


def _of_link(wants: re.Match[str]) -> Iterator[Remote]:
    inside = wants["link"]
    rel = _REL.search(inside)
    sheet = rel is not None and "stylesheet" in _value(inside, rel.end()).lower()
    kind = (Kind.STYLE if sheet else Kind.LINK) if wants["tag"].lower() == "link" else Kind.IMAGE
    if href := _HREF.search(inside):
        yield from _remotes(kind, [_value(inside, href.end())])
    # Its other attributes, such as srcset, come by the first rule only when the tag is not swallowed.
    for at in _WANTS.finditer(inside):
        if at["attribute"]:
            yield from _remotes(kind, [_value(inside, at.end())])


def _of_value(html: str, wants: re.Match[str]) -> Iterator[Remote]:
    value = _value(html, wants.end())
    if wants["css"]:
        return _remotes(_kind_in_css(html, wants), [value])
    start = html.rfind("<", max(0, wants.start() - _LOOK_BACK), wants.start())
    tag = _TAG.match(html, start) if start >= 0 else None
    kind = _KINDS.get(tag[1].lower() if tag else "", Kind.IMAGE)
    attribute = wants["attribute"].lower()
    if attribute == "srcset":
        return _remotes(Kind.SRCSET, value.replace(",", " ").split())
    if attribute == "background":
        kind = Kind.BACKGROUND
    elif attribute == "poster":
        kind = Kind.IMAGE
    pixel = tag is not None and tag[1].lower() == "img" and bool(_SMALL.search(_tag(html, start)))
    return _remotes(kind, [value], pixel=pixel and attribute == "src")


def _kind_in_css(html: str, wants: re.Match[str]) -> Kind:
    since = max(0, wants.start() - _LOOK_BACK)
    before = html[html.rfind(";", since, wants.start()) + 1 : wants.start()] if wants["css"][0] != "@" else "@import"
    if "@import" in before[-40:].lower():
        return Kind.STYLE
    rule = html.rfind("{", since, wants.start())
    return Kind.FONT if rule >= 0 and "@font-face" in html[max(0, rule - 40) : rule].lower() else Kind.CSS


def _tag(html: str, start: int) -> str:
    end = html.find(">", start, start + 4096)
    return html[start : (start + 4096 if end < 0 else end + 1)]


def _value(text: str, position: int) -> str:
    found = _VALUE.match(text, position)
    return next((value for value in found.groups() if value is not None), "") if found else ""


def _remotes(kind: Kind, values: list[str], *, pixel: bool = False) -> Iterator[Remote]:
    for value in values:
        address = unescaped(value).strip().replace("\n", "").replace("\r", "").replace("\t", "")
        if _REMOTE.match(address):
            yield Remote(kind, address, pixel)
