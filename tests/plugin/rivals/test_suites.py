"""A suite that was written for another plugin passes with ours in its place, but for what is listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugin.rivals.suites import LOCALSERVER, SMTPDFIX, Suite, outcomes, source_of, unpack


@pytest.mark.parametrize("suite", [SMTPDFIX, LOCALSERVER], ids=lambda suite: suite.name)
def test_their_suite_passes_but_for_what_is_listed(suite: Suite, tmp_path: Path) -> None:
    if (source := source_of(suite)) is None:
        pytest.skip(f"the source distribution of {suite.name} is not there; .ci/rival-suites gets it")
    unpack(source, suite, tmp_path)

    found = outcomes(suite, tmp_path)

    failed = {name: text for name, text in found.items() if text != "passed"}
    assert {name: text for name, text in failed.items() if name not in suite.cannot} == {}
    assert set(suite.cannot) - set(failed) == set()  # what passes meanwhile has no place in the table
    assert len(found) - len(failed) >= suite.passing
