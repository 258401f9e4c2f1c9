"""Fixtures that point a framework's mail at the test's server, and put it back.

No framework is imported before its fixture is used. Each gives the server, so a test that asks for `mailtrap_django`
needs no other fixture. With TLS the CA is trusted while the test runs, and with `users` the first of them logs in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi_mail import ConnectionConfig, FastMail

    from mailtrap_lite import Server
    from pytest_mailtrap_lite.frameworks.flask import Application

PYTEST_DJANGO = ("django", "pytest_django.plugin")  # by what it is called when it is found, and when it is asked for
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of an ini file."""
    parser.addini("mailtrap_django", "let each test of pytest-django use mailtrap_django", type="bool", default=False)
    parser.addini("mailtrap_django_backend", "the EMAIL_BACKEND that mailtrap_django sets", default=SMTP_BACKEND)
    parser.addini("mailtrap_env", "what mailtrap_env sets: lines as SMTP_HOST={host}", type="linelist", default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixture that is automatic only where it is asked for: other suites do not pay for looking at it."""
    if config.getini("mailtrap_django") and any(map(config.pluginmanager.hasplugin, PYTEST_DJANGO)):
        from pytest_mailtrap_lite.frameworks.automatic import Automatic

        config.pluginmanager.register(Automatic(), "mailtrap_lite_django")


@pytest.fixture
def mailtrap_django(
    mailtrap: Server,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """The server of this test, to which Django sends all mail: over SMTP, also from `live_server`."""
    from pytest_mailtrap_lite.frameworks.django import pointed_at, prefers_implicit_tls
    from pytest_mailtrap_lite.frameworks.submission import submission, trust

    target = submission(mailtrap, implicit_tls=prefers_implicit_tls())
    trust(target.ca_file, monkeypatch, tmp_path_factory.getbasetemp())
    with pointed_at(target, backend=request.config.getini("mailtrap_django_backend")):
        yield mailtrap


@pytest.fixture
def mailtrap_flask(
    mailtrap: Server, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Application], Server]]:
    """A function that lets Flask-Mail or Flask-Mailman of an app send to this test's server: `mailtrap_flask(app)`."""
    from pytest_mailtrap_lite.frameworks.flask import pointed_at
    from pytest_mailtrap_lite.frameworks.submission import submission, trust

    with ExitStack() as changes:

        def point(app: Application) -> Server:
            target = submission(mailtrap, implicit_tls=bool(app.config.get("MAIL_USE_SSL")))
            trust(target.ca_file, monkeypatch, tmp_path_factory.getbasetemp())
            changes.enter_context(pointed_at(app, target))
            return mailtrap

        yield point


@pytest.fixture
def mailtrap_fastapi(mailtrap: Server) -> Iterator[Callable[[ConnectionConfig | FastMail], Server]]:
    """A function that lets a ConnectionConfig or a FastMail send to this test's server: `mailtrap_fastapi(config)`."""
    from pytest_mailtrap_lite.frameworks.fastapi import config_of, pointed_at
    from pytest_mailtrap_lite.frameworks.submission import submission

    with ExitStack() as changes:

        def point(what: ConnectionConfig | FastMail) -> Server:
            config = config_of(what)
            target = submission(mailtrap, implicit_tls=config.MAIL_SSL_TLS)
            changes.enter_context(pointed_at(config, target))
            return mailtrap

        yield point


@pytest.fixture
def mailtrap_env(
    mailtrap: Server,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Server:
    """The server of this test, named in variables as SMTP_HOST and SMTP_URL, which started programs inherit."""
    _put_into_environment(mailtrap, request.config, monkeypatch, tmp_path_factory)
    return mailtrap


@pytest.fixture(scope="session")
def mailtrap_session_env(
    mailtrap_session: Server, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The session's server, named in the same variables: for workers and servers that are started once."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _put_into_environment(mailtrap_session, request.config, monkeypatch, tmp_path_factory)
        yield mailtrap_session


def _put_into_environment(
    server: Server,
    config: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from pytest_mailtrap_lite.frameworks.environment import USUAL, put, values, variables
    from pytest_mailtrap_lite.frameworks.submission import submission, trust

    target = submission(server)
    trust(target.ca_file, monkeypatch, tmp_path_factory.getbasetemp())
    put(variables(config.getini("mailtrap_env") or USUAL, values(target, server)), monkeypatch)
