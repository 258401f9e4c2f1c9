"""Points Flask-Mail and Flask-Mailman at a server, and puts them back. It imports none of them, nor Flask.

Both read the configuration once, in `init_app`, into an object that stands in `app.extensions` and, after
`Mail(app)`, in the extension as well. So that object is changed. The configuration is changed too, for an extension
that is initialised later, and for code that reads it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol  # Any: a configuration holds anything

from pytest_mailtrap_lite.frameworks.changing import changed
from pytest_mailtrap_lite.frameworks.submission import Security, Submission

# By where each stands in app.extensions: what undoes that an application under test sends nothing (Flask-Mail) or keeps
# its mail in memory (Flask-Mailman).
_OWN: dict[str, dict[str, Any]] = {
    "mail": {"suppress": False},
    "mailman": {"backend": "smtp", "ssl_certfile": None, "ssl_keyfile": None},
}


class Application(Protocol):
    """What is needed of a Flask application."""

    config: Any  # Any: a dict of Flask's own kind
    extensions: dict[str, Any]


@contextmanager
def pointed_at(app: Application, target: Submission) -> Iterator[None]:
    """Let an application hand its mail over to a server for a `with` block."""
    known = {
        "server": target.host,
        "port": target.port,
        "username": target.user or None,
        "password": target.password or None,
        "use_tls": target.security is Security.STARTTLS,
        "use_ssl": target.security is Security.TLS,
    }
    config = {f"MAIL_{name.upper()}": value for name, value in known.items()}
    with ExitStack() as changes:
        changes.enter_context(changed(app.config, config | {"MAIL_SUPPRESS_SEND": False, "MAIL_BACKEND": "smtp"}))
        for name, own in _OWN.items():
            if (state := app.extensions.get(name)) is not None:
                changes.enter_context(changed(vars(state), known | own))
        yield
