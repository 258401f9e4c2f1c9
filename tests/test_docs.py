"""The documents say what is true: settings, commands, examples and pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from tests.suites import run_here

import mailtrap_lite
from mailtrap_lite import Settings
from mailtrap_lite.cli import faults, findings
from mailtrap_lite.cli.reference import page
from mailtrap_lite.cli.sources import flag_of
from mailtrap_lite.message import Rule
from mailtrap_lite.search import TERMS

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page(), (
        "run: python -m mailtrap_lite.cli.reference > docs/settings.md"
    )
    for item in fields(Settings):
        assert f"| `{item.name}` | `{flag_of(item.name)}` |" in page()


def test_the_page_of_smtp_is_up_to_date() -> None:
    from mailtrap_lite.smtp.__main__ import page as smtp_page

    assert (ROOT / "docs" / "smtp.md").read_text(encoding="utf-8") == smtp_page(), (
        "run: python -m mailtrap_lite.smtp > docs/smtp.md"
    )


def test_the_page_of_lint_is_up_to_date() -> None:
    assert (ROOT / "docs" / "lint.md").read_text(encoding="utf-8") == findings.page(), (
        "run: python -m mailtrap_lite.cli.findings > docs/lint.md"
    )
    for rule in Rule:
        assert f"| `{rule.value}` | {rule.meaning} | {'refuses' if rule.refusable else ''} | {rule.rfc} |" in (
            findings.page().splitlines()
        )


def test_the_page_of_faults_is_up_to_date() -> None:
    assert (ROOT / "docs" / "faults.md").read_text(encoding="utf-8") == faults.page(), (
        "run: python -m mailtrap_lite.cli.faults > docs/faults.md"
    )


@pytest.mark.parametrize("line", [line for line, _ in faults.EXAMPLES])
def test_each_fault_that_is_shown_can_be_had(line: str) -> None:
    with mailtrap_lite.Server(tls=True) as mail:
        mail.faults.read(line)


def test_the_page_of_pop3_is_up_to_date() -> None:
    from mailtrap_lite.pop3.__main__ import page as pop3_page

    assert (ROOT / "docs" / "pop3.md").read_text(encoding="utf-8") == pop3_page(), (
        "run: python -m mailtrap_lite.pop3 > docs/pop3.md"
    )


def test_the_page_of_commands_is_up_to_date() -> None:
    from mailtrap_lite.cli.manual import page as manual

    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == manual(), (
        "run: python -m mailtrap_lite.cli.manual > docs/commands.md"
    )


def test_the_page_of_search_is_up_to_date() -> None:
    from mailtrap_lite.search.__main__ import page as search_page

    assert (ROOT / "docs" / "search.md").read_text(encoding="utf-8") == search_page(), (
        "run: python -m mailtrap_lite.search > docs/search.md"
    )
    for term in TERMS:
        assert f"| `{term.name}:` |" in search_page()


def test_the_page_of_the_plugin_has_its_options_and_fixtures() -> None:
    import pytest_mailtrap_lite
    from pytest_mailtrap_lite import asked, options

    page = (ROOT / "docs" / "plugin.md").read_text(encoding="utf-8")
    shown = [(f"{option.flag} {option.metavar}".rstrip(), option.text) for option in options.OPTIONS]
    for name, text in [*shown, *((ini.name, ini.text) for ini in options.INI)]:
        assert f"| `{name}` | {text} |" in page
    for word in ("tls", *asked.WORDS):
        assert f"| `{word}` |" in page
    assert f"`{options.PREFIX}NAME=value`" in page
    fixtures = [name for name, value in vars(pytest_mailtrap_lite).items() if "Fixture" in type(value).__name__]
    assert len(fixtures) >= 4
    for name in (*fixtures, *options.STAND_INS):
        assert f"`{name}`" in page


def test_the_page_of_moving_has_each_property_and_variable() -> None:
    from pytest_mailtrap_lite.smtpdfix.configuration import PROPERTIES

    page = (ROOT / "docs" / "moving.md").read_text(encoding="utf-8")
    for name, (_, _, variables) in PROPERTIES.items():
        assert f"`{name}`" in page
        for variable in variables:
            assert f"`{variable.removeprefix('SMTPD_')}`" in page


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text) + re.findall(
        r'(?:src|srcset|href)="(?!https?:)([^"#]+)"', text
    )

    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_path_of_one_machine(document: Path) -> None:
    assert not re.search(r"/(root|home|work|Users)/\w", document.read_text(encoding="utf-8"))


def test_the_readme_names_the_two_commands_and_the_ports() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    for word in ("make run", "make test", "127.0.0.1:1025", "127.0.0.1:1110", "127.0.0.1:8025"):
        assert word in readme


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        *(f"docs/{name}.md" for name in ("asserting", "faults", "isolation", "mailboxes", "moving", "plugin")),
        *(f"docs/{name}.md" for name in ("reading", "relaying", "sandboxes", "webhooks")),
    ],
)
def test_the_python_of_a_document_runs(name: str, pytester: pytest.Pytester) -> None:
    found = blocks(ROOT / name, "python")
    tests = [block for block in found if "def test_" in block]
    assert found
    for number, block in enumerate(tests):
        (pytester.path / f"test_{number}.py").write_text(block, encoding="utf-8")

    for block in found:
        if block not in tests:
            command = [sys.executable, "-X", "dev", "-W", "error", "-c", block]
            done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
    if tests:
        assert run_here(pytester).ret == 0


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(example: Path, pytester: pytest.Pytester) -> None:
    if example.name.startswith("test_"):
        assert run_here(pytester, "-p", "no:cacheprovider", str(example)).ret == 0
        return
    command: list[str | Path] = [sys.executable, "-X", "dev", "-W", "error", example]

    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    if example.name == "without_pytest.py":
        assert done.stdout == "caught:  Your order for bob@x.test\nfetched: It is on its way.\nwaiting: 0 of 1\n"


def test_the_changelog_knows_this_version() -> None:
    assert f"## {mailtrap_lite.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_each_dependency_has_a_line_in_contributing() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    extras = [line for group in project["optional-dependencies"].values() for line in group]
    names = {re.split(r"[<>=\[; ]", line)[0] for line in [*project["dependencies"], *extras]}

    assert [name for name in sorted(names) if f"| {name} |" not in text] == []
