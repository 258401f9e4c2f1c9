"""Points FastAPI-Mail at a server, and puts it back. It imports neither before that.

A ConnectionConfig is read whenever a connection is made, so changing it reaches each FastMail that was made with it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pytest_mailtrap_lite.frameworks.changing import changed
from pytest_mailtrap_lite.frameworks.submission import Security, Submission

if TYPE_CHECKING:
    from fastapi_mail import ConnectionConfig, FastMail


def config_of(what: ConnectionConfig | FastMail) -> ConnectionConfig:
    """Return the configuration, or that of a FastMail."""
    from fastapi_mail import FastMail  # it is there: somebody has made one of the two

    return what.config if isinstance(what, FastMail) else what


def pointed_at(config: ConnectionConfig, target: Submission) -> AbstractContextManager[None]:
    """Let a configuration hand mail over to a server for a `with` block."""
    from pydantic import SecretStr  # it is there: configurations are made of it

    # Not by assignment: a project may have made its configuration immutable.
    return changed(
        vars(config),
        {
            "MAIL_SERVER": target.host,
            "MAIL_PORT": target.port,
            "MAIL_USERNAME": target.user,
            "MAIL_PASSWORD": SecretStr(target.password),
            "USE_CREDENTIALS": bool(target.user),
            "MAIL_STARTTLS": target.security is Security.STARTTLS,
            "MAIL_SSL_TLS": target.security is Security.TLS,
            "VALIDATE_CERTS": True,
            "CERT_BUNDLE": target.ca_file and str(target.ca_file),
            "SUPPRESS_SEND": 0,
        },
    )
