"""What the inspector says stands in one place, and the scripts get their part of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailtrap_lite.web.english import TEXTS, for_scripts, t


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

    assert asked <= set(TEXTS)
