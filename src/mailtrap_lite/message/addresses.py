"""The addresses in a header field (RFC 5322 section 3.4), also the broken ones. Knows no field by name.

One pass over the text and no way back: every rule takes what it finds, with or without the end it should have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mailtrap_lite.message.words import clean, decode_words

# The alternatives cannot fail after a long match (each closing character is optional), so there is no backtracking.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"?
    |<(?P<angle>(?:[^<>"]+|"[^"\\]*(?:\\.[^"\\]*)*"?){0,50})>?
    |(?P<comment>\()
    |(?P<mark>[,;:>)])
    |(?P<atom>\[[^\],;<>"()\s]*\]?|[^\s"<>(),;:\[]+)""",
    re.DOTALL | re.VERBOSE,
)
_COMMENT = re.compile(r"\\.|[()]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """A display name and an address, either may be "". False when both are."""

    name: str = ""
    address: str = ""

    def __str__(self) -> str:
        if self.name and self.address:
            return f"{self.name} <{self.address}>"
        return self.address or self.name

    def __bool__(self) -> bool:
        return bool(self.name or self.address)


def addresses_in(text: str) -> Iterator[Address]:
    """Yield the mailboxes of a field that is unfolded and not decoded yet; groups yield their members. Never raises."""
    mailbox = _Mailbox()
    position = 0
    # A comma inside an encoded word is no comma:
    # words are decoded only when the structure is known (RFC 2047 section 5).
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:  # cannot happen: the classes above cover every character
            position += 1
            continue
        position = token.end()
        match token.lastgroup:
            case "space":
                mailbox.close_word()
            case "quoted":
                mailbox.add(token["quoted"].replace('\\"', '"').replace("\\\\", "\\"), token[0], quoted=True)
            case "angle":
                if mailbox.angle is not None:  # a comma is missing
                    yield from mailbox.addresses()
                    mailbox = _Mailbox()
                mailbox.angle = token["angle"]
                mailbox.close_word()
            case "comment":
                position = _end_of_comment(text, position)
                mailbox.comments.append(text[token.end() : position].removesuffix(")"))
                mailbox.close_word()
            case "atom":
                mailbox.add(token[0], token[0], quoted=False)
            case _ if token[0] in ",;":
                yield from mailbox.addresses()
                mailbox = _Mailbox()
            case _ if token[0] == ":":
                mailbox = _Mailbox()  # it was the name of a group, or a "mailto:"
            case _:
                mailbox.close_word()
    yield from mailbox.addresses()


class _Word(NamedTuple):
    text: str
    raw: str
    at: bool  # holds an @ outside of quotes


class _Mailbox:
    """What was read of one mailbox so far."""

    def __init__(self) -> None:
        self.words: list[_Word] = []
        self.open_word: list[_Word] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def add(self, text: str, raw: str, *, quoted: bool) -> None:
        """Add a token to the current word: `"john doe"@x.test` is one word of two tokens."""
        self.open_word.append(_Word(text, raw, not quoted and "@" in raw))

    def close_word(self) -> None:
        """End the current word."""
        if self.open_word:
            self.words.append(_glued(self.open_word))
            self.open_word = []

    def addresses(self) -> Iterator[Address]:
        """Yield what the tokens amount to, if anything."""
        self.close_word()
        if address := self._address():
            yield address

    def _address(self) -> Address:
        if self.angle is not None:
            name = decode_words(" ".join(word.text for word in self.words)).strip()
            return Address(name or self._comment(), _addr_spec(self.angle))
        if not self.words:
            return Address()
        words = _around_at(self.words)
        for place in range(len(words) - 1, -1, -1):
            if words[place].at:
                rest = words[:place] + words[place + 1 :]
                name = decode_words(" ".join(word.text for word in rest)).strip()
                return Address(name or self._comment(), clean(words[place].raw))
        if len(words) == 1 and not self.comments and words[0].raw == words[0].text and "=?" not in words[0].raw:
            return Address("", clean(words[0].raw))  # a local user, such as root
        return Address(decode_words(" ".join(word.text for word in words)).strip() or self._comment(), "")

    def _comment(self) -> str:
        # RFC 822 senders put the name there: jdoe@x.test (John Doe)
        return decode_words(" ".join(self.comments)).strip()


def _around_at(words: list[_Word]) -> list[_Word]:
    """Return the words with `john @ x.test` put together (RFC 5322 section 4.4 allows the spaces)."""
    joined: list[_Word] = []
    pieces: list[_Word] = []
    for word in words:
        if pieces and not (pieces[-1].raw.endswith("@") or word.raw.startswith("@")):
            joined.append(_glued(pieces))
            pieces = []
        pieces.append(word)
    if pieces:
        joined.append(_glued(pieces))
    return joined


def _glued(words: list[_Word]) -> _Word:
    if len(words) == 1:
        return words[0]
    return _Word("".join(w.text for w in words), "".join(w.raw for w in words), any(w.at for w in words))


def _addr_spec(text: str) -> str:
    """Return the address inside `<…>` without a source route (RFC 5321 appendix C) and without white space."""
    route, colon, rest = text.strip().partition(":")
    if colon and route.startswith("@"):
        text = rest
    if '"' in text:
        return clean(text.strip())
    return clean("".join(_without_comments(text).split()))


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    position = 0
    while (start := text.find("(", position)) >= 0:
        pieces.append(text[position:start])
        position = _end_of_comment(text, start + 1)
    return "".join([*pieces, text[position:]])


def _end_of_comment(text: str, position: int) -> int:
    depth = 1
    for found in _COMMENT.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(text)
