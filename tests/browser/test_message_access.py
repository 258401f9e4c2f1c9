"""The pane of one message for everybody: axe-core finds nothing, and its structure is the one that is kept.

A structure that changed on purpose is written anew with MAILTRAP_LITE_STRUCTURES=1, and then looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import letters

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

STRUCTURES = Path(__file__).parent / "structures"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "is_mobile": True, "has_touch": True}
OPTIONS = {"iframes": False, "resultTypes": ["violations"]}
VIEWS = [
    *("1?tab=html", "1?tab=html&show=code", "1?tab=html&show=beside", "1?tab=html&scheme=dark&width=phone"),
    *(
        "3?tab=text",
        "3?tab=text&show=code",
        "1?tab=headers",
        "1?tab=headers&raw=1",
        "2?tab=parts",
        "4?tab=parts&part=3",
    ),
    *("2?tab=attachments", "1?tab=links", "1?tab=envelope", "1?tab=sessions", "4?tab=checks", "1?tab=source"),
]


@pytest.fixture
def four(mail: Server, send: Callable[..., None], png: Callable[..., bytes]) -> Server:
    """A server with a newsletter, an invoice, an invitation and a bounce."""
    for raw in (letters.newsletter(), letters.invoice(png), letters.invite(), letters.bounce()):
        send(raw, to=("anna.keller@example.test", "archive@example.test"))
    return mail


@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "light"}, {"color_scheme": "dark", "reduced_motion": "reduce"}, PHONE],
    ids=["light", "dark without motion", "phone"],
)
def test_axe_finds_nothing(four: Server, open_page: Callable[..., Page], options: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    page = open_page(**options)

    for view in VIEWS:
        page.goto(f"{four.url}/message/{view}")
        page.get_by_role("tabpanel").locator("> *").first.wait_for()
        found = axe.run(page, context="#message", options=OPTIONS).response
        wrong = [(rule["id"], [node["html"][:300] for node in rule["nodes"]]) for rule in found["violations"]]
        assert wrong == [], view


def settled(structure: str) -> str:
    """Leave out what differs from run to run: times, ports, ids and lengths."""
    for pattern, instead in (
        (r"\d{1,2} Nov 2026, \d\d:\d\d:\d\d", "TIME"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\b[0-9a-f]{6}-\d+", "SESSION"),
        (r"\b[0-9a-f]{8}\.\d+", "UIDL"),
        (r"\b\d+\.\d{3}\b", "AT"),
        (r"after \d+ ms", "after SPAN"),
        (r"={5,}\d+==", "BOUNDARY"),
        (r"/url: .*", "/url: ADDRESS"),
    ):
        structure = re.sub(pattern, instead, structure)
    return structure + "\n"


@pytest.mark.parametrize(
    "view", [view for view in VIEWS if "show=" not in view], ids=lambda view: re.sub(r"\W+", "-", view)
)
def test_the_structure_is_the_one_that_is_kept(four: Server, page: Page, view: str) -> None:
    kept = STRUCTURES / f"{re.sub(r'[^0-9a-z]+', '-', view)}.yml"
    page.goto(f"{four.url}/message/{view}")
    page.locator("#live[data-state=on]").wait_for()

    structure = settled(page.get_by_role("tabpanel").aria_snapshot())

    if os.environ.get("MAILTRAP_LITE_STRUCTURES") == "1":
        STRUCTURES.mkdir(exist_ok=True)
        kept.write_text(structure, encoding="utf-8")
    assert structure == kept.read_text(encoding="utf-8")
