"""HTML cut into tokens, for colouring and for finding links. No tree and no sanitiser: what is wrong stays as it is.

The texts of all tokens together are the HTML again. Each character is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple


class Mark(StrEnum):
    """What a token is."""

    TEXT = "text"
    ENTITY = "entity"
    COMMENT = "comment"
    DOCTYPE = "doctype"
    TAG = "tag"  # "<a", "</a", ">" or "/>"
    NAME = "name"  # of an attribute
    VALUE = "value"  # with its quotes
    PLAIN = "plain"  # between the others inside of a tag
    CODE = "code"  # what stands in style and script


class Token(NamedTuple):
    """A piece of HTML."""

    mark: Mark
    text: str


# What is no HTML inside (WHATWG HTML section 13.2.5.2 and 13.2.5.3).
_CODE = frozenset({"script", "style", "textarea", "title", "xmp", "noembed", "iframe"})
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)  # str.lower() may change the length
_OPEN = re.compile(r"</?[a-zA-Z][^\s/>]{0,60}")
_STRAY = re.compile(r"<+(?=<)")  # none of these opens a tag, and there may be millions
# No alternative can fail after a long match. A quote that is never closed ends with the piece that is looked at.
_INSIDE = re.compile(
    r"""(?P<end>/?>)
    |(?P<value>=\s{0,80}(?:"[^"]{0,65536}"?|'[^']{0,65536}'?|[^\s>"'][^\s>]{0,65536})?)
    |(?P<name>[^\s=>/"']{1,1000})
    |(?P<plain>[\s/"']+)""",
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens of some HTML, in order; none of them is empty. Never raises."""
    lower = html.translate(_LOWER)
    position = 0
    while position < len(html):
        start = html.find("<", position)
        if start < 0:
            start = len(html)
        yield from _text(html[position:start])
        if start == len(html):
            return
        if html.startswith("<!--", start):
            position = _behind(html, "-->", start + 4)
            yield Token(Mark.COMMENT, html[start:position])
        elif html.startswith(("<!", "<?"), start):
            position = _behind(html, ">", start)
            yield Token(Mark.DOCTYPE, html[start:position])
        elif (tag := _OPEN.match(html, start)) is None:
            stray = _STRAY.match(html, start)
            position = stray.end() if stray else start + 1
            yield Token(Mark.TEXT, html[start:position])
        else:
            yield Token(Mark.TAG, tag[0])
            position = tag.end()
            for token in _inside(html, position):
                position += len(token.text)
                yield token
            if (name := tag[0][1:].lower()) in _CODE:
                end = lower.find(f"</{name}", position)
                end = len(html) if end < 0 else end
                if end > position:
                    yield Token(Mark.CODE, html[position:end])
                position = end


def value_of(text: str) -> str:
    """Return what the text of a VALUE says, without its quotes and with its entities read."""
    text = text.strip()
    quoted = text[:1] in ('"', "'")
    inner = text[1:].removesuffix(text[0]) if quoted else text
    return unescaped(inner)


def unescaped(text: str) -> str:
    """Return text with its entities read."""
    if "&" not in text:
        return text
    from html import unescape  # its table of entities costs start-up time that most runs never need

    return unescape(text)


def _text(text: str) -> Iterator[Token]:
    position = 0
    if "&" in text:
        for entity in _ENTITY.finditer(text):
            if entity.start() > position:
                yield Token(Mark.TEXT, text[position : entity.start()])
            yield Token(Mark.ENTITY, entity[0])
            position = entity.end()
    if position < len(text):
        yield Token(Mark.TEXT, text[position:])


def _inside(html: str, position: int) -> Iterator[Token]:
    """Yield the tokens of a tag behind its name, with the `>` that ends it."""
    while found := _INSIDE.match(html, position):
        position = found.end()
        match found.lastgroup:
            case "end":
                yield Token(Mark.TAG, found[0])
                return
            case "value":
                value = found[0][1:].lstrip()
                yield Token(Mark.PLAIN, found[0][: len(found[0]) - len(value)])
                if value:
                    yield Token(Mark.VALUE, value)
            case "name":
                yield Token(Mark.NAME, found[0])
            case _:
                yield Token(Mark.PLAIN, found[0])


def _behind(text: str, mark: str, start: int) -> int:
    """Return the place behind the next mark; the end without one, as browsers do."""
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)
