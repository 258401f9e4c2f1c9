"""The event loop and its thread: one of each kind for each process, shared by all its servers."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar  # Any: the send and yield types of a coroutine, which nobody uses

from mailtrap_lite.errors import BadSetting

T = TypeVar("T")
log = logging.getLogger(__name__)


class LoopThread:
    """A daemon thread that runs an event loop. Methods: any thread but the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = asyncio.new_event_loop() if loop is None else loop
        self._thread = threading.Thread(target=self._run, name="mailtrap-lite loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(_cancel_all())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop without waiting for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """Run a coroutine on the loop and return its result; after timeout seconds cancel it and raise TimeoutError."""
        future = self.start(work)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the loop and wait for its thread, two seconds at most."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(2.0)


async def _cancel_all() -> None:
    """End what a server that nobody stopped has left, so that the interpreter ends without complaints."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


_shared: dict[str, LoopThread] = {}
_starting = threading.Lock()


def shared_loop(kind: str = "asyncio") -> LoopThread:
    """Return the loop of this process, started at the first call and stopped when the interpreter exits.

    kind: asyncio; uvloop, which raises BadSetting if it is not installed; or auto, which is uvloop if it is.
    """
    with _starting:
        if kind not in _shared:
            _shared[kind] = LoopThread(_new_loop(kind))
            atexit.register(_shared[kind].stop)
        return _shared[kind]


def _new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind != "asyncio":
        try:
            import uvloop  # an extra
        except ImportError as err:
            if kind == "uvloop":
                raise BadSetting(
                    "event_loop: uvloop is not installed; pip install 'mailtrap-lite[fast]', or --event-loop asyncio"
                ) from err
        else:
            log.info("the event loop is uvloop's")
            loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
            return loop
    return asyncio.new_event_loop()


def _forget_after_fork() -> None:
    # A thread does not survive a fork: a child that wants a server makes a loop of its own.
    global _starting
    for loop in _shared.values():
        atexit.unregister(loop.stop)
    _shared.clear()
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
