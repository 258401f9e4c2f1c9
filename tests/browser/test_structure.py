"""What each view is made of, by roles and names, as it was when somebody looked at it last.

After a change on purpose: MAILTRAP_LITE_STRUCTURE=1 writes the files anew; look at what changed in them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEPT = Path(__file__).parent / "structure"
# What differs from run to run: ports, times, sizes and the version.
VARIES = (
    (re.compile(r"127\.0\.0\.1:\d+|localhost:\d+|\b\d{4,5}\) as"), "HOST"),
    (re.compile(r"\b\d+ (?:B|kB|MB)\b"), "SIZE"),
    (
        re.compile(
            r"\b(?:now|\d+ min|\d{1,2}:\d{2}|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d{1,2}:\d{2}|\d{1,2} [A-Z][a-z]{2,3})\b"
        ),
        "TIME",
    ),
    (re.compile(r"kept · \S+"), "kept · VERSION"),
    (re.compile(r"\b\d{5}\b"), "PORT"),
)
VIEWS = {
    "inbox": "",
    "oldest": "?sort=oldest",
    "mailbox": "?mailbox=anna.keller@example.test",
    "search": "?q=subject:order",
    "mailboxes": "mailboxes",
    "delete-all": "delete-all",
}
# Where the large parts stand, in twelfths of the window: x, y, width, height.
GRID = """() => Object.fromEntries(["sidebar", "list", "message", "search", "rows"].map((id) => {
  const box = document.getElementById(id)?.getBoundingClientRect();
  const part = (value, of) => Math.min(12, Math.round((value / of) * 12));
  const [w, h] = [innerWidth, innerHeight];
  return [id, box?.width ? [part(box.x, w), part(box.y, h), part(box.width, w), part(box.height, h)] : null];
}))"""


def structure(page: Page) -> str:
    """Return the roles and names below the body, and where the large parts stand."""
    shown = page.locator("body").aria_snapshot()
    for pattern, word in VARIES:
        shown = pattern.sub(word, shown)
    grid = "\n".join(f"# {name}: {box}" for name, box in page.evaluate(GRID).items())
    return f"{grid}\n{shown}\n"


@pytest.mark.parametrize("width", ["desktop", "phone"])
@pytest.mark.parametrize("view", ["empty", *VIEWS])
def test_a_view_is_made_of_what_it_was(
    mail: Server, open_page: Callable[..., Page], realistic: Callable[[], None], view: str, width: str
) -> None:
    if view != "empty":
        realistic()
    size = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}[width]
    page = open_page(viewport=size, reduced_motion="reduce")
    page.goto(f"{mail.url}/{VIEWS.get(view, '')}")
    page.locator("#live[data-state=on]").wait_for()
    kept = KEPT / f"{view}-{width}.txt"

    found = structure(page)
    if os.environ.get("MAILTRAP_LITE_STRUCTURE") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(found, encoding="utf-8")

    assert found == kept.read_text(encoding="utf-8")
