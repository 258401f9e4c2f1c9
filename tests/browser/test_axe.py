"""axe-core finds nothing (WCAG 2.2 AA): on each view, in light and dark and at phone width."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

sync_playwright = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
)

# Not into the frame of a mail: no script runs there, so axe cannot, and Chromium complains of its trying.
RULES = {
    "iframes": False,
    "resultTypes": ["violations"],  # all that is in order, too, is a long answer
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", **PHONE},
}


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, open_page: Callable[..., Page], complaints: list[str]) -> Page:
    """A page in each look."""
    return open_page(reduced_motion="reduce", **LOOKS[request.param])


def live(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#live[data-state=on]").wait_for()


def examine(page: Page) -> list[str]:
    """Return what axe-core finds, a line for each element."""
    found = sync_playwright.Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def test_the_empty_inbox(mail: Server, page: Page) -> None:
    live(page, mail.url)

    assert examine(page) == []


def test_the_inbox_and_a_message(mail: Server, page: Page, realistic: Callable[[], None]) -> None:
    realistic()
    mail.sandbox.set_tags([1, 2, 3], ["invoice", "nightly", "urgent", "fourth"])
    live(page, mail.url)
    assert examine(page) == []
    page.get_by_role("checkbox", name="Choose:").first.click(force=True)
    page.get_by_text("1 chosen").wait_for()
    page.locator("#tagging summary").click()
    assert examine(page) == []
    page.get_by_label("Name of a tag").press("Escape")

    page.get_by_text("Your order 4711 is confirmed").first.click()
    page.get_by_role("tablist").wait_for()

    assert examine(page) == []


def test_ten_thousand_mails_in_many_mailboxes(mail: Server, page: Page) -> None:
    for number in range(1, 10_001):
        raw = f"From: Robot {number % 37} <r@x.test>\r\nSubject: Run {number}\r\n\r\nDone.\r\n"
        mail.sandbox.deliver(raw.encode(), to=f"box-{number % 250}@x.test")
    live(page, mail.url)
    page.evaluate("document.getElementById('scroller').scrollTop = 300000")
    page.locator("#rows .row:not(.loading)").first.wait_for()

    assert examine(page) == []


def test_searches_good_and_bad_and_an_error(mail: Server, page: Page, complaints: list[str]) -> None:
    mail.sandbox.deliver(b"Subject: Order\r\nX-Tags: paid\r\n\r\nx\r\n", to="b@x.test")
    live(page, f"{mail.url}/?q=subject:order")
    page.get_by_role("combobox", name="Search", exact=True).press_sequentially(" ma")
    page.locator("#completions [role=option]").first.wait_for()
    assert examine(page) == []
    for address in ("?q=is:gone", "?q=nothing+like+this", "mailboxes", "delete-all", "message/99"):
        page.goto(f"{mail.url}/{address}")
        assert examine(page) == []
    complaints.clear()  # the browser logs 400 and 404


def test_what_opens_over_the_page(mail: Server, page: Page, realistic: Callable[[], None]) -> None:
    realistic()
    live(page, mail.url)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    assert examine(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("m")
    page.locator("#palette-list [role=option]").first.wait_for()
    assert examine(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Delete all").click()
    page.get_by_role("dialog", name="Delete every message?").wait_for()
    assert examine(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("checkbox", name="Choose:").first.click()
    page.keyboard.press("#")
    page.get_by_role("button", name="Undo").wait_for()

    assert examine(page) == []


def test_the_sessions(mail: Server, page: Page, send: Callable[..., None]) -> None:
    send(b"Subject: Order\r\n\r\nx\r\n")
    page.goto(f"{mail.url}/sessions")
    page.get_by_role("table").wait_for()
    assert examine(page) == []

    page.locator(".sessions tbody a").first.click()
    page.get_by_role("heading", name="What was said").wait_for()

    assert examine(page) == []
