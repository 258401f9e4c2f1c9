"""A small suite run in a process of its own without the plugins of others, which take five times as long to import."""

from __future__ import annotations

import pytest
from tests.plugin.test_fixtures import run

OTHERS = ("anyio", "base_url", "hypothesispytest", "inline_snapshot", "playwright", "schemathesis", "syrupy")


def run_lean(suite: pytest.Pytester, *arguments: str, workers: int = 0) -> pytest.RunResult:
    """Run it with nothing but our plugin, and xdist for workers."""
    without = [word for name in OTHERS for word in ("-p", f"no:{name}")]
    return run(suite, *without, *arguments, workers=workers)
