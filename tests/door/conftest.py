"""A loop whose time passes by itself: nobody waits for ten minutes."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar  # Any: what a coroutine yields to its loop

import pytest

T = TypeVar("T")


class Impatient(selectors.DefaultSelector):
    """Does not wait for the next timer: when nothing is to be read or written, the time is set forward to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(0)
        self.now += 0 if found else timeout
        return found


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop that has its time from there."""

    def __init__(self) -> None:
        self._impatient = Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.now


Run = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture
def run() -> Iterator[Run[Any]]:
    """Return a function that runs a coroutine in a loop whose hours take no time."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        yield runner.run
