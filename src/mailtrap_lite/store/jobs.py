"""What waits for the one writer of a file, and how its owners are told what came of it. Knows no SQL and no queue."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar  # Any: jobs of all result types are told together

from mailtrap_lite.store.contract import Arrival

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """Something to do in a transaction, for a thread that waits. then: called with the result after the commit."""

    do: Callable[[sqlite3.Connection], T]
    then: Callable[[T], None] | None
    result: Future[T]

    def begin(self) -> bool:
        """Return whether anybody still wants it."""
        return self.result.set_running_or_notify_cancel()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail to store, for a task of an event loop that waits for its id."""

    arrival: Arrival
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[int]

    def begin(self) -> bool:
        """Return whether anybody still wants it. Any thread."""
        return not self.result.cancelled()


Job: TypeAlias = Work[Any] | Incoming


def tell(outcomes: Iterable[tuple[Job, Any]]) -> None:
    """Give each job its result, or its exception. Any thread; a loop is woken once for all its jobs."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[Job, Any]]] = defaultdict(list)
    for job, outcome in outcomes:
        if isinstance(job, Incoming):
            by_loop[job.loop].append((job, outcome))
        else:
            _settle(job.result, outcome)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle_all, theirs)


def _settle_all(outcomes: Iterable[tuple[Job, Any]]) -> None:
    for job, outcome in outcomes:
        if not job.result.done():  # else its task was cancelled meanwhile
            _settle(job.result, outcome)
            if isinstance(outcome, BaseException):
                job.result.exception()  # seen: its task may be gone, and then asyncio would complain of it much later


def _settle(result: Future[Any] | asyncio.Future[Any], outcome: Any) -> None:
    if isinstance(outcome, BaseException):
        result.set_exception(outcome)
    else:
        result.set_result(outcome)
