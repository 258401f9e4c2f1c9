"""What a server does for its sandboxes: sessions of one that ends are cut off, and one that nobody uses is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.server.doors import Door
from mailtrap_lite.server.loop import LoopThread

PATIENCE = 2.0  # seconds in which the loop has cut off a sandbox's sessions
LEAST, MOST = 0.05, 60.0  # seconds between two looks for what is idle


def tend(sandboxes: Sandboxes, loop: LoopThread, doors: Sequence[Door]) -> None:
    """Look after the sandboxes from now on, until the server closes them. It costs nothing while there are none."""
    sandboxes.on_end.append(_Scissors(loop, doors))
    sandboxes.on_create = _Sweeper(sandboxes, loop).wake


class _Scissors:
    """Cuts off the sessions of a sandbox. Any thread, the loop's included."""

    def __init__(self, loop: LoopThread, doors: Sequence[Door]) -> None:
        self._loop = loop
        self._doors = doors

    def __call__(self, sandbox: Sandbox) -> None:
        """Cut them off; they are when it returns."""
        if _is_on(self._loop):
            self._cut(sandbox)
        else:
            with suppress(TimeoutError):  # a loop that has much to do does it a little later
                self._loop.start(self._cut_soon(sandbox)).result(PATIENCE)

    async def _cut_soon(self, sandbox: Sandbox) -> None:
        self._cut(sandbox)

    def _cut(self, sandbox: Sandbox) -> None:
        for door in self._doors:
            door.cut(sandbox)


class _Sweeper:
    """Ends what is idle, now and then. `wake`: any thread; the rest on the loop."""

    def __init__(self, sandboxes: Sandboxes, loop: LoopThread) -> None:
        self._sandboxes = sandboxes
        self._loop = loop.loop
        self._pause = min(MOST, max(LEAST, sandboxes.settings.sandbox_idle / 4))
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """There is a sandbox."""
        self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if self._timer is None and len(self._sandboxes):
            self._timer = self._loop.call_later(self._pause, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        self._sandboxes.sweep()
        self._set()


def _is_on(loop: LoopThread) -> bool:
    try:
        return asyncio.get_running_loop() is loop.loop
    except RuntimeError:
        return False
