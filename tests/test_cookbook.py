"""The cookbook says what is true: its snippets run, and its failures read as it shows them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests import cookbook

from mailtrap_lite import Server
from pytest_mailtrap_lite.frameworks.environment import USUAL, values
from pytest_mailtrap_lite.frameworks.submission import submission

# What a failure of ours is called, and a word by which each kind is known in the page.
KINDS = [
    "NoMailArrived: no mail with ",
    "UnexpectedMail: no mail should come, but ",
    "UnexpectedMail: no mail has come, but one still may: ",
    "UnexpectedMail: 1 mail with subject='Welcome' expected, but 2 came",
    "NotOne: message 1 'Reset' has 2 links",
    "NotOne: message 1 'Welcome' has no one-time code",
    "NotOne: message 1 'Your invoice' has no attachment with ",
    "NotOneClick: ",
    "NotSigned: ",
    "assert message 1 == Mail(",
    "assert 2 messages == 2 expected",
    "RuntimeError: wait_for blocks the event loop",
    "seed=7",
]


@pytest.fixture(scope="module")
def page() -> str:
    return cookbook.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def done(page: str, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return cookbook.run(page, tmp_path_factory.mktemp("cookbook"))


def test_snippets_fail_where_a_failure_is_shown_and_nowhere_else(
    page: str, done: subprocess.CompletedProcess[str]
) -> None:
    failing = cookbook.printed(done.stdout)

    for snippet in cookbook.snippets(page):
        failed = [name for name in re.findall(r"def (test_\w+)", snippet.code) if name in failing]
        assert len(failed) == (0 if snippet.shown is None else 1), (snippet.name, done.stdout, done.stderr)
    assert f"{len(failing)} failed, " in done.stdout
    assert " error" not in done.stdout.splitlines()[-1]


def test_a_failure_is_shown_as_it_prints(page: str, done: subprocess.CompletedProcess[str]) -> None:
    assert cookbook.filled(page, done.stdout) == page, "run: python tests/cookbook.py"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_failure_is_shown(page: str, kind: str) -> None:
    assert any(kind in (snippet.shown or "") for snippet in cookbook.snippets(page))


def test_what_is_said_of_the_ini_file_is_done_by_an_example_or_a_test(page: str, project: Path) -> None:
    used = "".join(path.read_text(encoding="utf-8") for path in project.glob("examples/*/pytest.ini"))
    used += (project / "tests" / "plugin" / "test_environment.py").read_text(encoding="utf-8")
    usual, *others = re.findall(r"^```ini\n(.*?)^```", page, re.DOTALL | re.MULTILINE)

    assert [line.strip() for line in usual.splitlines()] == ["mailtrap_env =", *USUAL]
    assert [line for block in others for line in block.splitlines() if line.strip() not in used] == []


def test_what_can_stand_in_a_variable_is_listed(page: str) -> None:
    with Server() as mail:
        names = list(values(submission(mail), mail))

    assert [name for name in names if f"`{{{name}}}`" not in page] == []
