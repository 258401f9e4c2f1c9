"""Where the server is, as variables of the environment: their names, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_mailtrap_lite.frameworks.submission import Security, Submission

if TYPE_CHECKING:
    from mailtrap_lite import Server

# Names that programs look for: Twelve-Factor ones, those made with Django, Laravel, Symfony or FastAPI-Mail.
USUAL = """\
SMTP_HOST={host}
SMTP_PORT={port}
SMTP_USER={user}
SMTP_USERNAME={user}
SMTP_PASSWORD={password}
SMTP_URL={url}
MAIL_HOST={host}
MAIL_SERVER={host}
MAIL_PORT={port}
MAIL_USERNAME={user}
MAIL_PASSWORD={password}
MAIL_URL={url}
MAILER_DSN={url}
EMAIL_HOST={host}
EMAIL_PORT={port}
EMAIL_HOST_USER={user}
EMAIL_HOST_PASSWORD={password}
EMAIL_URL={url}
POP3_HOST={pop3_host}
POP3_PORT={pop3_port}
""".splitlines()


def values(target: Submission, server: Server) -> dict[str, str]:
    """Return what can stand in a variable, by its name in braces."""
    return {
        "host": target.host,
        "port": str(target.port),
        "user": target.user,
        "password": target.password,
        "login": target.login,
        "url": target.url,
        "starttls": _switch(target.security is Security.STARTTLS),
        "tls": _switch(target.security is Security.TLS),
        "ca_file": str(target.ca_file or ""),
        "pop3_host": server.pop3.host,
        "pop3_port": str(server.pop3.port),
    }


def variables(lines: Iterable[str], known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Return names and values, from lines as "SMTP_HOST={host}"."""
    for line in lines:
        name, equals, template = line.partition("=")
        try:
            if not equals:
                raise ValueError
            yield name.strip(), template.strip().format_map(known)
        except (KeyError, ValueError, IndexError) as err:
            offered = ", ".join(f"{{{each}}}" for each in known)
            raise pytest.UsageError(
                f"mailtrap_env: {line!r} is no NAME=VALUE that can be filled in; a value may hold {offered}"
            ) from err


def put(pairs: Iterable[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set each variable, or remove it if nothing would stand in it: an empty user name is one to log in with."""
    for name, value in pairs:
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name, raising=False)


def _switch(on: bool) -> str:
    return "true" if on else "false"
