"""The servers of tests: started for a fixture, and known by the test that has them. Knows no report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any  # Any: settings by name, each checked by Settings

import pytest

from mailtrap_lite import Server
from pytest_mailtrap_lite.asked import of_test, refuse_other_settings, translated
from pytest_mailtrap_lite.sharing import server_for
from pytest_mailtrap_lite.turns import Turns

_SERVERS: pytest.StashKey[list[Server]] = pytest.StashKey()  # those of one test alone
_SESSION_SERVER: pytest.StashKey[Server] = pytest.StashKey()


@contextmanager
def own_server(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[Server]:
    """Run a server for one test."""
    with server_for(request.config, of_test(request, settings)) as server:
        request.node.stash.setdefault(_SERVERS, []).append(server)
        yield server


@contextmanager
def session_server(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[Server]:
    """Run the one server of a session."""
    with server_for(request.config, of_test(request, settings)) as server:
        request.config.stash[_SESSION_SERVER] = server
        Turns(server, request.config).register()
        yield server
        del request.config.stash[_SESSION_SERVER]


@contextmanager
def further_servers(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[Callable[..., Server]]:
    """Give a function that starts servers for one test, with these settings and changes of them."""
    common = of_test(request, settings)
    with ExitStack() as servers:

        def start(**changes: Any) -> Server:
            server = servers.enter_context(Server(**{**common, **translated(changes)}))
            request.node.stash.setdefault(_SERVERS, []).append(server)
            return server

        yield start


def agree(item: pytest.Item) -> None:
    """Fail a test whose markers ask for what the session's server, the only one that it has, is not."""
    server = item.config.stash.get(_SESSION_SERVER, None)
    names = item.fixturenames if isinstance(item, pytest.Function) else []
    if server is not None and "mailtrap_session" in names and not {"mailtrap", "mailtrap_factory"} & set(names):
        refuse_other_settings(item, server.settings)


def servers_of(item: pytest.Item) -> list[Server]:
    """Return the servers that run and that a test could have used, its own first."""
    servers = [*item.stash.get(_SERVERS, []), item.config.stash.get(_SESSION_SERVER, None)]
    return [server for server in dict.fromkeys(servers) if server is not None and server.is_running]
