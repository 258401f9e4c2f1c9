"""The pytest fixtures. Nothing of ours is imported until a test uses one of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any  # Any: settings by name, each checked by Settings

import pytest

if TYPE_CHECKING:
    from mailtrap_lite import Server

_SESSION_SERVER: pytest.StashKey[Server] = pytest.StashKey()


@pytest.fixture(scope="session")
def mailtrap_settings() -> Mapping[str, Any]:
    """The settings of all servers, by name. Override it: `return {"message_size": "1m"}`."""
    return {}


@pytest.fixture
def mailtrap(mailtrap_settings: Mapping[str, Any]) -> Iterator[Server]:
    """An empty mail server of this test alone, on ports of its own.

    Mail that comes too late for a test meets a closed port, and never the next test's inbox.
    """
    from mailtrap_lite import Server  # the first use pays for the import, not every start of pytest

    with Server(**mailtrap_settings) as server:
        yield server


@pytest.fixture(scope="session")
def mailtrap_session(mailtrap_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[Server]:
    """One mail server whose ports stay, for applications that are configured once. Emptied before each test."""
    from mailtrap_lite import Server  # the first use pays for the import, not every start of pytest

    with Server(**mailtrap_settings) as server:
        request.config.stash[_SESSION_SERVER] = server
        yield server
        del request.config.stash[_SESSION_SERVER]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Empty the session's server, if there is one, before any fixture of the next test runs."""
    if (server := item.config.stash.get(_SESSION_SERVER, None)) is not None:
        server.clear()


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain a comparison with an expected Mail, condition by condition."""
    if "mailtrap_lite.expectation" not in sys.modules:
        return None  # then neither side can be one, and nothing is imported for it
    from mailtrap_lite.expectation import explanation

    return explanation(op, left, right)


@pytest.fixture
def mailtrap_factory(mailtrap_settings: Mapping[str, Any]) -> Iterator[Callable[..., Server]]:
    """A function that starts further servers, `mailtrap_factory(message_size="1k")`; all end with the test."""
    from mailtrap_lite import Server  # the first use pays for the import, not every start of pytest

    with ExitStack() as servers:
        yield lambda **changes: servers.enter_context(Server(**{**mailtrap_settings, **changes}))
