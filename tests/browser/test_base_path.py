"""Behind a proxy, below a path: every page, script, form and the event stream stay below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_everything_stays_below_the_base_path(page: Page) -> None:
    with Server(web_base_path="/mail/box") as mail:
        root = mail.url.removesuffix("/mail/box")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(root)))
        page.goto(f"{root}/mail/box/")
        page.locator("#live[data-state=on]").wait_for()

        page.get_by_role("button", name="Send a test mail").click()
        page.get_by_role("heading", name="Your test mail has arrived").first.wait_for()
        page.locator("#live[data-state=on]").wait_for()
        page.keyboard.press("Escape")
        page.get_by_text("Choose a message").wait_for()
        page.get_by_label("Order").select_option("Oldest first")
        page.get_by_role("combobox", name="Search", exact=True).fill("subject:test")
        page.get_by_role("combobox", name="Search", exact=True).press("Enter")
        page.get_by_text("1 in all").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("checkbox", name="Choose:").first.click()
        page.get_by_role("button", name="Mark unread: chosen messages").click()
        page.locator("#rows .row.unread").wait_for()
        page.get_by_role("link", name="All mail").click()
        page.get_by_role("heading", name="Inbox").wait_for()
        page.locator("#rows > li a").first.click()
        page.wait_for_url(f"{root}/mail/box/message/1")
        page.get_by_role("heading", name="Your test mail has arrived").first.wait_for()

        page.goto("about:blank")
        assert [path for path in asked if not path.startswith(("/mail/box/", "data:", "about:", "blob:"))] == []
