"""The verbs with which a test expects mail; a server, a sandbox and a mailbox have them all. The work is in waiting."""

from __future__ import annotations

import asyncio
import inspect
import sys
from abc import ABC, abstractmethod
from types import FrameType
from typing import TYPE_CHECKING, Unpack

from mailtrap_lite.expectation import Conditions, Mail
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import waiting
from mailtrap_lite.sandbox.waiting import Stopwatch, Watched

if TYPE_CHECKING:
    from mailtrap_lite.sandbox.aio import Aio

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


class Expecting(ABC):
    """Any thread but the loop's; each blocks. From a coroutine use `aio`, which has the same ones.

    What is expected is given as conditions by name, as a `Mail(...)`, or as both together; `Mail` says what they mean.
    after: only mail behind this message, id or `mark()` counts; all that is here does by default. Times are in seconds.
    """

    @abstractmethod
    def _watched(self) -> Watched:
        """Return what is waited for."""

    @abstractmethod
    def mark(self) -> int:
        """Return a cursor: `after=` it, only mail counts that comes from now on."""

    @property
    def aio(self) -> Aio:
        """The same verbs as coroutines, for asyncio and trio; needs anyio."""
        from mailtrap_lite.sandbox.aio import Aio  # imported by who awaits

        return Aio(self._watched())

    def wait_for(
        self,
        expected: Mail | None = None,
        /,
        *,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> Message:
        """Return the first such mail, waiting for it: `wait_for(to="bob@x.test", subject="Reset*")`.

        Raises NoMailArrived, an AssertionError, which lists what did arrive and how each differs, the nearest first.
        """
        _refuse_in_a_coroutine("wait_for")
        mail = Mail.of(expected, "wait_for", conditions)
        return waiting.first(self._watched(), mail, 1, after=after, timeout=timeout, stopwatch=Stopwatch())[0]

    def wait_for_all(
        self,
        count: int,
        expected: Mail | None = None,
        /,
        *,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> list[Message]:
        """Return the first `count` such mails, oldest first, waiting for them: `wait_for_all(3, subject="Invoice *")`.

        More are no failure, since another one could come right after; `assert_sent(..., count=3)` is exact.
        Raises NoMailArrived.
        """
        _refuse_in_a_coroutine("wait_for_all")
        mail = Mail.of(expected, "wait_for_all", conditions)
        return waiting.first(self._watched(), mail, count, after=after, timeout=timeout, stopwatch=Stopwatch())

    def assert_sent(
        self,
        expected: Mail | None = None,
        /,
        *,
        count: int | None = None,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> list[Message]:
        """Return all such mails, oldest first; there must be exactly `count`, or one at least without it.

        Waits for as many as there must be, and for the end of each mail that clients are about to deliver then.
        Raises NoMailArrived for too few, UnexpectedMail for too many.
        """
        _refuse_in_a_coroutine("assert_sent")
        mail = Mail.of(expected, "assert_sent", conditions)
        return waiting.sent(self._watched(), mail, count, after=after, timeout=timeout, stopwatch=Stopwatch())

    def assert_no_mail(
        self,
        expected: Mail | None = None,
        /,
        *,
        within: float = 0.0,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> None:
        """Return when no such mail is here, and none comes within so many seconds.

        A mail that a client has begun by then (MAIL was accepted) is waited for: it may be delivered or given up,
        within `timeout` seconds more. A connection that is open without a mail is no mail.
        Raises UnexpectedMail, an AssertionError, which lists the mail, or the sessions that did not come to an end.
        """
        _refuse_in_a_coroutine("assert_no_mail")
        mail = Mail.of(expected, "assert_no_mail", conditions)
        waiting.none(self._watched(), mail, within=within, after=after, timeout=timeout, stopwatch=Stopwatch())


def _refuse_in_a_coroutine(verb: str) -> None:
    """A blocking wait inside a coroutine would hold up the very code that is to send the mail."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        if not _trio_runs():
            return
    # A loop that runs is not enough: Playwright's plain functions leave one running beside the test that calls them.
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - there is no other way to learn who calls
    while frame is not None:
        if frame.f_code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
            raise RuntimeError(f"{verb} blocks the event loop; in a coroutine use `await mailtrap.aio.{verb}(...)`")
        frame = frame.f_back


def _trio_runs() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and trio.lowlevel.in_trio_run()
