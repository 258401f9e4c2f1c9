"""The servers of tests: started for a fixture, and known by the test that has them. Knows no report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any  # Any: settings by name, each checked by Settings

import pytest

from mailtrap_lite import CannotShare, MailtrapError, Server
from pytest_mailtrap_lite.asked import of_markers, of_test, refuse_other_settings, translated
from pytest_mailtrap_lite.sharing import server_for
from pytest_mailtrap_lite.turns import Turns

_SERVERS: pytest.StashKey[list[Server]] = pytest.StashKey()  # those of one test alone
# Those of the fixtures of other plugins, which may start another one in a test.
_STAND_INS: pytest.StashKey[list[Callable[[], Server | None]]] = pytest.StashKey()
_SESSION_SERVER: pytest.StashKey[Server] = pytest.StashKey()
_running: list[Server] = []  # all of them, of whichever test


@contextmanager
def _asked_for(starting: AbstractContextManager[Server]) -> Iterator[Server]:
    """Run a server for a fixture; why it cannot be is all that a test which gets none has to say."""
    reason = ""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(_known(starting))
        except MailtrapError as err:
            reason = f"{type(err).__name__}: {err}"
        if reason:
            pytest.fail(reason, pytrace=False)
        yield server


@contextmanager
def _known(starting: AbstractContextManager[Server]) -> Iterator[Server]:
    with starting as server:
        _running.append(server)
        try:
            yield server
        finally:
            _running.remove(server)


@contextmanager
def own_server(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[Server]:
    """Run a server for one test."""
    with _asked_for(server_for(request.config, of_test(request, settings))) as server:
        request.node.stash.setdefault(_SERVERS, []).append(server)
        yield server


@contextmanager
def session_server(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[Server]:
    """Run the one server of a session."""
    with _asked_for(server_for(request.config, of_test(request, settings))) as server:
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
            server = servers.enter_context(_known(Server(**{**common, **translated(changes)})))
            request.node.stash.setdefault(_SERVERS, []).append(server)
            return server

        yield start


def know_of(request: pytest.FixtureRequest, current: Callable[[], Server | None]) -> None:
    """Have the report of this test tell of a server that stands in for that of another plugin, as it is then."""
    request.node.stash.setdefault(_STAND_INS, []).append(current)


def agree(item: pytest.Item) -> None:
    """Fail a test whose markers ask for what the session's server, the only one that it has, is not."""
    server = item.config.stash.get(_SESSION_SERVER, None)
    names = item.fixturenames if isinstance(item, pytest.Function) else []
    if server is not None and "mailtrap_session" in names and not {"mailtrap", "mailtrap_factory"} & set(names):
        reason = ""
        try:
            settings = server.settings
        except CannotShare as err:
            reason = f"{item.nodeid}: @pytest.mark.mailtrap asks for {', '.join(of_markers(item))}, but {err}"
        if reason:
            pytest.fail(reason, pytrace=False)
        refuse_other_settings(item, settings)


def servers_of(item: pytest.Item) -> list[Server]:
    """Return the servers that run and that a test could have used, its own first."""
    own: list[Server] = [*item.stash.get(_SERVERS, [])]
    own += [server for current in item.stash.get(_STAND_INS, []) if (server := current()) is not None]
    servers = dict.fromkeys(own)
    shared = item.config.stash.get(_SESSION_SERVER, None)
    names = item.fixturenames if isinstance(item, pytest.Function) else []
    if shared is not None and shared.is_running and ("mailtrap_session" in names or shared.messages):
        servers[shared] = None
    return [server for server in servers if server.is_running]


def running() -> list[Server]:
    """Return all servers that run now."""
    return [server for server in _running if server.is_running]
