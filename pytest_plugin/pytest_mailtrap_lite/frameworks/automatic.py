"""What makes `mailtrap_django` automatic with pytest-django, in suites whose ini file says so."""

from __future__ import annotations

import pytest


class Automatic:
    """A plugin with one fixture, which every test uses."""

    @pytest.fixture(autouse=True)
    def _mailtrap_for_django(self, request: pytest.FixtureRequest) -> None:
        """Use mailtrap_django, where there is a Django project."""
        from pytest_django.lazy_django import django_settings_is_configured

        if django_settings_is_configured():
            request.getfixturevalue("mailtrap_django")
