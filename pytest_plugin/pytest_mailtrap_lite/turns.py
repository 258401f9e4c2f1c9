"""The session's server, from test to test: emptied before each, without its faults after it, strays told of.

Registered when `mailtrap_session` is first used, so that no other suite pays for it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress

import pytest

from mailtrap_lite import MailtrapError, Server, Stray
from pytest_mailtrap_lite import StrayMail

ADVICE = (
    "It counts for no test. Wait in the earlier test for what it sends; or, if the application keeps its connections "
    "from test to test, set `mailtrap_pooled = true` in the configuration of pytest"
)


class Turns:
    """The hooks for one server; they go on after its end, for the test in which it ended."""

    def __init__(self, server: Server, config: pytest.Config) -> None:
        self._server = server
        self._config = config
        self._pooled: bool = config.getini("mailtrap_pooled")
        self._untold: list[Stray] = []  # that came behind the end of a test
        self._told: set[int] = set()

    def register(self) -> None:
        """Have pytest call the hooks; the test that is being set up is the first."""
        self._config.pluginmanager.register(self)
        # pytest's own word for where it is: "test_it.py::test_one (setup)".
        self._begin(os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0])

    def _begin(self, test: str) -> None:
        with suppress(MailtrapError):  # it has ended, or is shared and gone, which the test sees itself
            before = self._server.begin_test(test, pooled=self._pooled)
            self._untold = [stray for stray in before if stray.message.id not in self._told]

    def _strays(self) -> tuple[Stray, ...]:
        with suppress(MailtrapError):
            return self._server.strays
        return ()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Empty the server before any fixture of the next test runs."""
        self._begin(item.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """End the faults of the test with it, and warn of what strayed into it until its very end."""
        with suppress(MailtrapError):
            self._server.faults.renew()
        strays = self._strays()
        try:
            return (yield)
        finally:
            for stray in (*self._untold, *strays, *self._strays()):
                if stray.message.id not in self._told:
                    self._told.add(stray.message.id)
                    item.warn(StrayMail(f"a stray mail: {stray}. {ADVICE}"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """List the strays in the report, whether the test failed or not."""
        report = yield
        if (call.when == "call" or report.failed) and (strays := self._strays()):
            lines = "\n".join(str(stray) for stray in strays)
            report.sections.append(("mailtrap strays", f"{lines}\n{ADVICE}"))
        return report
