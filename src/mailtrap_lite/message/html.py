"""What an HTML body shows as text and which images it embeds. No parser and no sanitiser.

Each function looks at each character a bounded number of times.
`html.parser` and the sanitisers need tens of seconds for 50,000 times `<!--`.
What keeps a reader safe is the sandboxed frame and its Content-Security-Policy, never this file.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase

from mailtrap_lite.message.limits import INLINE_IMAGE, INLINE_IMAGES, MARKUP, SNIPPET_SOURCE
from mailtrap_lite.message.markup import unescaped

_CID = re.compile(r"([\"'(=]\s{0,80})cid:([^\"'\s<>)]{1,998})", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_TAG = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]{0,30}")
_UNSHOWN = {"script", "style", "title", "template", "noscript", "textarea"}
_WITHIN_A_WORD = {
    "a",
    "abbr",
    "b",
    "big",
    "code",
    "em",
    "font",
    "i",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "wbr",
}
# Padding that newsletters put behind their first line.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_MAGIC = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


def text_of(html: str, *, most: int = SNIPPET_SOURCE) -> str:
    """Return what a reader sees of the first `most` characters, white space as in the source."""
    html = html[:most]
    lower = html.translate(_LOWER)  # str.lower() may change the length
    pieces: list[str] = []
    position = 0
    while (start := html.find("<", position)) >= 0:
        pieces.append(html[position:start])
        position, shown = _behind_tag(html, lower, start)
        pieces.append(shown)
    pieces.append(html[position:])
    return unescaped("".join(pieces)).translate(_INVISIBLE)


def content_ids(html: str) -> frozenset[str]:
    """Return the Content-IDs that the HTML refers to (RFC 2392)."""
    return frozenset(_content_id(found[2]) for found in _CID.finditer(html, 0, MARKUP))


def with_images(html: str, image: Callable[[str], bytes | None]) -> str:
    """Return the HTML with `cid:` references replaced by `data:` addresses, and nothing else changed.

    image: gives the octets that belong to a Content-ID.
    Only what is PNG, JPEG, GIF or WebP by its first octets is put in, up to a size for each and for all;
    other references stay as they are.
    """
    room = INLINE_IMAGES
    made: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        nonlocal room
        name = _content_id(found[2])
        if name not in made:
            made[name] = _data_address(image(name) or b"")
        if not made[name] or len(made[name]) > room:
            return found[0]
        room -= len(made[name])
        return found[1] + made[name]

    if len(html) <= MARKUP:
        return _CID.sub(replaced, html)
    return _CID.sub(replaced, html[:MARKUP]) + html[MARKUP:]


def image_type(octets: bytes) -> str:
    """Return the type of a picture that a browser may show, told from its first octets; "" for anything else."""
    return next((kind for magic, kind in _MAGIC if magic.match(octets)), "")


def _behind_tag(html: str, lower: str, start: int) -> tuple[int, str]:
    """Return where text goes on behind the `<` at start, and what is shown in its place."""
    if html.startswith("<!--", start):
        return _behind(html, "-->", start + 4), ""
    closing = html.startswith("/", start + 1)
    tag = _TAG.match(html, start + 1 + closing)
    if tag is None and html[start + 1 : start + 2] not in ("!", "?", "/"):
        return start + 1, "<"  # a < b
    end = _behind(html, ">", start)
    name = tag[0].lower() if tag else ""
    if name in _UNSHOWN and not closing:
        end = _behind(html, ">", _behind(lower, f"</{name}", end))
    return end, "" if name in _WITHIN_A_WORD else " "


def _behind(text: str, mark: str, start: int) -> int:
    """Return the place behind the next mark; the end without one, as browsers do."""
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def _content_id(text: str) -> str:
    # RFC 2392: the address of a cid is percent-encoded.
    return _PERCENT.sub(lambda found: chr(int(found[1], 16)), unescaped(text)) if "%" in text or "&" in text else text


def _data_address(octets: bytes) -> str:
    kind = image_type(octets[:16])
    if not kind or len(octets) > INLINE_IMAGE:
        return ""
    return f"data:{kind};base64,{binascii.b2a_base64(octets, newline=False).decode('ascii')}"
