"""Nothing is missed: the list after a server came back, a connection was cut, a tab was hidden, a laptop slept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A headless browser hides no tab, so the page is told that it is.
HIDING = """
window.isAway = false;
Object.defineProperty(document, "hidden", { get: () => window.isAway });
window.go = (away) => { window.isAway = away; document.dispatchEvent(new Event("visibilitychange")); };
"""


def live(page: Page, url: str) -> None:
    page.goto(url)
    on(page)


def on(page: Page) -> None:
    page.locator("#live[data-state=on]").wait_for(timeout=20_000)


def off(page: Page) -> None:
    page.locator("#live[data-state=off]", has_text="Reconnecting").wait_for(timeout=20_000)


def fill(mail: Server, first: int, last: int) -> None:
    for n in range(first, last + 1):
        mail.sandbox.deliver(f"Subject: Mail {n:03}\r\n\r\nx\r\n".encode(), to="b@x.test")


def shows(page: Page, total: int, newest: int) -> None:
    """Wait until the list is that of the server."""
    page.get_by_text(f"{total} in all").wait_for()
    page.locator("#rows .row", has_text=f"Mail {newest:03}").first.wait_for()
    subjects = page.locator("#rows .row:not(.loading) .subject").all_inner_texts()
    assert subjects[:3] == [f"Mail {newest - n:03}" for n in range(3)]


def forget_what_failed(complaints: list[str]) -> None:
    complaints[:] = [text for text in complaints if "ERR_" not in text]  # the browser logs each failed connection


def test_what_came_while_the_server_was_away(
    page: Page, open_page: Callable[..., Page], tmp_path: Path, complaints: list[str]
) -> None:
    store = tmp_path / "mail.db"
    with Server(store=str(store)) as mail:
        fill(mail, 1, 5)
        where = mail.url.removeprefix("http://")
        live(page, mail.url)
        page.get_by_role("link", name="Mail 003").click()
        page.get_by_role("heading", name="Mail 003").wait_for()
    off(page)
    with Server(store=str(store)) as elsewhere:
        fill(elsewhere, 6, 8)

    with Server(store=str(store), web=where) as again:
        assert again.url.endswith(where)  # who asks for the address has the pages served
        on(page)
        shows(page, 8, 8)
        assert page.get_by_role("heading", name="Mail 003").is_visible()
        forget_what_failed(complaints)


def test_a_server_that_begins_anew_is_shown_as_it_is(page: Page, complaints: list[str]) -> None:
    with Server() as mail:
        fill(mail, 1, 9)
        where = mail.url.removeprefix("http://")
        live(page, mail.url)
    off(page)

    with Server(web=where) as mail:
        fill(mail, 1, 4)
        assert mail.url.endswith(where)
        on(page)
        shows(page, 4, 4)
        fill(mail, 5, 5)
        shows(page, 5, 5)
    forget_what_failed(complaints)


@pytest.mark.parametrize("arrived", [3, 120], ids=["a few", "more than an event carries"])
def test_what_came_while_the_network_was_away(mail: Server, page: Page, complaints: list[str], arrived: int) -> None:
    fill(mail, 1, 5)
    live(page, mail.url)

    page.context.set_offline(True)
    fill(mail, 6, 5 + arrived)
    mail.sandbox.delete([1])
    page.context.set_offline(False)

    shows(page, 4 + arrived, 5 + arrived)
    fill(mail, 6 + arrived, 6 + arrived)
    shows(page, 5 + arrived, 6 + arrived)
    forget_what_failed(complaints)


@pytest.mark.parametrize("arrived", [1, 120], ids=["as many as went", "more than an event carries"])
def test_what_came_while_the_tab_was_hidden(mail: Server, page: Page, arrived: int) -> None:
    page.add_init_script(HIDING)
    fill(mail, 1, 9)
    live(page, mail.url)

    with page.expect_event("requestfailed", lambda request: "/events" in request.url):
        page.evaluate("window.go(true)")
    fill(mail, 10, 9 + arrived)
    mail.sandbox.delete([4])
    assert "Mail 010" not in page.locator("#rows").inner_text()
    page.evaluate("window.go(false)")

    shows(page, 8 + arrived, 9 + arrived)
    assert "Mail 004" not in page.locator("#rows").inner_text() or arrived > 1


def test_a_list_that_did_not_come_is_asked_for_again(mail: Server, page: Page, complaints: list[str]) -> None:
    fill(mail, 1, 3)
    page.clock.install()
    live(page, mail.url)
    page.route(f"{mail.url}/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        fill(mail, 4, 4)
    page.unroute(f"{mail.url}/")

    # The clock may be ahead of the page, which learns of the failure by itself.
    for _ in range(20):
        page.clock.run_for(1_000)

    shows(page, 4, 4)
    forget_what_failed(complaints)
