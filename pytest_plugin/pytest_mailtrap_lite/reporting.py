"""What a failed test's report has of its servers: a section, files, and what other reports show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any  # Any: the extras of pytest-html, which has no types

import pytest

from mailtrap_lite import Mail
from pytest_mailtrap_lite import comparing
from pytest_mailtrap_lite.artifacts import Artifact, folder_of, keep, of_server
from pytest_mailtrap_lite.serving import servers_of
from pytest_mailtrap_lite.telling import told

_TOLD: pytest.StashKey[bool] = pytest.StashKey()
MOST_ATTACHED = 50  # files, to each of the other reports


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Add to a report what the test's servers know, once: what fails in the teardown knows nothing more."""
    servers = servers_of(item)
    if not servers or _TOLD in item.stash:
        return
    item.stash[_TOLD] = True
    expected = expected_by(call.excinfo.value if call.excinfo else None)
    artifacts = [each for number, server in enumerate(servers, 1) for each in of_server(server, _prefix(number))]
    kept = _kept(item, artifacts)
    sections = [told(server, expected, kept=kept if server is servers[-1] else "") for server in servers]
    for server, text in zip(servers, sections, strict=True):
        report.sections.append(("mailtrap" if len(servers) == 1 else f"mailtrap at {server.smtp}", text))
    _attach(item, report, [Artifact("report.txt", "\n\n".join(sections).encode()), *artifacts])


def expected_by(error: BaseException | None) -> Mail | None:
    """Return the mail that was waited for, or that a comparison was made with last, when a test failed so."""
    compared = comparing.forget()
    expected = getattr(error, "expected", None) if error is not None else None
    if isinstance(expected, Mail):
        return expected
    return compared if type(error) is AssertionError else None


def _prefix(number: int) -> str:
    return "" if number == 1 else f"server-{number}-"


def _kept(item: pytest.Item, artifacts: list[Artifact]) -> str:
    directory = item.config.getoption("--mailtrap-artifacts")
    if not directory or not artifacts:
        return ""
    folder = Path(item.config.invocation_params.dir, directory, folder_of(item.nodeid))
    try:
        keep(folder, artifacts)
    except OSError as err:
        return f"nowhere: {folder} cannot be written: {err.strerror}"
    return f"{os.path.relpath(folder)}{os.sep} ({len(artifacts)} files)"


def _attach(item: pytest.Item, report: pytest.TestReport, artifacts: list[Artifact]) -> None:
    """Attach files to the reports of pytest-html and Allure, if one is being written."""
    shown = artifacts[:MOST_ATTACHED]
    if item.config.getoption("htmlpath", None):
        from pytest_html import extras

        made: list[Any] = [extras.text(_text(each), name=each.name) for each in shown]
        vars(report)["extras"] = [*getattr(report, "extras", []), *made]
    if item.config.getoption("allure_report_dir", None):
        import allure

        for each in shown:
            extension = each.name.rpartition(".")[2]
            kind = "message/rfc822" if extension == "eml" else "text/plain"
            allure.attach(each.octets, name=each.name, attachment_type=kind, extension=extension)


def _text(artifact: Artifact) -> str:
    return artifact.octets.decode("utf-8", "backslashreplace")
