"""How the tests run pytest on suites that they wrote."""

from __future__ import annotations

from contextlib import suppress

import pytest

# pytester takes modules out again that a suite in this process was the first to import; what is left of them would be
# strangers to those that the next one imports.
import mailtrap_lite.faults.grammar
import mailtrap_lite.faults.standing
import mailtrap_lite.pop3.server
import mailtrap_lite.smtp.door  # noqa: F401 - all four for that

with suppress(ImportError):
    import trustme  # noqa: F401 - the same

# With our plugin alone: those that we only work with cost more to import than a suite to run.
OTHERS = ("allure_pytest", "anyio", "html", "inline_snapshot", "metadata", "randomly", "schemathesis", "syrupy")
ALONE = ("-W", "error", *(f"-pno:{name}" for name in OTHERS))


def run_here(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest on a suite in this process, which costs a fraction of one of its own."""
    return suite.runpytest_inprocess("-q", *ALONE, *arguments)
