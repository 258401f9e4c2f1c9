"""Points Django's settings at a server, and puts them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any  # Any: settings of Django are whatever a project makes them

import django
from django.conf import settings
from django.core.signals import setting_changed

from pytest_mailtrap_lite.frameworks.changing import changed
from pytest_mailtrap_lite.frameworks.submission import Security, Submission


@contextmanager
def pointed_at(target: Submission, *, backend: str) -> Iterator[None]:
    """Let a project hand its mail over to a server for a `with` block. backend: the class that does it, by its path."""
    values = _values(target, backend)
    # They are changed on the object that holds them now, and put back on that very object. `override_settings` would be
    # a stack, which breaks when a test that has overridden more of them puts that back later than we do.
    holder = _holder()
    with changed(vars(holder), values):
        _announce(values, enter=True)
        yield
    _announce({name: getattr(holder, name, None) for name in values}, enter=False)


def prefers_implicit_tls() -> bool:
    """Return whether the project has chosen TLS from the first octet."""
    return bool(getattr(_holder(), "EMAIL_USE_SSL", False))


def _holder() -> object:
    """Return the object that has the settings. Read from it, those that are deprecated give no warning."""
    _ = settings.DEBUG  # the first look at one reads the project's settings
    holder: object = settings._wrapped  # noqa: SLF001  # as Django's own override_settings
    return holder


def _values(target: Submission, backend: str) -> dict[str, Any]:
    """Return the settings. From Django 6.1 a project may have MAILERS, and then the older ones must not be there."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is not None and django.VERSION >= (6, 1):
        return {"MAILERS": {alias: {"BACKEND": backend, "OPTIONS": _options(target)} for alias in mailers}}
    return {
        "EMAIL_BACKEND": backend,  # Django's test runner and pytest-django replaced it by one that keeps mail in memory
        "EMAIL_HOST": target.host,
        "EMAIL_PORT": target.port,
        "EMAIL_HOST_USER": target.user,
        "EMAIL_HOST_PASSWORD": target.password,
        "EMAIL_USE_TLS": target.security is Security.STARTTLS,
        "EMAIL_USE_SSL": target.security is Security.TLS,
        # A client's certificate: that of production is for another server, and with one Django trusts no CA at all.
        "EMAIL_SSL_CERTFILE": None,
        "EMAIL_SSL_KEYFILE": None,
    }


def _options(target: Submission) -> dict[str, Any]:
    return {
        "host": target.host,
        "port": target.port,
        "username": target.user,
        "password": target.password,
        "use_tls": target.security is Security.STARTTLS,
        "use_ssl": target.security is Security.TLS,
    }


def _announce(values: Mapping[str, Any], *, enter: bool) -> None:
    """Tell those who keep what they made of a setting, and let Django forget what it has looked up."""
    for name, value in values.items():
        vars(settings).pop(name, None)
        setting_changed.send(type(_holder()), setting=name, value=value, enter=enter)
