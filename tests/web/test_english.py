"""What the inspector says stands in one place, and the scripts get their part of it."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from mailtrap_lite.message import Ending
from mailtrap_lite.message.compared import Where
from mailtrap_lite.message.filenames import Danger
from mailtrap_lite.message.received import Broken
from mailtrap_lite.message.remote import Kind
from mailtrap_lite.message.unsubscribe import Fault
from mailtrap_lite.web.english import TEXTS, for_scripts, t
from mailtrap_lite.web.view import Scheme, Show, Tab, Width


def test_fields_are_filled_by_name() -> None:
    assert t("js.many_arrived", count=3) == "3 new messages arrived."


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="no such text"):
        t("no such text")


def test_scripts_ask_only_for_texts_that_they_are_given(project: Path) -> None:
    scripts = project.glob("src/mailtrap_lite/web/static/*.js")

    asked = {name for script in scripts for name in re.findall(r'\bt\("([^"]+)"', script.read_text(encoding="utf-8"))}

    assert asked <= set(for_scripts())


def test_templates_ask_only_for_texts_that_there_are(project: Path) -> None:
    pages = project.glob("src/mailtrap_lite/web/templates/*.html")

    asked = {
        name for page in pages for name in re.findall(r"\bt\([\"']([^\"']+)[\"']", page.read_text(encoding="utf-8"))
    }

    # What ends with a full stop is put together with the name of a member of some enum.
    assert {name for name in asked if not name.endswith(".")} <= set(TEXTS)
    assert all(any(text.startswith(name) for text in TEXTS) for name in asked)


@pytest.mark.parametrize(
    ("beginning", "members"),
    [
        ("tab.", Tab),
        ("html.", Show),
        ("html.", Width),
        ("html.", Scheme),
        ("remote.", Kind),
        ("headers.", Broken),
        ("fault.", Fault),
        ("danger.", Danger),
        ("envelope.", Where),
        ("ending.", Ending),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_member_has_its_text(beginning: str, members: type[StrEnum]) -> None:
    assert [member for member in members if f"{beginning}{member}" not in TEXTS] == []
