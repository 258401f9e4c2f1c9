"""A pytest plugin for our own suite: a test that wants to talk to another machine fails, whoever swallows the error."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any  # Any: what pytest hands to a hook wrapper

import pytest
from tests.network import sitecustomize as network

REFUSED = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep this process and those that it starts on this machine; what is refused is written to a file of its own."""
    here = str(Path(__file__).parent)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *(path for path in paths if path and path != here)])
    log, path = tempfile.mkstemp(prefix="not-on-this-machine-")
    os.close(log)
    os.environ[network.LOG] = path
    config.stash[REFUSED] = path
    config.add_cleanup(lambda: Path(path).unlink(missing_ok=True))
    sys.addaudithook(network.watch)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Fail what talks to another machine."""
    outcome = yield
    log = item.config.stash[REFUSED]
    if os.path.getsize(log):  # noqa: PTH202 - three times for each test
        report: pytest.TestReport = outcome.get_result()
        report.outcome = "failed"
        report.longrepr = f"it wanted to talk to another machine: {Path(log).read_text(encoding='utf-8')}"
        os.truncate(log, 0)
