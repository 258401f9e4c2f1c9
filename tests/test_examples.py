"""The examples that are applications of several files: each is a folder with its tests, run as a reader runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
# The plugins of each. No others are loaded, which is quicker, and shows that none is needed.
PLUGINS = {
    "celery_reminder": (),
    "django_signup": ("django",),
    "fastapi_invitation": ("anyio",),
    "flask_reset": (),
    "playwright_reset": (),
    "smtplib_newsletter": (),
    "two_servers": (),
    "xdist_receipts": ("xdist",),
}
BROWSERS = (os.environ.get("MAILTRAP_LITE_CHROMIUM"), shutil.which("chromium"), shutil.which("google-chrome"))


def test_each_example_is_run_and_listed() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    folders = sorted(path.parent.name for path in EXAMPLES.glob("*/pytest.ini"))
    files = sorted(path.name for path in EXAMPLES.glob("*.*") if path.name != "README.md")

    assert folders == sorted(PLUGINS)
    assert [name for name in (*folders, *files) if f"]({name})" not in listed] == []
    assert [name for name in re.findall(r"\]\((.+?)\)", listed) if not (EXAMPLES / name).exists()] == []


@pytest.mark.parametrize("name", PLUGINS)
def test_the_tests_of_an_example_pass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.startswith("playwright") and not any(BROWSERS):
        pytest.skip("an example opens a browser: apt-get install chromium")
    for program in ("msmtp", "mpop", "fetchmail") if name == "two_servers" else ():
        if shutil.which(program) is None:
            pytest.skip(f"an example sends and fetches with {program}: apt-get install {program}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = [word for plugin in ("pytest_mailtrap_lite", *PLUGINS[name]) for word in ("-p", plugin)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins]

    done = subprocess.run(command, cwd=EXAMPLES / name, capture_output=True, text=True, timeout=180)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
