"""The conditions on a mail, one function each: what is not met, or None. Knows of no wait and no store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from mailtrap_lite.expectation.difference import Unlike, likeness
from mailtrap_lite.match import Pattern, fits, occurs, spelled
from mailtrap_lite.message import Address, Message

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
Patterns = Pattern | Sequence[Pattern]
Function = Callable[[Message], object]

_MOST_NAMED = 12  # of addresses, files and values in one line


class Conditions(TypedDict, total=False):
    """What a mail can be asked; see `Mail`, which says what each means."""

    to: Patterns
    cc: Patterns
    bcc: Patterns
    sender: Pattern
    reply_to: Patterns
    subject: Pattern
    text: Pattern
    html: Pattern
    header: Mapping[str, Pattern | None]
    attachments: Patterns
    has_attachment: bool | Pattern
    query: str | Query
    where: Function


def to(expected: Patterns, message: Message) -> Unlike | None:
    """A pattern: one of the envelope's recipients. Several: those to whom it is addressed, copies left out."""
    everybody = message.envelope.addresses
    if isinstance(expected, str | re.Pattern):
        unlike = _one_of("to", expected, everybody, "nobody", fold=True)
        named = [address.address for address in message.to if fits(expected, address.address, fold=True)]
        if unlike is None or not named:
            return unlike
        note = [f"its To field names {named[0]!r}, but no RCPT TO did"]
        return Unlike("to", unlike.expected, unlike.found, 0.9, lambda: note)
    copies = {address.address.casefold() for address in (*message.cc, *message.bcc)}
    direct = [address for address in everybody if address.casefold() not in copies]
    return _all_of("to", expected, direct or everybody, "nobody", fold=True)


def addressed(name: str, expected: Patterns, addresses: Sequence[Address]) -> Unlike | None:
    """A pattern: one of the addresses. Several: these and no others."""
    found = [address.address for address in addresses]
    return _named_by(name, expected, found, "nobody", fold=True)


def sender(expected: Pattern, message: Message) -> Unlike | None:
    """The envelope's sender or the From address."""
    senders = [each for each in dict.fromkeys((message.envelope.sender, message.sender.address)) if each] or [""]
    return _one_of("sender", expected, senders, "nobody", fold=True)


def subject(expected: Pattern, message: Message) -> Unlike | None:
    """The decoded Subject as a whole."""
    return None if fits(expected, message.subject) else _value("subject", expected, message.subject)


def text(expected: Pattern, message: Message) -> Unlike | None:
    """Something that the plain text says, or what the HTML shows if there is no plain text."""
    shown, of_html = message.text, False
    if not shown.strip() and message.html:
        shown, of_html = message.text_of_html, True
    if occurs(expected, shown):
        return None
    return _body("text", expected, shown, "what its HTML shows" if of_html else "")


def html(expected: Pattern, message: Message) -> Unlike | None:
    """Something that the HTML source says."""
    return None if occurs(expected, message.html) else _body("html", expected, message.html, "")


def header(expected: Mapping[str, Pattern | None], message: Message) -> list[Unlike]:
    """Fields by name: one that fits as a whole, or None for a field that is not there."""
    unmet = []
    for name, pattern in expected.items():
        values = message.headers.all(name)
        said = f"header {name}"
        if pattern is None:
            if values:
                unmet.append(Unlike(said, "none", f"is {_named(values)}"))
        elif not values:
            unmet.append(Unlike(said, spelled(pattern), "is missing"))
        elif not any(fits(pattern, value) for value in values):
            if len(values) == 1:
                unmet.append(_value(said, pattern, values[0]))
            else:
                unmet.append(Unlike(said, spelled(pattern), f"is {_named(values)}", _nearest(pattern, values)))
    return unmet


def attachments(expected: Patterns, message: Message) -> Unlike | None:
    """A pattern: the name of one of the attachments. Several: the names of these and of no others."""
    names = [part.name for part in message.attachments]
    return _named_by("attachments", expected, names, "none", fold=False)


def has_attachment(expected: bool | Pattern, message: Message) -> Unlike | None:
    """Whether there is any attachment, or the name of one."""
    names = [part.name for part in message.attachments]
    if not isinstance(expected, bool):
        return _one_of("attachments", expected, names, "none", fold=False)
    if bool(names) is expected:
        return None
    return Unlike("attachments", "any" if expected else "none", "are none" if not names else f"are {_named(names)}")


def query(expected: str | Query, message: Message) -> Iterator[Unlike]:
    """A search, of which each part must hold. In a text "now", as in `after:1h`, is when the message came."""
    from mailtrap_lite.search import Searched, parse  # who asks pays for the grammar

    asked = parse(expected, now=message.received) if isinstance(expected, str) else expected
    for part in asked.unmet(Searched.of(message)):
        yield Unlike("answer to", repr(part), f"`{part}` is no", 0.3)


def where(expected: Function, message: Message) -> Unlike | None:
    """Any function of the message."""
    return None if expected(message) else Unlike(f"where={name_of(expected)}", "yes", "says no", 0.5)


def name_of(function: Function) -> str:
    """Return how a function is called."""
    return getattr(function, "__name__", type(function).__name__)


def spelled_all(expected: Patterns) -> str:
    """Return patterns as one writes them in Python."""
    if isinstance(expected, str | re.Pattern):
        return spelled(expected)
    return f"[{', '.join(map(spelled, expected))}]"


def _value(name: str, expected: Pattern, found: str) -> Unlike:
    alike = _nearest(expected, [found])
    said = f"is {_short(found)}" if found else "is empty"
    long = isinstance(expected, str) and alike > 0.5 and (len(found) > 40 or len(expected) > 40) and "*" not in expected
    return Unlike(name, spelled(expected), said, alike, lambda: _place_of(str(expected), found) if long else [])


def _body(name: str, expected: Pattern, found: str, of: str) -> Unlike:
    if not found.strip():
        return Unlike(name, spelled(expected), "is empty")
    wanted = expected if isinstance(expected, str) else ""
    said = f"does not say so ({of}{', ' if of else ''}{len(found):,} characters)"
    return Unlike(name, spelled(expected), said, _nearest(expected, [found]), lambda: _place_of(wanted, found))


def _named_by(name: str, expected: Patterns, found: Sequence[str], nobody: str, *, fold: bool) -> Unlike | None:
    if isinstance(expected, str | re.Pattern):
        return _one_of(name, expected, found, nobody, fold=fold)
    return _all_of(name, expected, found, nobody, fold=fold)


def _one_of(name: str, expected: Pattern, found: Sequence[str], nobody: str, *, fold: bool) -> Unlike | None:
    if any(fits(expected, value, fold=fold) for value in found):
        return None
    verb = "are" if name == "attachments" else "is"
    return Unlike(name, spelled(expected), f"{verb} {_named(found) or nobody}", _nearest(expected, found))


def _all_of(name: str, expected: Sequence[Pattern], found: Sequence[str], nobody: str, *, fold: bool) -> Unlike | None:
    """Match each pattern with a value of its own; the order is of no account."""
    takes = {
        n: [m for m, value in enumerate(found) if fits(pattern, value, fold=fold)] for n, pattern in enumerate(expected)
    }
    taken: dict[int, int] = {}
    missing = [n for n in takes if not _place(n, takes, taken, set())]
    more = [value for m, value in enumerate(found) if m not in taken]
    if not missing and not more:
        return None
    notes = [f"- {spelled(expected[n])} is missing" for n in missing] + [
        f"+ {value!r} was not expected" for value in more
    ]
    alike = len(taken) / max(len(expected), len(found))
    return Unlike(
        name,
        spelled_all(expected),
        f"{'are' if len(found) != 1 else 'is'} {_named(found) or nobody}",
        alike,
        lambda: notes,
    )


def _place(n: int, takes: Mapping[int, Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give pattern n a value, moving others if need be: "*" must not take what only "a@x.test" is."""
    for m in takes[n]:
        if m not in tried:
            tried.add(m)
            if m not in taken or _place(taken[m], takes, taken, tried):
                taken[m] = n
                return True
    return False


def _nearest(expected: Pattern, found: Sequence[str]) -> float:
    wanted = expected.pattern if isinstance(expected, re.Pattern) else expected.replace("*", "")
    return 0.9 * max((likeness(wanted.casefold(), value.casefold()) for value in found[:_MOST_NAMED]), default=0.0)


def _named(values: Sequence[str]) -> str:
    more = f" and {len(values) - _MOST_NAMED:,} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(_short(value) for value in values[:_MOST_NAMED]) + more


def _place_of(expected: str, found: str) -> list[str]:
    from mailtrap_lite.expectation.texts import place_of  # a suite that passes never needs it

    return place_of(expected, found)


def _short(value: str) -> str:
    return repr(value) if len(value) <= 200 else f"{value[:200]!r}… ({len(value):,} characters)"
