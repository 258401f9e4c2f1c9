"""The verbs of Expecting as coroutines, for asyncio and trio. Each waits in a thread that ends when it is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar, Unpack, cast

from mailtrap_lite.errors import MissingExtra
from mailtrap_lite.expectation import Conditions, Mail
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import waiting
from mailtrap_lite.sandbox.waiting import Stopwatch, Watched

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
T = TypeVar("T")


class Aio:
    """What `Expecting` has, with the same arguments, to be awaited. Any event loop, any thread."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    async def wait_for(
        self,
        expected: Mail | None = None,
        /,
        *,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> Message:
        """Return the first such mail, waiting for it; see `Expecting.wait_for`."""
        mail = Mail.of(expected, "wait_for", conditions)
        return (await _in_a_thread(partial(waiting.first, self._watched, mail, 1, after=after, timeout=timeout)))[0]

    async def wait_for_all(
        self,
        count: int,
        expected: Mail | None = None,
        /,
        *,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> list[Message]:
        """Return the first `count` such mails, waiting for them; see `Expecting.wait_for_all`."""
        mail = Mail.of(expected, "wait_for_all", conditions)
        return await _in_a_thread(partial(waiting.first, self._watched, mail, count, after=after, timeout=timeout))

    async def assert_sent(
        self,
        expected: Mail | None = None,
        /,
        *,
        count: int | None = None,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> list[Message]:
        """Return all such mails, exactly `count` or one at least; see `Expecting.assert_sent`."""
        mail = Mail.of(expected, "assert_sent", conditions)
        return await _in_a_thread(partial(waiting.sent, self._watched, mail, count, after=after, timeout=timeout))

    async def assert_no_mail(
        self,
        expected: Mail | None = None,
        /,
        *,
        within: float = 0.0,
        after: int | Message = 0,
        timeout: float = 5.0,
        **conditions: Unpack[Conditions],
    ) -> None:
        """Return when no such mail is here and none comes; see `Expecting.assert_no_mail`."""
        mail = Mail.of(expected, "assert_no_mail", conditions)
        await _in_a_thread(partial(waiting.none, self._watched, mail, within=within, after=after, timeout=timeout))


async def _in_a_thread(wait: Callable[..., T]) -> T:
    """Call `wait` with a stopwatch in a thread, and have it end soon if we are cancelled."""
    try:
        import anyio.to_thread  # an extra, imported by who uses it
    except ImportError as err:
        raise MissingExtra("mailtrap.aio needs anyio; pip install 'mailtrap-lite[aio]'") from err
    given_up = threading.Event()
    failures: list[Exception] = []

    def work() -> T | None:
        try:
            return wait(stopwatch=Stopwatch(given_up.is_set))
        except Exception as err:  # noqa: BLE001 - raised below, without the frames of loop and threads in between
            failures.append(err)
            return None

    try:
        result = await anyio.to_thread.run_sync(
            work,
            abandon_on_cancel=True,
            # One of its own: waits that last must not keep each other from beginning.
            limiter=anyio.CapacityLimiter(1),
        )
    finally:
        given_up.set()
    if failures:
        try:
            raise failures[0]
        finally:
            failures.clear()  # else error, frame and list hold each other
    return cast(T, result)
