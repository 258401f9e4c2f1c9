"""What a failed test's report tells of its servers."""

from __future__ import annotations

import pytest

from pytest_mailtrap_lite.serving import servers_of


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Add to a report which faults there were, with the seeds of those that are left to chance."""
    for server in servers_of(item):
        if text := server.faults.report():
            report.sections.append(("mailtrap faults", text))
