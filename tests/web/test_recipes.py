"""The recipes: each has the real address, follows the settings, and is code that its language reads."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mailtrap_lite import Server
from mailtrap_lite.settings import Settings
from mailtrap_lite.web.recipes import recipes

DOORS = {"smtp": ("127.0.0.1", "4025"), "pop3": ("127.0.0.1", "4110")}
LOGIN = Settings(smtp_auth="required", pop3_auth="required", users={"ann": "made-up-secret"})  # type: ignore[arg-type]
NAMES = ["smtplib", "Django", "Flask-Mail", "Node", "Rails", "Spring", "PHP", ".NET", "Go", "POP3"]


def by_name(settings: Settings) -> dict[str, str]:
    return {recipe.name: recipe.text for recipe in recipes(DOORS, settings)}


def test_there_is_one_for_each_framework() -> None:
    assert list(by_name(Settings())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_has_the_real_address(name: str) -> None:
    text = by_name(Settings())[name]

    assert "127.0.0.1" in text
    assert ("4110" if name == "POP3" else "4025") in text
    assert "USER" not in text.replace("USERNAME", "")


@pytest.mark.parametrize("name", NAMES)
def test_each_logs_in_where_it_must_and_shows_no_password(name: str) -> None:
    text = by_name(LOGIN)[name]

    assert "ann" in text
    assert "PASSWORD" in text
    assert "made-up-secret" not in text


@pytest.mark.parametrize("name", NAMES[:-1])
def test_each_speaks_tls_where_it_must(name: str) -> None:
    plain, secure = by_name(Settings())[name], by_name(Settings(require_tls=True))[name]

    # Go's SendMail uses STARTTLS by itself where it is offered.
    assert (plain == secure) is (name == "Go")


@pytest.mark.parametrize("name", ["smtplib", "POP3"])
def test_what_is_python_runs(name: str) -> None:
    with Server() as mail:
        doors = {"smtp": (mail.smtp.host, str(mail.smtp.port)), "pop3": (mail.pop3.host, str(mail.pop3.port))}
        (recipe,) = (recipe for recipe in recipes(doors, Settings()) if recipe.name == name)

        exec(compile(recipe.text, name, "exec"), {"print": lambda _: None})  # noqa: S102  (what a person would run)

        assert [message.subject for message in mail.messages] == (["Hello"] if name == "smtplib" else [])


@pytest.mark.parametrize("settings", [Settings(), LOGIN, Settings(require_tls=True)], ids=["plain", "login", "tls"])
def test_what_is_javascript_is_read_by_node(settings: Settings, tmp_path: Path) -> None:
    driver = pytest.importorskip("playwright._impl._driver", reason="its Node.js reads it: pip install playwright")
    node = Path(driver.compute_driver_executable()[0])
    file = tmp_path / "recipe.mjs"
    file.write_text(by_name(settings)["Node"], encoding="utf-8")

    done = subprocess.run([node, "--check", file], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("settings", "user"), [(Settings(), "shop"), (LOGIN, "shop+ann")], ids=["any", "required"])
def test_each_logs_in_to_the_sandbox_in_which_it_is_shown(name: str, settings: Settings, user: str) -> None:
    (text,) = (recipe.text for recipe in recipes(DOORS, settings, sandbox="shop") if recipe.name == name)

    assert re.search(rf"\b{re.escape(user)}\b(?!\+)", text)
    assert "PASSWORD" in text


def test_mail_of_a_recipe_comes_to_its_sandbox() -> None:
    with Server() as mail:
        shop = mail.sandboxes.create("shop")
        doors = {"smtp": (mail.smtp.host, str(mail.smtp.port)), "pop3": (mail.pop3.host, str(mail.pop3.port))}
        python = [each.text for each in recipes(doors, Settings(), sandbox="shop") if each.name in {"smtplib", "POP3"}]
        printed: list[object] = []

        for text in python:
            exec(compile(text, "recipe", "exec"), {"print": printed.append})  # noqa: S102  (what a person would run)

        assert (shop.counts().total, len(mail.messages)) == (1, 0)
        assert printed[0][0] == 1  # type: ignore[index]  # what STAT says
