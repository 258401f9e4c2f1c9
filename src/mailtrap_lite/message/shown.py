"""What an HTML body shows, as plain text in lines. No layout and no style sheet: what CSS hides is shown too."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrap_lite.message.limits import SHOWN
from mailtrap_lite.message.markup import Mark, Token, tokens, unescaped, value_of

# What begins a line of its own, and what has an empty line around it.
# fmt: off
_LINES = frozenset({
    "address", "article", "aside", "body", "br", "caption", "center", "dd", "div", "dt", "figcaption", "figure",
    "footer", "form", "header", "html", "legend", "li", "main", "nav", "option", "section", "tbody", "tfoot", "thead",
    "tr",
})
_PARAGRAPHS = frozenset({
    "blockquote", "dl", "fieldset", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul",
})
# fmt: on
_CELLS = frozenset({"td", "th"})
# Padding that newsletters put behind their first line, and marks that only break words.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff"))


def text_of_html(html: str) -> str:
    """Return what a reader sees of the first part of some HTML. Never raises; linear in its length."""
    page = _Page()
    stream = tokens(html[:SHOWN])
    for token in stream:
        match token.mark:
            case Mark.TEXT:
                page.say(token.text)
            case Mark.ENTITY:
                page.say(unescaped(token.text))
            case Mark.TAG if token.text[:1] == "<":
                page.tag(token.text.lower(), _alternative(token, stream))
    return page.text()


def _alternative(tag: Token, stream: Iterator[Token]) -> str:
    """Read an image's tag to its end and return the text that stands for it."""
    if tag.text.lower() != "<img":
        return ""
    name, alternative = "", ""
    for token in stream:
        if token.mark is Mark.NAME:
            name = token.text.lower()
        elif token.mark is Mark.VALUE and name == "alt":
            alternative = value_of(token.text)
        elif token.mark is Mark.TAG:
            break
    return alternative


class _Page:
    """Lines that are being filled."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._kept = 0  # within how many <pre> we are

    def say(self, text: str) -> None:
        if self._kept and "\n" in text:
            first, *others = text.split("\n")
            self._line.append(first)
            for line in others:
                self._end()
                self._line.append(line)
            return
        self._line.append(text)

    def tag(self, name: str, alternative: str) -> None:
        closes, name = name.startswith("</"), name.strip("</")
        if name in _LINES:
            self._end(if_any=name != "br")
            if name == "li" and not closes:
                self._line.append("- ")
        elif name in _PARAGRAPHS:
            self._end(if_any=True)
            self._lines.append("")
            if name == "pre":
                self._kept = max(0, self._kept + (-1 if closes else 1))
        elif name in _CELLS:
            self._line.append(" ")
        elif alternative:
            self._line.append(alternative)

    def text(self) -> str:
        self._end()
        lines: list[str] = []
        for line in self._lines:
            if line or (lines and lines[-1]):
                lines.append(line)
        return "\n".join(lines).strip("\n")

    def _end(self, *, if_any: bool = False) -> None:
        text = "".join(self._line).translate(_UNSEEN)
        line = text.rstrip() if self._kept else " ".join(text.split())
        if line or not if_any:
            self._lines.append(line)
        self._line = []
