"""A coroutine that is begun at once and becomes a task only if it has to wait. Knows nothing of mail."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar  # Any: what a coroutine yields to the loop is the loop's business

T = TypeVar("T")


async def resumed(work: Coroutine[Any, Any, T], waits_for: object) -> T:
    """Go on with a coroutine that was begun outside of a task and waits for something."""
    return await _Resumed(work, waits_for)


class _Resumed(Generic[T]):
    """Does for the task what `yield from work` would do, from the second step on."""

    def __init__(self, work: Coroutine[Any, Any, T], waits_for: object) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[object, Any, T]:
        waits_for = self._waits_for
        while True:
            try:
                try:
                    value = yield waits_for
                except BaseException as error:  # noqa: BLE001 - also a cancellation belongs to the coroutine
                    waits_for = self._work.throw(error)
                else:
                    waits_for = self._work.send(value)
            except StopIteration as end:
                result: T = end.value
                return result
