"""The fixture `smtpd` of smtpdfix, made of a server of ours: `-p pytest_mailtrap_lite.smtpdfix`.

Or `mailtrap_fixtures = smtpd` in the ini file. docs/moving.md has what is the same, and what is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mailtrap_lite.smtpdfix.configuration import Config
    from pytest_mailtrap_lite.smtpdfix.controller import AuthController

__all__ = ["SMTPDFix", "smtpd"]


class SMTPDFix:
    """`with SMTPDFix(hostname, port) as smtpd:` has outside of a fixture what `smtpd` is."""

    def __init__(self, hostname: str | None = None, port: int | None = None, config: Config | None = None) -> None:
        from pytest_mailtrap_lite.smtpdfix.controller import AuthController  # imported by who uses it

        self.controller = AuthController(hostname, port, config)

    def __enter__(self) -> AuthController:
        self.controller.start()
        return self.controller

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.controller.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to be the second `smtpd`: of two that come by -p and by being installed, the installed one is taken."""
    if config.pluginmanager.hasplugin("smtpdfix") and "smtpd" not in config.getini("mailtrap_fixtures"):
        raise pytest.UsageError("smtpdfix is installed, and its smtpd would be taken; add -p no:smtpdfix")


@pytest.fixture
def smtpd(request: pytest.FixtureRequest) -> Iterator[AuthController]:
    """A mail server of this test alone, as smtpdfix has it: `smtpd.hostname`, `.port`, `.messages`, `.config`."""
    from pytest_mailtrap_lite.serving import know_of

    with SMTPDFix() as controller:
        know_of(request, lambda: controller.mailtrap)
        yield controller
