"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any  # Any: what pytest hands to a hook wrapper

import pytest

pytest_plugins = ["pytester"]

# What no package of Debian brings, so that CI may do without it. All else that is missing there is a failure.
MAY_BE_MISSING = ("python3.",)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """In CI nothing is skipped that the machine could install."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(MAY_BE_MISSING):
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason}"


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent
