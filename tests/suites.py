"""How the tests run pytest on suites that they wrote."""

from __future__ import annotations

import pytest

# With our plugin alone: those that we only work with cost more to import than a suite to run.
OTHERS = ("anyio", "inline_snapshot", "randomly", "schemathesis", "syrupy")
ALONE = ("-W", "error", *(f"-pno:{name}" for name in OTHERS))


def run_here(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest on a suite in this process, which costs a fraction of one of its own."""
    return suite.runpytest_inprocess("-q", *ALONE, *arguments)
