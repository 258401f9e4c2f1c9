"""The links that a mail offers to be clicked, in its HTML and in its text, and which of them pretend to be another.

Nothing is fetched and no name is looked up. What a mail loads by itself is in remote.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from mailtrap_lite.message.html import text_of
from mailtrap_lite.message.limits import LINKED, LINKS
from mailtrap_lite.message.markup import Mark, Token, tokens, value_of

_URL = re.compile(
    r"(?<![\w@.-])(?:https?://|ftp://|mailto:|www\.(?=\w))[^\s<>\"\u201c\u201d\u00ab\u00bb]{1,4096}", re.IGNORECASE
)
_TRAILING = ".,;:!?'*_"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}:", re.IGNORECASE)
_AUTHORITY = re.compile(
    r"(?:https?|ftp):[/\\]{0,4}(?P<user>[^/\\?#\s]{0,1000}@)?(?P<host>\[[0-9a-f:.]{2,60}\]|[^/\\?#:@\s]{1,255})",
    re.IGNORECASE,
)
_SHOWN_HOST = re.compile(
    r"(?P<sure>https?://|www\.)?(?P<host>(?:[\w-]{1,63}\.){1,8}(?P<top>[a-z]{2,24}))(?=[/:?#\s]|\Z)", re.IGNORECASE
)
# A text without http:// or www. names a host only under one of these: Node.js and README.md are no hosts.
# fmt: off
_TOPS = frozenset({
    "app", "at", "au", "bank", "be", "biz", "br", "ca", "ch", "cloud", "cn", "co", "com", "cz", "de", "dev",
    "dk", "edu", "es", "eu", "example", "fi", "fr", "gov", "ie", "in", "info", "io", "it", "jp", "kr", "me",
    "mil", "mx", "net", "nl", "no", "nz", "online", "org", "pay", "pt", "ru", "se", "shop", "site", "store",
    "test", "tv", "ua", "uk", "us", "xyz",
})
# fmt: on
_IGNORED = dict.fromkeys((*range(0x21), 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_MOST_TEXT = 500  # characters of a link's text
_MOST_INNER = 64 * 1024  # characters of HTML inside one link


class Source(StrEnum):
    """Where a link stands."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Link:
    """A link. text: what a reader sees of it, "" for a picture; url: where it leads, as written, entities read."""

    text: str
    url: str
    source: Source

    def __str__(self) -> str:
        return self.url

    @property
    def scheme(self) -> str:
        """The scheme in lower case without its colon; "" for a relative address."""
        found = _SCHEME.match(self.url)
        return found[0][:-1].lower() if found else ""

    @property
    def host(self) -> str:
        """The host that an http, https or ftp link leads to, in lower case; "" for others."""
        return _host(self.url)

    @property
    def pretends(self) -> str:
        """The host that the text of the link names when it leads to another; "" for an honest link.

        A sub-domain of what is shown, or the other way round, is honest.
        """
        shown = _SHOWN_HOST.match(self.text.strip()) if self.source is Source.HTML else None
        if shown is None or not self.host or not (shown["sure"] or shown["top"].lower() in _TOPS):
            return ""
        named, real = (name.lower().removeprefix("www.") for name in (shown["host"], self.host))
        honest = named == real or real.endswith(f".{named}") or named.endswith(f".{real}")
        return "" if honest else shown["host"].lower()

    @property
    def has_user(self) -> bool:
        """Whether a user name stands before the host, as in https://bank.example@evil.test/."""
        found = _AUTHORITY.match(self.url.translate(_IGNORED))
        return bool(found and found["user"])


def links_in(*, html: str = "", text: str = "") -> tuple[Link, ...]:
    """Return the links of the HTML, then those of the text, in order. Never raises.

    Of each the first 1,000, in its first million characters.
    """
    return tuple(islice(_in_html(html[:LINKED]), LINKS)) + tuple(islice(_in_text(text[:LINKED]), LINKS))


def pieces(text: str) -> Iterator[str | Link]:
    """Yield the text as it is, cut at the links in it."""
    position = 0
    for start, link in _found(text):
        if start > position:
            yield text[position:start]
        yield link
        position = start + len(link.text)
    if position < len(text):
        yield text[position:]


def _in_text(text: str) -> Iterator[Link]:
    return (link for _, link in _found(text))


def _found(text: str) -> Iterator[tuple[int, Link]]:
    for found in _URL.finditer(text):
        shown = _trimmed(found[0])
        if len(shown) > 8 or (shown.lower().startswith("www.") and len(shown) > 5):
            url = f"http://{shown}" if shown[:4].lower() == "www." else shown
            yield found.start(), Link(shown, url, Source.TEXT)


def _trimmed(url: str) -> str:
    """Leave out what belongs to the sentence around an address: its full stop, its closing bracket."""
    unopened = {close: url.count(close) - url.count(opening) for close, opening in _BRACKETS.items()}
    end = len(url)
    while end and (url[end - 1] in _TRAILING or unopened.get(url[end - 1], 0) > 0):
        if url[end - 1] in unopened:
            unopened[url[end - 1]] -= 1
        end -= 1
    return url[:end]


def _in_html(html: str) -> Iterator[Link]:
    href: str | None = None
    inner: list[str] = []
    size = 0
    stream = tokens(html)
    for token in stream:
        opens = token.mark is Mark.TAG and token.text.lower() in ("<a", "<area")
        closes = token.mark is Mark.TAG and token.text.lower() == "</a"
        if href is not None and (opens or closes):
            yield Link(_shown(inner), href, Source.HTML)
            href = None
        if opens:
            inner, size = [], 0
            href = _href(stream)
        elif href is not None and size < _MOST_INNER:
            inner.append(token.text)
            size += len(token.text)
    if href is not None:
        yield Link(_shown(inner), href, Source.HTML)


def _href(stream: Iterator[Token]) -> str | None:
    """Read a tag to its end; return its first href, None without one."""
    name, href = "", None
    for token in stream:
        if token.mark is Mark.NAME:
            name = token.text.lower()
        elif token.mark is Mark.VALUE and name == "href" and href is None:
            # Browsers leave out these (WHATWG URL section 4.4).
            href = value_of(token.text).strip("".join(map(chr, range(0x21)))).replace("\n", "").replace("\t", "")
        elif token.mark is Mark.TAG:
            break
    return href or None


def _shown(inner: list[str]) -> str:
    return " ".join(text_of("".join(inner)).split())[:_MOST_TEXT]


def _host(url: str) -> str:
    found = _AUTHORITY.match(url.translate(_IGNORED))
    return found["host"].lower().rstrip(".") if found else ""
