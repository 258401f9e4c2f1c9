"""Which settings the servers of a test have: ini file < environment < command line < mailtrap_settings < marker.

Knows the table of settings and no server.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, NoReturn  # Any: settings by name, each checked by Settings

import pytest

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Settings
from pytest_mailtrap_lite.options import PREFIX

_OF_CONFIG: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
NAMES = frozenset(item.name for item in fields(Settings))
# Short words for what tests ask for most.
WORDS = {"auth": "smtp_auth", "size_limit": "message_size"}
_TLS_OFF = {"tls": False, "require_tls": False, "pop3_require_tls": False}
TLS = {
    "starttls": _TLS_OFF | {"tls": True},
    "required": {"tls": True, "require_tls": True, "pop3_require_tls": True},
    **dict.fromkeys(("no", "off", "false", "0"), _TLS_OFF),
    **{word: {"tls": True} for word in ("yes", "on", "true", "1")},
}


def translated(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the names of settings; a setting that nobody knows stays. Raises BadSetting."""
    found: dict[str, Any] = {}
    for word, value in values.items():
        name = WORDS.get(word, word)
        if name == "tls":
            found |= _tls(value)
        elif name in found:
            raise BadSetting(f"{word} is {name}, which is given too; leave one of them out")
        else:
            found[name] = value
    return found


def _tls(value: object) -> dict[str, bool]:
    if (text := str(value).strip().lower()) not in TLS:
        raise BadSetting(f"tls: {value!r} is not starttls, required, yes or no")
    return TLS[text]


def checked(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return values by the names of settings; raises BadSetting, which says what is allowed."""
    found = translated(values)
    for name in found:
        if name not in NAMES:
            raise BadSetting(_unknown(name, source))
    Settings.of(found, source=source)
    return found


def _unknown(name: str, source: str) -> str:
    from difflib import get_close_matches  # costs start-up time that nobody else needs

    known = sorted({*NAMES, *WORDS})
    near = get_close_matches(name, known, n=3)
    allowed = f"is {' or '.join(near)} meant?" if near else f"the settings are {', '.join(known)}"
    return f"{name!r} from {source} is not a setting; {allowed}"


def of_config(config: pytest.Config) -> dict[str, Any]:
    """Return what ini file, environment and command line say, read and checked once; raises UsageError."""
    if (found := config.stash.get(_OF_CONFIG, None)) is None:
        ini = f"mailtrap_settings of {config.inipath.name if config.inipath else 'the ini file'}"
        environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
        found = {}
        try:
            found |= _read(config.getini("mailtrap_settings"), ini)
            for name, value in environment.items():
                found |= checked({name.removeprefix(PREFIX).lower(): value}, name)
            found |= _read(config.getoption("--mailtrap-set"), "--mailtrap-set")
        except BadSetting as err:
            raise pytest.UsageError(str(err)) from None
        config.stash[_OF_CONFIG] = found
    return found


def _read(lines: Iterable[str], source: str) -> dict[str, Any]:
    given: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals:
            raise BadSetting(f"{line!r} from {source} is not name = value")
        given[name.strip().replace("-", "_")] = value.strip()
    return checked(given, source)


def of_markers(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test say, the nearest wins; the test fails if one says what cannot be."""
    found: dict[str, Any] = {}
    for marker in _furthest_first(item):
        if reason := _add(marker, found):
            said = ", ".join([*map(repr, marker.args), *(f"{name}={value!r}" for name, value in marker.kwargs.items())])
            _fail(item, f"@pytest.mark.mailtrap({said}): {reason}")
    return found


def _furthest_first(item: pytest.Item) -> list[pytest.Mark]:
    markers = list(item.iter_markers("mailtrap"))[::-1]
    # pytest has those of a parameter behind those of its function, and yet nothing is nearer to a test.
    of_parameters = {id(mark) for mark in item.callspec.marks} if hasattr(item, "callspec") else set()
    return sorted(markers, key=lambda marker: id(marker) in of_parameters)


def _add(marker: pytest.Mark, found: dict[str, Any]) -> str | None:
    """Add what a marker says, or return why that cannot be."""
    if marker.args:
        return "settings have names, as in mailtrap(tls='starttls', size_limit='1m')"
    try:
        found |= checked(marker.kwargs, "the marker")
    except BadSetting as err:
        return str(err)
    return None


def of_test(request: pytest.FixtureRequest, by_code: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a fixture's server. by_code: what mailtrap_settings returned."""
    found = {**of_config(request.config), **translated(by_code)}
    return found | of_markers(request.node) if isinstance(request.node, pytest.Item) else found


def refuse_other_settings(item: pytest.Item, settings: Settings) -> None:
    """Fail a test whose markers ask for other settings than those that its server has."""
    wanted = of_markers(item)
    asked = Settings.of(wanted, base=replace(settings))
    differing = [name for name in wanted if getattr(asked, name) != getattr(settings, name)]
    if differing:
        has = ", ".join(f"{name}={getattr(settings, name)!r}" for name in differing)
        _fail(
            item,
            f"@pytest.mark.mailtrap asks for another {', '.join(differing)} than mailtrap_session has ({has}), "
            "and its server stays as it is; use the fixture mailtrap, or return it from mailtrap_settings",
        )


def _fail(item: pytest.Item, reason: str) -> NoReturn:
    pytest.fail(f"{item.nodeid}: {reason}", pytrace=False)
