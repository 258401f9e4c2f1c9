"""What the inspector says stands in one place, and the scripts get their part of it."""

from __future__ import annotations

import html
import re
from enum import StrEnum
from pathlib import Path

import pytest

from mailtrap_lite.message import Ending
from mailtrap_lite.message.compared import Where
from mailtrap_lite.message.filenames import Danger
from mailtrap_lite.message.queued import QueueState, Why
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
        ("queue.state.", QueueState),
        ("entry.why.", Why),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_member_has_its_text(beginning: str, members: type[StrEnum]) -> None:
    assert [member for member in members if f"{beginning}{member}" not in TEXTS] == []


# Names, protocols, formats and keys, which no language has another word for.
# fmt: off
NAMES = frozenset({
    "mailtrap", "lite", "TLS", "JSON", "SMTP", "POP3", "POP", "LMTP", "HTML", "doctype", "html", "MAIL", "FROM", "RCPT",
    "TO", "SMTPUTF", "REQUIRETLS", "RET", "ENVID", "HELO", "From", "Message", "ID", "Date", "UIDL",
})
# fmt: on
# The block `view` is a word for style sheets.
JINJA = re.compile(r"\{% block view %\}\w+|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SHOWN = re.compile(r"\b(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"")
TAG = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
# Documentation, written beside the routes that it describes.
APART = ("reference.html",)
KEY = re.compile(r"<kbd>.*?</kbd>")
STRING = re.compile(r"\"([^\"\\\n]*)\"|'([^'\\\n]*)'|`([^`]*)`")
SAID = re.compile(r"[A-Za-z][a-z']+(?:,? [a-z']+)+[.!?…:]?|[A-Z][a-z]+(?: [A-Za-z]+)*[.!?…]")
ADDRESS = re.compile(r"(?:href|src|action)=\"/|[\"'`]/(?:api|static|message|view)\b")
COMMENT = re.compile(r"^\s*(?://|/?\*).*$", re.MULTILINE)


def test_no_template_has_a_word_of_english_of_its_own(project: Path) -> None:
    found = []
    for page in sorted(project.glob("src/mailtrap_lite/web/templates/*.html")):
        if page.name in APART:
            continue
        bare = KEY.sub("", JINJA.sub("", page.read_text(encoding="utf-8")))
        words = [*SHOWN.findall(bare), html.unescape(TAG.sub(" ", bare))]
        found += [f"{page.name}: {word}" for text in words for word in WORD.findall(text) if word not in NAMES]

    assert found == []


def test_no_script_has_a_sentence_of_english_of_its_own(project: Path) -> None:
    found = []
    for script in sorted(project.glob("src/mailtrap_lite/web/static/*.js")):
        code = COMMENT.sub("", script.read_text(encoding="utf-8"))
        strings = ["".join(groups) for groups in STRING.findall(code)]
        found += [f"{script.name}: {text}" for text in strings if SAID.fullmatch(text)]

    assert found == []


def test_scripts_stay_small_and_say_what_they_are(project: Path) -> None:
    for script in project.glob("src/mailtrap_lite/web/static/*.js"):
        lines = script.read_text(encoding="utf-8").splitlines()

        assert lines[0].startswith("// "), script.name
        assert len(lines) <= 250, script.name


def test_every_address_in_a_template_or_a_script_stands_below_the_base_path(project: Path) -> None:
    web = project / "src/mailtrap_lite/web"
    files = [*web.glob("templates/*.html"), *web.glob("static/*.js")]
    written = [
        f"{file.name}: {found[0]}" for file in files for found in ADDRESS.finditer(file.read_text(encoding="utf-8"))
    ]

    assert written == []
