"""The configuration of a server as smtpdfix has it: properties that start from SMTPD_* and tell when they change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final  # Any: tests set these properties to whatever reads as their type

_TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})


def truth(text: str) -> bool:
    """Return what a word of the environment says; raises ValueError."""
    if (word := text.lower()) in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"invalid truth value {word}")


class EventHandler:
    """Functions that are called when something changes: `config.OnChanged += function`."""

    def __init__(self) -> None:
        self._functions: list[Callable[..., object]] = []

    def __iadd__(self, function: Callable[..., object]) -> EventHandler:
        if function not in self._functions:
            self._functions.append(function)
        return self

    def __isub__(self, function: Callable[..., object]) -> EventHandler:
        self._functions.remove(function)
        return self

    def __call__(self, *arguments: Any, **named: Any) -> None:
        for function in list(self._functions):
            function(*arguments, **named)


def _switch(value: object) -> bool:
    return truth(value) if isinstance(value, str) else bool(value)


def _text(value: object) -> object:
    return value


def _files(value: Any) -> tuple[str | None, str | None]:
    """Return the paths of a certificate and its key, which may be None; raises FileNotFoundError."""
    certificate, key = value if isinstance(value, tuple) else (value, None)
    for file in (certificate, key):
        if file is not None and not Path(file).is_file():
            raise FileNotFoundError(f"{file} is no file; give a certificate, and its key if that is another file")
    return certificate, key


# For each property: what reads its values, its default, and the variables of which the first that is set has it.
PROPERTIES: Final[dict[str, tuple[Callable[[Any], Any], Any, tuple[str, ...]]]] = {
    "host": (_text, "localhost", ("SMTPD_HOST",)),
    "port": (int, 0, ("SMTPD_PORT",)),
    "ready_timeout": (float, 10.0, ("SMTPD_READY_TIMEOUT",)),
    "login_username": (_text, "user", ("SMTPD_LOGIN_NAME",)),
    "login_password": (_text, "password", ("SMTPD_LOGIN_PASSWORD",)),
    "enforce_auth": (_switch, False, ("SMTPD_ENFORCE_AUTH",)),
    "auth_require_tls": (_switch, True, ("SMTPD_AUTH_REQUIRE_TLS",)),
    "ssl_cert_files": (_files, (None, None), ()),
    "use_starttls": (_switch, False, ("SMTPD_USE_STARTTLS",)),
    "use_ssl": (_switch, False, ("SMTPD_USE_SSL", "SMTPD_USE_TLS")),
}


def _property(name: str) -> Any:
    read = PROPERTIES[name][0]

    def get(config: Config) -> Any:
        return config.values[name]

    def change(config: Config, value: Any) -> None:
        config.values[name] = read(value)
        config.OnChanged()

    return property(get, change)


class Config:
    """What a test says of its server; changing it restarts the server on the same port, with the mail that it has.

    port: 0 is a free one, until the server has started. ready_timeout: not needed, since the port listens at once.
    """

    host = _property("host")
    port = _property("port")
    ready_timeout = _property("ready_timeout")
    login_username = _property("login_username")
    login_password = _property("login_password")
    enforce_auth = _property("enforce_auth")
    auth_require_tls = _property("auth_require_tls")
    ssl_cert_files = _property("ssl_cert_files")
    use_starttls = _property("use_starttls")
    use_ssl = _property("use_ssl")

    def __init__(self) -> None:
        self.OnChanged = EventHandler()
        self.values: dict[str, Any] = {}
        for name, (read, default, variables) in PROPERTIES.items():
            said = [os.environ[variable] for variable in variables if variable in os.environ]
            self.values[name] = read(said[0]) if said else default
        files = (os.environ.get("SMTPD_SSL_CERTIFICATE_FILE"), os.environ.get("SMTPD_SSL_KEY_FILE"))
        self.values["ssl_cert_files"] = _files(files)
