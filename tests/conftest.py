"""What all tests share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar  # Any: what pytest hands to a hook wrapper, and what a coroutine yields to its loop

import pytest

from mailtrap_lite.server.loop import LoopThread

T = TypeVar("T")

pytest_plugins = ["pytester", "tests.network.guard"]

# What no package of Debian brings, so that CI may do without it. All else that is missing there is a failure.
MAY_BE_MISSING = ("python3.", "mailpit-api is no package of Debian")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """In CI nothing is skipped that the machine could install."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(MAY_BE_MISSING):
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason}"


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent


class Loop(LoopThread):
    """The loop of the doors, which must have nothing left to do at the end and nothing to complain of."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(loop)
        self.complaints: list[str] = []
        self.loop.set_exception_handler(lambda _, context: self.complaints.append(str(context)))

    def run(self, work: Coroutine[Any, Any, T], *, timeout: float | None = 30) -> T:
        return super().run(work, timeout=timeout)

    def stop(self) -> None:
        async def left() -> list[str]:
            return [str(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        leftovers = self.run(left())
        super().stop()
        assert leftovers == []
        assert self.complaints == []


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop of this test's own, in a thread."""
    loop = Loop()
    yield loop
    loop.stop()
