"""The options of the command line and of the ini file, as a table.

Imported at each start of pytest; it knows no setting.
"""

from __future__ import annotations

import os
from typing import Any, Literal, NamedTuple  # Any: what argparse takes differs for each option

import pytest


class Option(NamedTuple):
    """An option of the command line. metavar: how its value is shown, "" if it has none. again: may be repeated."""

    flag: str
    text: str
    metavar: str = ""
    again: bool = False


class Ini(NamedTuple):
    """An option of the ini file."""

    name: str
    text: str
    kind: Literal["linelist", "args", "string", "bool"]
    default: str | bool | None = None


OPTIONS = (
    Option("--mailtrap-set", "a setting of all mail servers of this run; can be given again", "NAME=VALUE", again=True),
    Option("--mailtrap-url", "share the server there: each test has a sandbox of its own in it", "URL"),
    Option("--mailtrap-artifacts", "a folder for each test that fails, with its mails and transcripts", "DIR"),
    Option("--mailtrap-ui", "when a test fails, show its mail in the browser until Enter is pressed"),
)
INI = (
    Ini("mailtrap_settings", "settings of all mail servers, lines of `name = value`", "linelist"),
    Ini("mailtrap_url", "the server that all tests share, as http://127.0.0.1:8025", "string", ""),
    Ini("mailtrap_pooled", "connections are kept: only mail begun before a test is a stray", "bool", False),
    Ini("mailtrap_fixtures", "fixtures of other plugins to stand in for: smtpd, smtpserver", "args"),
)
# For one run on one machine, as pytest's own PYTEST_ADDOPTS is. What MAILTRAP_LITE_* says is for the command: a suite
# that took its fixed ports and its file from there would meet itself in each worker, and mail of yesterday.
PREFIX = "PYTEST_MAILTRAP_LITE_"
URL_VARIABLE = "MAILTRAP_URL"
MARKER = "mailtrap(**settings): settings of the mail servers of this test, as tls='starttls', auth='required'"
# The modules that have the fixtures of other plugins.
STAND_INS = {"smtpd": "pytest_mailtrap_lite.smtpdfix", "smtpserver": "pytest_mailtrap_lite.localserver"}


def add(parser: pytest.Parser) -> None:
    """Declare all options."""
    group = parser.getgroup("mailtrap", "mailtrap-lite, the mail server of a test")
    for option in OPTIONS:
        more: dict[str, Any] = {"metavar": option.metavar} if option.metavar else {"action": "store_true"}
        if option.again:
            more |= {"action": "append", "default": []}
        group.addoption(option.flag, help=option.text, **more)
    for ini in INI:
        parser.addini(ini.name, ini.text, type=ini.kind, default=[] if ini.default is None else ini.default)


def begin(config: pytest.Config) -> None:
    """Register the marker, and check and do what the options say; raises UsageError."""
    config.addinivalue_line("markers", MARKER)
    for name in config.getini("mailtrap_fixtures"):
        if name not in STAND_INS:
            known = ", ".join(STAND_INS)
            raise pytest.UsageError(
                f"mailtrap_fixtures: {name!r} is no fixture that we stand in for; there are {known}"
            )
        config.pluginmanager.import_plugin(STAND_INS[name])
    if says_something(config):
        from pytest_mailtrap_lite.asked import of_config  # who says nothing pays nothing

        of_config(config)
    if config.getoption("--mailtrap-url") or os.environ.get(URL_VARIABLE) or config.getini("mailtrap_url"):
        from pytest_mailtrap_lite.sharing import check_url

        check_url(config)
    if config.getoption("--mailtrap-ui") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--mailtrap-ui: the workers of -n have no terminal; run without -n")


def says_something(config: pytest.Config) -> bool:
    """Return whether ini file, environment or command line have a setting of servers."""
    given = config.getini("mailtrap_settings") or config.getoption("--mailtrap-set")
    return bool(given) or any(name.startswith(PREFIX) for name in os.environ)
