"""What a wait looks for: conditions on a message, and what differs when one is not met.

Pure: it knows messages and nothing of waiting. `matches` is `not differences`, so that a failure can say
why each mail that did arrive was not the one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtrap_lite.message import Message
from mailtrap_lite.search.words import Searched

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

# A text, in which `*` stands for anything and `?` for any one character, or a regular expression.
Pattern = str | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions that must all hold; None is no condition.

    to: one of the envelope's recipients. sender: the envelope's sender or a From address. subject: the decoded Subject.
    Texts must fit as a whole; addresses are compared without case. A regular expression is searched for.
    query: a search. where: any function of the message.
    """

    to: Pattern | None = None
    sender: Pattern | None = None
    subject: Pattern | None = None
    query: Query | None = None
    where: Callable[[Message], bool] | None = None

    def __post_init__(self) -> None:
        for name in ("to", "sender", "subject"):
            value: object = getattr(self, name)
            text = value.pattern if isinstance(value, re.Pattern) else value
            if value is not None and not isinstance(text, str):
                raise TypeError(f"{name}={value!r} is not a text or a regular expression for texts")
        if isinstance(self.query, str):
            raise TypeError(f"query={self.query!r} is a text; parse makes a query of it")
        if self.where is not None and not callable(self.where):
            raise TypeError(f"where={self.where!r} is not a function of a message")

    def differences(self, message: Message) -> list[str]:
        """Return what keeps a message from matching, one line each; empty if it matches."""
        found: list[str] = []
        recipients = message.envelope.addresses
        if self.to is not None and not any(_fits(self.to, address, fold=True) for address in recipients):
            found.append(f"to is {_list(recipients)}")
        senders = (message.envelope.sender, message.sender.address)
        if self.sender is not None and not any(_fits(self.sender, address, fold=True) for address in senders):
            found.append(f"sender is {_list(tuple(dict.fromkeys(senders)))}")
        if self.subject is not None and not _fits(self.subject, message.subject, fold=False):
            found.append(f"subject is {message.subject!r}")
        if self.query is not None:
            found += [f"answer to `{part}` is no" for part in self.query.unmet(Searched.of(message))]
        # Asked last: a function may rely on the other conditions.
        if not found and self.where is not None and not self.where(message):
            found.append(f"where={_name(self.where)} says no")
        return found

    def __str__(self) -> str:
        named = (("to", self.to), ("sender", self.sender), ("subject", self.subject))
        said = [f"{name}={_spell(value)}" for name, value in named if value is not None]
        if self.query is not None:
            said.append(f"query={self.query.text!r}")
        if self.where is not None:
            said.append(f"where={_name(self.where)}")
        return ", ".join(said) or "any message"


def _fits(pattern: Pattern, value: str, *, fold: bool) -> bool:
    if isinstance(pattern, re.Pattern):
        return pattern.search(value) is not None
    return _globs(pattern.casefold(), value.casefold()) if fold else _globs(pattern, value)


def _globs(pattern: str, value: str) -> bool:
    """Return whether value is pattern, in which `*` is anything and `?` any one character.

    Not fnmatch: there "[urgent]" would be a class of letters, and brackets are common in subjects.
    Not a regular expression: with many stars it needs ages. Going back to the last star only is enough.
    """
    at = back = 0
    star = -1
    here = 0
    while here < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, back = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in (value[here], "?"):
            at += 1
            here += 1
        elif star >= 0:
            back += 1
            at, here = star + 1, back
        else:
            return False
    return not pattern[at:].strip("*")


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(map(repr, values)) or "nobody"


def _spell(pattern: Pattern) -> str:
    return f"re.compile({pattern.pattern!r})" if isinstance(pattern, re.Pattern) else repr(pattern)


def _name(function: Callable[[Message], bool]) -> str:
    return getattr(function, "__name__", type(function).__name__)
