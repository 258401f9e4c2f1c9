"""The pytest fixtures and hooks. Nothing of ours is imported until a test uses one of them.

Each is a few lines that call a module of this folder when there is something to do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any  # Any: settings by name, each checked by Settings

import pytest

if TYPE_CHECKING:
    from mailtrap_lite import Server

pytest_plugins = ("pytest_mailtrap_lite.frameworks",)


class StrayMail(pytest.PytestWarning):
    """Mail came over a connection of an earlier test; the text names both. No inbox has it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    from pytest_mailtrap_lite import options

    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and check what the options say."""
    from pytest_mailtrap_lite import options

    options.begin(config)


@pytest.fixture(scope="session")
def mailtrap_settings() -> Mapping[str, Any]:
    """The settings of all servers, by name. Override it: `return {"message_size": "1m"}`.

    It wins over ini file, environment and command line; the marker `mailtrap` of a test wins over it.
    """
    return {}


@pytest.fixture
def mailtrap(mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[Server]:
    """An empty mail server of this test alone, on ports of its own.

    Mail that comes too late for a test meets a closed port, and never the next test's inbox.
    """
    from pytest_mailtrap_lite.serving import own_server  # the first use pays for the import, not every start of pytest

    with own_server(request, mailtrap_settings) as server:
        yield server


@pytest.fixture(scope="session")
def mailtrap_session(mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[Server]:
    """One mail server whose ports stay, for applications that are configured once. Emptied before each test."""
    from pytest_mailtrap_lite.serving import session_server

    with session_server(request, mailtrap_settings) as server:
        yield server


@pytest.fixture
def mailtrap_factory(
    mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Server]]:
    """A function that starts further servers, `mailtrap_factory(message_size="1k")`; all end with the test."""
    from pytest_mailtrap_lite.serving import further_servers

    with further_servers(request, mailtrap_settings) as start:
        yield start


def _serving() -> bool:
    """Return whether some test had a server: until then there is nothing to do."""
    return "pytest_mailtrap_lite.serving" in sys.modules


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a misspelled marker before any fixture of the next test runs."""
    if item.get_closest_marker("mailtrap") is not None:
        from pytest_mailtrap_lite.asked import of_markers

        of_markers(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Refuse a marker that the session's server, which is the same for all, does not meet."""
    if _serving() and item.get_closest_marker("mailtrap") is not None:
        from pytest_mailtrap_lite.serving import agree

        agree(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell in the report of a failed test what its servers know."""
    report = yield
    if report.failed and _serving():
        from pytest_mailtrap_lite.reporting import tell

        tell(item, call, report)
    return report


def pytest_exception_interact(node: pytest.Item | pytest.Collector, report: pytest.TestReport) -> None:
    """With --mailtrap-ui, leave the inspector reachable while a failed test's servers still run."""
    if node.config.getoption("--mailtrap-ui") and _serving() and isinstance(node, pytest.Item):
        from pytest_mailtrap_lite.showing import show_until_enter

        show_until_enter(node)


def pytest_enter_pdb(config: pytest.Config) -> None:
    """Say where the inspector is: while somebody debugs, it answers."""
    if _serving():
        from pytest_mailtrap_lite.serving import running
        from pytest_mailtrap_lite.showing import say_where

        say_where(config, running())


@pytest.hookimpl(wrapper=True)
def pytest_assertrepr_compare(
    op: str, left: object, right: object
) -> Generator[None, list[list[str]], list[list[str]]]:
    """Explain a comparison with an expected Mail, and write out what would steer a terminal in any explanation."""
    explanations = yield
    if "mailtrap_lite.message" not in sys.modules:  # there was no mail that could be in them
        return explanations
    from pytest_mailtrap_lite.comparing import explained

    return explained(op, left, right, explanations)
