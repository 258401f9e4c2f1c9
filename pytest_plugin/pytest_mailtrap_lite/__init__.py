"""The pytest fixtures. Nothing of ours is imported until a test uses one of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any  # Any: settings by name, each checked by Settings

import pytest

if TYPE_CHECKING:
    from mailtrap_lite import Server

_SERVERS: pytest.StashKey[list[Server]] = pytest.StashKey()  # those of one test alone
_SESSION_SERVER: pytest.StashKey[Server] = pytest.StashKey()
# What pytest itself colours its differences with; colours do no harm.
_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


class StrayMail(pytest.PytestWarning):
    """Mail came over a connection of an earlier test; the text names both. No inbox has it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what a suite can say of itself, and a call of pytest of its server."""
    group = parser.getgroup("mailtrap-lite")
    group.addoption("--mailtrap-url", metavar="URL", help="share the server there; each test has a sandbox of its own")
    parser.addini("mailtrap_url", "the server that tests share, as http://127.0.0.1:8025, instead of one each")
    pooled = "the application keeps its SMTP connections from test to test: only mail begun before a test is a stray"
    parser.addini("mailtrap_pooled", pooled, type="bool", default=False)


@pytest.fixture(scope="session")
def mailtrap_settings() -> Mapping[str, Any]:
    """The settings of all servers, by name. Override it: `return {"message_size": "1m"}`."""
    return {}


@pytest.hookimpl(hookwrapper=True)
def pytest_assertrepr_compare(op: str, left: object, right: object) -> Generator[None, Any, None]:
    """Explain a comparison with an expected Mail, and write out what would steer a terminal in any explanation."""
    outcome = yield
    explanations: list[list[str]] = outcome.get_result()  # one of each plugin that has one; pytest shows the first
    if "mailtrap_lite.expectation" in sys.modules:  # else neither side can be one
        from mailtrap_lite.expectation.comparing import explanation

        own = explanation(op, left, right)
        explanations = [own, *explanations] if own else explanations
    if explanations and "mailtrap_lite.message" in sys.modules:  # else there was no mail that could be in them
        from mailtrap_lite.terminal import escaped

        def harmless(line: str) -> str:
            parts = _COLOUR.split(line)
            return "".join(part if _COLOUR.fullmatch(part) else escaped(part, keep="\n") for part in parts)

        outcome.force_result([[harmless(line) for line in lines] for lines in explanations])


@pytest.fixture
def mailtrap(mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[Server]:
    """An empty mail server of this test alone, on ports of its own.

    Mail that comes too late for a test meets a closed port, and never the next test's inbox.
    """
    from pytest_mailtrap_lite.sharing import server_for  # the first use pays for the import, not every start of pytest

    with server_for(request.config, mailtrap_settings) as server:
        request.node.stash.setdefault(_SERVERS, []).append(server)
        yield server


@pytest.fixture(scope="session")
def mailtrap_session(mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[Server]:
    """One mail server whose ports stay, for applications that are configured once. Emptied before each test."""
    from pytest_mailtrap_lite.sharing import server_for
    from pytest_mailtrap_lite.turns import Turns

    with server_for(request.config, mailtrap_settings) as server:
        request.config.stash[_SESSION_SERVER] = server
        Turns(server, request.config).register()
        yield server
        del request.config.stash[_SESSION_SERVER]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell in the report of a failed test which faults there were, with the seeds of those that are left to chance."""
    report = yield
    if report.failed:
        servers = [*item.stash.get(_SERVERS, []), item.config.stash.get(_SESSION_SERVER, None)]
        for server in dict.fromkeys(servers):
            if server is not None and server.is_running and (text := server.faults.report()):
                report.sections.append(("mailtrap faults", text))
    return report


@pytest.fixture
def mailtrap_factory(
    mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Server]]:
    """A function that starts further servers, `mailtrap_factory(message_size="1k")`; all end with the test."""
    from mailtrap_lite import Server  # the first use pays for the import, not every start of pytest

    with ExitStack() as servers:

        def start(**changes: Any) -> Server:
            server = servers.enter_context(Server(**{**mailtrap_settings, **changes}))
            request.node.stash.setdefault(_SERVERS, []).append(server)
            return server

        yield start
