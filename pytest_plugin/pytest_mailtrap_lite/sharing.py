"""A server of one's own for each fixture, or a sandbox in the server that the suite shares."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast  # Any: settings by name, each checked by Settings

import pytest

from mailtrap_lite import BadSetting, CannotShare, Server
from pytest_mailtrap_lite.options import URL_VARIABLE


def shared_url(config: pytest.Config) -> tuple[str, str]:
    """Return the URL of the server that is shared, and where it was given; two empty texts if there is none.

    The command line goes before the environment, and that before the configuration.
    """
    given = (
        ("--mailtrap-url", config.getoption("--mailtrap-url")),
        (URL_VARIABLE, os.environ.get(URL_VARIABLE)),
        ("mailtrap_url", config.getini("mailtrap_url")),
    )
    return next(((str(url), source) for source, url in given if url), ("", ""))


def check_url(config: pytest.Config) -> None:
    """Refuse what cannot be the URL of a server before any test runs; raises UsageError."""
    from mailtrap_lite.remote.calling import Place

    try:
        Place.of(*shared_url(config))
    except BadSetting as err:
        raise pytest.UsageError(str(err)) from None


@contextmanager
def server_for(config: pytest.Config, settings: Mapping[str, Any]) -> Iterator[Server]:
    """Run a server with these settings, or make a sandbox in the one that is shared and delete it afterwards.

    A sandbox has the verbs of a server, and raises CannotShare for what is everybody's, settings too.
    """
    url, source = shared_url(config)
    if not url:
        with Server(**settings) as server:
            yield server
        return
    if settings:
        names = ", ".join(settings)
        raise CannotShare(
            f"{source} names a server that is shared, which has settings of its own, not {names} of this test; "
            "mailtrap_factory(...) starts a server with any settings"
        )
    from mailtrap_lite.remote import shared_sandbox

    with shared_sandbox(url, source=source) as sandbox:
        yield cast(Server, sandbox)
