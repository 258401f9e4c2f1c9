"""The search grammar: from a text to a query, or an error that says where and why. No clock, and no other exception.

query  = all *("OR" all)
all    = 1*(["AND"] ["-" | "!"] term)
term   = "(" query ")" | word | phrase | prefix ":" ["="] (word | phrase)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from mailtrap_lite.errors import BadQuery
from mailtrap_lite.message.moments import UTC
from mailtrap_lite.search.folding import octets
from mailtrap_lite.search.nodes import All, Anywhere, Either, Everything, Node, Not
from mailtrap_lite.search.terms import TERM_OF, Given, Term, Unfit
from mailtrap_lite.search.words import Searched

if TYPE_CHECKING:
    from datetime import tzinfo

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
LONGEST = 10_000  # characters of a query
DEEPEST = 50  # parentheses within each other
MOST_TERMS = 200

_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"(OR|AND)(?=[\s()]|$)")
_PREFIX = re.compile(r"([A-Za-z][A-Za-z-]{0,30}):(=?)")
_SIGN = re.compile(r"[-!](?=[^\s)!-])")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"')
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. text: as it was written. parts: what it says, each with its source; all of them must hold."""

    text: str
    parts: tuple[tuple[str, Node], ...]

    def matches(self, found: Searched) -> bool:
        """Return whether a message is one that is looked for. This is what a search means, in every store."""
        return all(node.holds(found) for _, node in self.parts)

    def unmet(self, found: Searched) -> list[str]:
        """Return the parts that do not hold of a message, as they were written."""
        return [source for source, node in self.parts if not node.holds(found)]

    @property
    def is_everything(self) -> bool:
        """Whether nothing was asked, so that each message matches. Who deletes what a search finds refuses it."""
        return not self.parts

    @property
    def node(self) -> Node:
        """The whole as one node."""
        return All(tuple(node for _, node in self.parts)) if self.parts else Everything()

    def __str__(self) -> str:
        return self.text


def parse(text: str, *, now: float, tz: tzinfo = UTC) -> Query:
    """Read a query. now: seconds since the epoch, for `3d`. tz: where a day begins. Raises BadQuery."""
    if len(text) > LONGEST:
        raise BadQuery(text, LONGEST, f"a query has at most {LONGEST} characters")
    return _Parser(text, now=now, tz=tz).query()


class _Parser:
    """One text; `at` is how far it was read."""

    def __init__(self, text: str, *, now: float, tz: tzinfo) -> None:
        self.text = text
        self.now = now
        self.tz = tz
        self.at = 0
        self.terms = 0

    def query(self) -> Query:
        if self._is_over():
            return Query(self.text, ())
        parts = self._either(0)
        if not self._is_over():
            self._refuse(self.at, 'a ")" without its "("; put it in quotes to look for it')
        return Query(self.text, tuple(parts))

    def _either(self, depth: int) -> list[tuple[str, Node]]:
        """Read as far as a closing parenthesis or the end; return what all must hold."""
        start = self.at
        ways = [self._all(depth)]
        while self._operator() == "OR":
            self.at += 2
            ways.append(self._all(depth))
        if len(ways) == 1:
            return ways[0]
        return [(self.text[start : self.at].strip(), Either(tuple(_one(parts) for parts in ways)))]

    def _all(self, depth: int) -> list[tuple[str, Node]]:
        parts: list[tuple[str, Node]] = []
        wanted = True
        while not self._is_over() and self.text[self.at] != ")":
            operator = self._operator()
            if operator == "OR":
                break
            if operator == "AND":
                if wanted:
                    self._refuse(self.at, 'a term is missing before "AND"; put it in quotes to look for it')
                self.at += 3
                wanted = True
                continue
            start = self.at
            node = self._signed(depth)
            parts.append((self.text[start : self.at], node))
            wanted = False
        if wanted:
            self._refuse(self.at, "a term is missing")
        return parts

    def _signed(self, depth: int) -> Node:
        if sign := _SIGN.match(self.text, self.at):
            self.at = sign.end()
            return Not(self._term(depth))
        return self._term(depth)

    def _term(self, depth: int) -> Node:
        start = self.at
        self.terms += 1
        if self.terms > MOST_TERMS:
            self._refuse(start, f"a query has at most {MOST_TERMS} terms")
        if self.text[start] == "(":
            return self._group(start, depth)
        prefix = _PREFIX.match(self.text, start)
        term = TERM_OF.get(prefix[1].lower()) if prefix else None
        if prefix is None or term is None:
            return self._anywhere(start)
        self.at = prefix.end() if term.exact else prefix.end(1) + 1
        return self._prefixed(term, start, exact=term.exact and bool(prefix[2]))

    def _group(self, start: int, depth: int) -> Node:
        if depth == DEEPEST:
            self._refuse(start, f"parentheses are at most {DEEPEST} deep")
        self.at += 1
        parts = self._either(depth + 1)
        if self._is_over():
            self._refuse(start, 'a "(" without its ")"; put it in quotes to look for it')
        self.at += 1
        return _one(parts)

    def _anywhere(self, start: int) -> Node:
        needle = octets(self._value(start, word=True))
        if not needle:
            self._refuse(start, "nothing to look for")
        return Anywhere(needle)

    def _prefixed(self, term: Term, start: int, *, exact: bool) -> Node:
        quoted = self.text.startswith('"', self.at)
        value = self._value(start, word=False)
        try:
            return term.read(Given(value, exact, quoted, self.now, self.tz))
        except Unfit as err:
            hint = f'; put it in quotes to look for the text "{term.name}:"' if not value else ""
            raise BadQuery(self.text, start, f"{term.name}: {err}{hint}") from None

    def _value(self, start: int, *, word: bool) -> str:
        """Read a phrase, or a word as far as white space or a parenthesis that was not opened in it.

        word: whether it is one without a prefix; behind a prefix a phrase may also follow a `=`, as in header:a="b c".
        """
        if self.text.startswith('"', self.at):
            return self._phrase(start)
        begin, inner = self.at, 0
        while self.at < len(self.text) and not (character := self.text[self.at]).isspace():
            if character == '"' and not word and self.at > begin and self.text[self.at - 1] == "=":
                return self.text[begin : self.at] + self._phrase(start)
            if character == ")" and not inner:
                break
            inner += (character == "(") - (character == ")")
            self.at += 1
        return self.text[begin : self.at]

    def _phrase(self, start: int) -> str:
        found = _QUOTED.match(self.text, self.at)
        if found is None:
            self._refuse(self.at, 'a " without its end')
        self.at = found.end()
        return _ESCAPED.sub(r"\1", found[1])

    def _is_over(self) -> bool:
        """Skip white space and return whether nothing follows."""
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.at == len(self.text)

    def _operator(self) -> str:
        found = _OPERATOR.match(self.text, self.at)
        return found[1] if found else ""

    def _refuse(self, position: int, reason: str) -> NoReturn:
        raise BadQuery(self.text, position, reason)


def _one(parts: list[tuple[str, Node]]) -> Node:
    return parts[0][1] if len(parts) == 1 else All(tuple(node for _, node in parts))
