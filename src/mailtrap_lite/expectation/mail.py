"""A mail that is expected: only what is named counts. The conditions of a wait, and a value to compare with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from mailtrap_lite.expectation import conditions as its
from mailtrap_lite.expectation.conditions import Conditions, Function, Patterns
from mailtrap_lite.expectation.difference import Difference, Unlike
from mailtrap_lite.match import Pattern, is_pattern, spelled
from mailtrap_lite.message import Message

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_SEVERAL = ("to", "cc", "bcc", "reply_to", "attachments")
_ONE = ("sender", "subject", "text", "html")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Mail:
    """Conditions on a mail, which must all hold. `message == Mail(subject="Welcome")` is true if they do.

    A text may have `*` for anything and `?` for any one character; a compiled regular expression is searched for.

    to: somebody who received it (RCPT TO). cc, reply_to: an address of that field. bcc: a recipient in no field.
    sender: the envelope's sender or the From address. subject: the whole decoded Subject.
    text: something in the plain text, or in what the HTML shows if there is none. html: something in its source.
    In these two any white space is one space. header: fields by name; None for one that must not be there.
    attachments: the name of one. has_attachment: True or False, or the name of one.
    query: a search (docs/search.md). where: any function of the message.
    A list for to, cc, bcc, reply_to or attachments means these and no others, in any order.
    Addresses are compared without case.
    """

    to: Patterns | None = None
    cc: Patterns | None = None
    bcc: Patterns | None = None
    sender: Pattern | None = None
    reply_to: Patterns | None = None
    subject: Pattern | None = None
    text: Pattern | None = None
    html: Pattern | None = None
    header: Mapping[str, Pattern | None] | None = None
    attachments: Patterns | None = None
    has_attachment: bool | Pattern | None = None
    query: str | Query | None = None
    where: Function | None = None

    # It is compared with messages, of which many are equal to one expectation.
    __hash__: ClassVar[None]  # type: ignore[assignment]

    @classmethod
    def of(cls, expected: Mail | None, verb: str, conditions: Conditions) -> Mail:
        """Return what the caller of `verb` expects: a Mail, conditions by name, or both together.

        Raises TypeError for a condition that there is not.
        """
        names = [each.name for each in fields(cls)]
        for name in conditions:
            if name not in names:
                from difflib import get_close_matches  # costs start-up time that most runs never need

                near = get_close_matches(name, names, n=1)
                hint = f"did you mean {near[0]}=? It" if near else "it"
                raise TypeError(f"{verb} knows no condition {name}=; {hint} knows {', '.join(names)}")
        if expected is None:
            return cls(**conditions)
        if not isinstance(expected, Mail):
            raise TypeError(f"{verb}({expected!r}): give a Mail(...), or conditions by name such as subject=")
        before = {name: getattr(expected, name) for name in names if getattr(expected, name) is not None}
        return cls(**{**before, **conditions}) if conditions else expected

    def __post_init__(self) -> None:
        for name in (*_SEVERAL, *_ONE):
            value: object = getattr(self, name)
            if value is not None and not is_pattern(value) and not (name in _SEVERAL and _are_patterns(value)):
                several = ", or a list of them" if name in _SEVERAL else ""
                raise TypeError(f"{name}={value!r} is not a text or a regular expression for texts{several}")
        if self.header is not None and not _are_fields(self.header):
            raise TypeError(f"header={self.header!r} is not a dict of names and texts, regular expressions or None")
        wanted: object = self.has_attachment
        if wanted is not None and not isinstance(wanted, bool) and not is_pattern(wanted):
            raise TypeError(f"has_attachment={wanted!r} is not True, False, a text or a regular expression for texts")
        if isinstance(self.query, str):
            from mailtrap_lite.search import parse  # who asks pays for the grammar

            parse(self.query, now=0.0)  # raises BadQuery now, and not in a wait
        elif self.query is not None and not hasattr(self.query, "unmet"):
            raise TypeError(f"query={self.query!r} is not a search")
        if self.where is not None and not callable(self.where):
            raise TypeError(f"where={self.where!r} is not a function of a message")

    def asked_at(self, query: Callable[[str], Query]) -> Mail:
        """Return the same with its search read by `query`, which knows what time it is."""
        return replace(self, query=query(self.query)) if isinstance(self.query, str) else self

    def difference(self, message: Message) -> Difference:
        """Return what keeps a message from being such a mail; false if nothing does."""
        return Difference(tuple(self._unmet(message)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Message):
            return next(self._unmet(other), None) is None
        if isinstance(other, Mail):
            return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(self))
        return NotImplemented

    def __repr__(self) -> str:
        return f"Mail({self})" if self._said() else "Mail()"

    def __str__(self) -> str:
        return ", ".join(self._said()) or "any message"

    @property
    def anything(self) -> bool:
        """Whether any mail will do."""
        return not self._said()

    def _unmet(self, message: Message) -> Iterator[Unlike]:
        asked_all = True
        for unlike in self._all(message):
            if unlike is not None:
                asked_all = False
                yield unlike
        # Asked last: a function may rely on the other conditions.
        if asked_all and self.where is not None and (unlike := its.where(self.where, message)):
            yield unlike

    def _all(self, message: Message) -> Iterator[Unlike | None]:
        """Yield what is not met, the cheap conditions first: a wait asks each mail."""
        if self.to is not None:
            yield its.to(self.to, message)
        if self.sender is not None:
            yield its.sender(self.sender, message)
        if self.subject is not None:
            yield its.subject(self.subject, message)
        for name in ("cc", "bcc", "reply_to"):
            if (expected := getattr(self, name)) is not None:
                yield its.addressed(name, expected, getattr(message, name))
        yield from its.header(self.header or {}, message)
        if self.attachments is not None:
            yield its.attachments(self.attachments, message)
        if self.has_attachment is not None:
            yield its.has_attachment(self.has_attachment, message)
        if self.text is not None:
            yield its.text(self.text, message)
        if self.html is not None:
            yield its.html(self.html, message)
        if self.query is not None:
            yield from its.query(self.query, message)

    def _said(self) -> list[str]:
        said = []
        for name in chain(
            _SEVERAL[:3],
            ("sender", "reply_to", "subject", "text", "html"),
            ("header", "attachments", "has_attachment", "query", "where"),
        ):
            value = getattr(self, name)
            if value is not None:
                said.append(f"{name}={_spelled(value)}")
        return said


def _spelled(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name!r}: {_spelled(pattern)}' for name, pattern in value.items())}}}"
    if isinstance(value, str | re.Pattern):
        return spelled(value)
    if isinstance(value, Sequence):
        return its.spelled_all(value)
    if callable(value):
        return its.name_of(value)
    return repr(str(value)) if hasattr(value, "unmet") else repr(value)


def _are_patterns(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, bytes) and all(is_pattern(each) for each in value)


def _are_fields(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and (pattern is None or is_pattern(pattern)) for name, pattern in value.items()
    )
