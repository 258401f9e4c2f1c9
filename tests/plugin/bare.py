"""A small suite in a process of its own, which has no plugins but those that it names; and servers that want TLS."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

SECURE = """
    import pytest

    @pytest.fixture(scope="session")
    def mailtrap_settings():
        return {"require_tls": True, "smtp_auth": "required", "users": {"shop": "sesame"}}
"""

HOW_IT_CAME = """
    def how(message):
        return message.envelope.user, bool(message.session.tls)
"""


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    python = (sys.executable, "-X", "dev", "-W", "error", "-W", "ignore:The EMAIL_")  # deprecated from Django 6.1
    return suite.run(*python, "-m", "pytest", "-q", "-p", "pytest_mailtrap_lite", "-o", "pythonpath=.", *arguments)


def make_secure(suite: pytest.Pytester, tests: str) -> None:
    """Add tests whose servers want TLS and a login."""
    folder = suite.mkdir("secure")
    (folder / "conftest.py").write_text(dedent(SECURE), encoding="utf-8")
    (folder / "test_secure.py").write_text(dedent(tests), encoding="utf-8")
