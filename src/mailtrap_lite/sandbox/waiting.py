"""How a test waits for mail, and makes sure that none comes. Knows messages and sessions; the texts are in reports."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailtrap_lite.errors import NoMailArrived, UnexpectedMail
from mailtrap_lite.expectation import Mail
from mailtrap_lite.message import Message
from mailtrap_lite.message.underway import UnderWay
from mailtrap_lite.sandbox import reports

if TYPE_CHECKING:
    from mailtrap_lite.accounts import Selection
    from mailtrap_lite.search import Query

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace

# How often is looked whether a mail under way was decided: nobody is told of a session that sends RSET.
_LOOK = 0.005
# How soon a wait that was given up by its coroutine ends.
_GIVE_UP = 0.05


class Watchable(Protocol):
    """What mail can be waited for in: a sandbox, here or elsewhere. Any thread but the loop's."""

    @property
    def revision(self) -> int:
        """The cursor of `wait`."""

    def wait(self, revision: int, timeout: float) -> object:
        """Block until something changed after a revision, or for timeout seconds."""

    def beyond(self, cursor: int, selection: Selection | None = None) -> list[Message]:
        """Return the messages behind an id, oldest first; `selection`: those waiting there."""

    def query(self, query: str) -> Query:
        """Read a search."""

    def under_way(self) -> list[UnderWay]:
        """Return the mails that clients are about to deliver, without those that will be strays."""


class Watched:
    """What is waited for: the mail of a sandbox, or of some of its mailboxes. Keeps nothing; any thread."""

    def __init__(self, sandbox: Watchable, selection: Selection | None = None) -> None:
        self._sandbox = sandbox
        self._selection = selection
        self.place = "" if selection is None else f" in the mailbox {selection}"  # for a text

    @property
    def revision(self) -> int:
        """How many changes there were."""
        return self._sandbox.revision

    def wait(self, revision: int, timeout: float) -> None:
        """Block until there are more changes, or for timeout seconds."""
        self._sandbox.wait(revision, timeout)

    def beyond(self, cursor: int) -> list[Message]:
        """Return the messages with a higher id, oldest first."""
        return self._sandbox.beyond(cursor, self._selection)

    def asked(self, expected: Mail) -> Mail:
        """Return what is expected with its search read now."""
        return expected.asked_at(self._sandbox.query)

    def under_way(self) -> list[UnderWay]:
        """Return the mails that clients are about to deliver, to whomever, without those that will be strays."""
        return self._sandbox.under_way()


class Stopwatch:
    """The seconds of one wait, and whether its caller has given it up meanwhile. given_up: any thread."""

    def __init__(self, given_up: Callable[[], bool] | None = None) -> None:
        self._given_up = given_up
        self._began = time.monotonic()

    def left(self, seconds: float) -> float:
        """Return how many of these seconds since the beginning are left; none when the wait was given up."""
        if self._given_up is not None and self._given_up():
            return 0.0
        return self._began + seconds - time.monotonic()

    def wait(self, watched: Watched, revision: int, seconds: float) -> None:
        """Block until something changes, for these seconds at most, in steps if it may be given up."""
        watched.wait(revision, seconds if self._given_up is None else min(seconds, _GIVE_UP))


@dataclass(slots=True)
class Sighting:
    """What was seen so far: mail as expected, other mail, and where to go on."""

    expected: Mail
    cursor: int
    found: list[Message]
    others: list[Message]

    def look(self, watched: Watched, most: int) -> None:
        """Sort what is new, until `most` mails are found; -1: all of it."""
        for message in watched.beyond(self.cursor):
            if len(self.found) == most:
                return
            self.cursor = message.id
            (self.found if self.expected == message else self.others).append(message)


def first(
    watched: Watched, expected: Mail, count: int, *, after: int | Message, timeout: float, stopwatch: Stopwatch
) -> list[Message]:
    """Return the first `count` such mails, oldest first; raises NoMailArrived."""
    _check(count=count, timeout=timeout)
    sighting = _seen(watched, expected, count, after=after, timeout=timeout, stopwatch=stopwatch)
    if len(sighting.found) < count:
        raise _too_few(watched, sighting, count, timeout)
    return sighting.found


def sent(
    watched: Watched, expected: Mail, count: int | None, *, after: int | Message, timeout: float, stopwatch: Stopwatch
) -> list[Message]:
    """Return all such mails, which are exactly `count`, or one at least; raises NoMailArrived or UnexpectedMail."""
    wanted = 1 if count is None else count
    _check(count=wanted, timeout=timeout)
    sighting = _seen(watched, expected, wanted, after=after, timeout=timeout, stopwatch=stopwatch)
    if len(sighting.found) < wanted:
        raise _too_few(watched, sighting, wanted, timeout)
    # What was begun before the last of them came belongs to them; what begins now does not.
    left = _decide(watched, sighting, None, timeout=max(0.0, stopwatch.left(timeout)), stopwatch=Stopwatch())
    if count is not None and len(sighting.found) > count:
        raise UnexpectedMail(reports.too_many(expected, count, sighting.found, place=watched.place)).about(expected)
    if count is not None and left:
        raise UnexpectedMail(reports.undecided(expected, left, place=watched.place, timeout=timeout)).about(expected)
    return sighting.found


def none(
    watched: Watched, expected: Mail, *, after: int | Message, within: float, timeout: float, stopwatch: Stopwatch
) -> None:
    """Return when no such mail has come for `within` seconds and none is under way; raises UnexpectedMail.

    What was begun in that time, and is not decided, is waited for: `timeout` seconds more at most.
    """
    _check(within=within, timeout=timeout)
    sighting = Sighting(watched.asked(expected), cursor_of(after), [], [])
    while True:
        revision = watched.revision
        sighting.look(watched, 1)
        remaining = stopwatch.left(within)
        if sighting.found or remaining <= 0:
            break
        stopwatch.wait(watched, revision, remaining)
    left = [] if sighting.found else _decide(watched, sighting, 1, timeout=timeout, stopwatch=Stopwatch())
    if sighting.found:
        raise UnexpectedMail(reports.unexpected(expected, sighting.found, place=watched.place)).about(expected)
    if left:
        raise UnexpectedMail(reports.undecided(expected, left, place=watched.place, timeout=timeout)).about(expected)


def cursor_of(after: int | Message) -> int:
    """Return the id behind which mail counts."""
    if isinstance(after, Message):
        return after.id
    if isinstance(after, bool) or not isinstance(after, int):
        raise TypeError(f"after={after!r} is not a message, nor the number of one, nor a mark()")
    return after


def _check(*, count: int = 1, **seconds: float) -> None:
    """Raise for what is no count, and for what is no number of seconds."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"count={count!r} is not a number of mails")
    if count < 0:
        raise ValueError(f"count={count} is less than no mail")
    for name, value in seconds.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeError(f"{name}={value!r} is not a number of seconds")


def _seen(
    watched: Watched, expected: Mail, count: int, *, after: int | Message, timeout: float, stopwatch: Stopwatch
) -> Sighting:
    sighting = Sighting(watched.asked(expected), cursor_of(after), [], [])
    while True:
        # The revision first: what is committed while we look makes the wait below return at once.
        revision = watched.revision
        sighting.look(watched, count)
        remaining = stopwatch.left(timeout)
        if len(sighting.found) >= count or remaining <= 0:
            return sighting
        stopwatch.wait(watched, revision, remaining)


def _too_few(watched: Watched, sighting: Sighting, count: int, timeout: float) -> NoMailArrived:
    return NoMailArrived(
        reports.too_few(sighting.expected, count, sighting.found, sighting.others, place=watched.place, timeout=timeout)
    ).about(sighting.expected)


def _decide(
    watched: Watched, sighting: Sighting, most: int | None, *, timeout: float, stopwatch: Stopwatch
) -> Sequence[UnderWay]:
    """Wait until each mail that is under way now is delivered or given up; return those that are not in time."""
    begun: set[tuple[str, float]] | None = None
    while True:
        revision = watched.revision
        # The sessions first: what was under way then and is no more has its mail stored, so that it is seen below.
        under_way = watched.under_way()
        begun = {mail.key for mail in under_way} if begun is None else begun & {mail.key for mail in under_way}
        sighting.look(watched, most or -1)
        remaining = stopwatch.left(timeout)
        if not begun or len(sighting.found) == most or remaining <= 0:
            return [mail for mail in under_way if mail.key in begun]
        watched.wait(revision, min(_LOOK, remaining))
