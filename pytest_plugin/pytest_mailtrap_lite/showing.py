"""Says where the inspector of a test's servers is, and waits there for whoever wants to look."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest
from _pytest.config import create_terminal_writer

from mailtrap_lite import Server
from pytest_mailtrap_lite.serving import servers_of


def say_where(config: pytest.Config, servers: Sequence[Server]) -> None:
    """Print the URL of each server; the web side comes up with it."""
    writer = create_terminal_writer(config)
    for server in servers:
        count = len(server.messages)
        mails = f"the {count} mails" if count > 1 else "the 1 mail" if count else "no mail yet"
        writer.line(f"mailtrap: {server.url} shows {mails} of {server.smtp}")


def show_until_enter(item: pytest.Item) -> None:
    """Keep a failed test's servers up until Enter is pressed. Ctrl-C ends the run, as anywhere."""
    servers = servers_of(item)
    if not servers or item.config.getoption("usepdb"):  # the debugger holds the test, and says where
        return
    capture = item.config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend(in_=True)
    writer = create_terminal_writer(item.config)
    writer.line()
    writer.sep(">", f"{item.nodeid} failed")
    say_where(item.config, servers)
    try:
        with suppress(EOFError, OSError):  # nobody is there who could press it
            input("mailtrap: Enter goes on with the next test, Ctrl-C ends the run ")
    finally:
        writer.line()
        if capture is not None:
            capture.resume()
