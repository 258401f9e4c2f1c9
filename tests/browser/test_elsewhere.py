"""What others do while somebody reads: messages that go, mail that comes at the same moment, deletions on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """One server for these tests; each begins with an empty one."""
    with Server() as server:
        yield server


@pytest.fixture
def mail(shared: Server) -> Server:
    """Four messages."""
    shared.clear()
    for n in range(1, 5):
        shared.sandbox.deliver(f"Subject: Mail {n}\r\n\r\nText {n}\r\n".encode(), to="b@x.test")
    return shared


def live(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#live[data-state=on]").wait_for()


def text(page: Page) -> Locator:
    return page.get_by_role("region", name="The text")


def ids(mail: Server) -> list[int]:
    return [message.id for message in mail.messages]


def deaf(page: Page) -> None:
    """Let no news through, so that the page still shows what is no longer there."""
    page.route("**/api/v1/events*", lambda route: route.abort())


def forget_what_failed(complaints: list[str]) -> None:
    complaints[:] = [text for text in complaints if "ERR_FAILED" not in text and "404" not in text]


def test_a_message_that_is_gone_says_so_in_its_pane(mail: Server, page: Page, complaints: list[str]) -> None:
    live(page, mail.url)
    page.get_by_role("link", name="Mail 2").click()
    text(page).get_by_text("Text 2").wait_for()
    page.get_by_role("tab", name="Source").click()
    page.get_by_role("region", name="The source of this message").wait_for()

    mail.sandbox.delete([ids(mail)[1]])
    page.get_by_text("3 in all").wait_for()
    page.get_by_role("tab", name="Headers").click()

    page.get_by_role("alert").get_by_role("heading", name="This message is gone").wait_for()
    assert page.get_by_role("tab", name="Headers").get_attribute("aria-selected") == "true"
    page.get_by_role("tab", name="Text").click()
    assert text(page).get_by_text("Text 2").is_visible()
    page.get_by_role("tab", name="Headers").click()
    page.get_by_role("button", name="Next message").click()
    page.get_by_role("heading", name="Mail 1").wait_for()
    assert page.locator("#rows .row").count() == 3
    forget_what_failed(complaints)


def test_a_row_whose_message_is_gone_says_so_and_leaves_the_list(
    mail: Server, page: Page, complaints: list[str]
) -> None:
    deaf(page)
    page.goto(mail.url)
    mail.sandbox.delete([ids(mail)[2]])

    page.get_by_role("link", name="Mail 3").click()
    page.get_by_role("heading", name="This message is gone").wait_for()
    page.get_by_text("3 in all").wait_for()
    assert page.locator("#rows .subject").all_inner_texts() == ["Mail 4", "Mail 2", "Mail 1"]
    page.get_by_role("button", name="Back to the list").click()

    page.get_by_text("Choose a message to read it here").wait_for()
    forget_what_failed(complaints)


def test_a_tab_that_cannot_be_fetched_leaves_what_is_shown(mail: Server, page: Page, complaints: list[str]) -> None:
    live(page, f"{mail.url}/message/{ids(mail)[0]}")
    page.route("**/message/*tab=headers", lambda route: route.abort())

    page.get_by_role("tab", name="Headers").click()

    page.get_by_role("status").filter(has_text="the server did not answer").wait_for()
    page.get_by_role("tab", name="Text").click()
    assert text(page).get_by_text("Text 1").is_visible()
    forget_what_failed(complaints)


def test_the_list_shows_what_came_while_a_message_was_opened(mail: Server, page: Page) -> None:
    mail.sandbox.mark_read(ids(mail))  # else to open one is news too, which has the list fetched again
    live(page, mail.url)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.headers.get("x-part") == "list" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route(f"{mail.url}/", hold)
    with page.expect_request(lambda request: request.headers.get("x-part") == "list"):
        mail.sandbox.deliver(b"Subject: Mail 5\r\n\r\nx\r\n", to="b@x.test")
    page.get_by_role("link", name="Mail 2").click()
    page.get_by_role("heading", name="Mail 2").wait_for()
    held[0].continue_()

    page.locator("#rows .row", has_text="Mail 5").wait_for()
    assert page.get_by_role("heading", name="Mail 2").is_visible()


def test_rows_and_mailboxes_that_are_the_same_stay_when_mail_comes(mail: Server, page: Page) -> None:
    live(page, mail.url)
    page.get_by_role("link", name="Mail 2").focus()
    page.evaluate(
        """() => { window.kept = [document.activeElement.closest("li"), document.querySelector("#boxes .box")]; }"""
    )

    mail.sandbox.deliver(b"Subject: Mail 5\r\n\r\nx\r\n", to="b@x.test")
    page.locator("#rows .row", has_text="Mail 5").wait_for()

    assert page.evaluate("window.kept.map((node) => node.isConnected)") == [True, True]
    assert page.evaluate("window.kept[0].dataset.index") == "3"
    assert page.evaluate("window.kept[0].contains(document.activeElement)")
    page.locator("#boxes .box", has_text="b@x.test").get_by_text("5", exact=True).first.wait_for()


def test_a_deletion_is_sent_when_its_page_is_closed(mail: Server, page: Page) -> None:
    live(page, mail.url)
    page.get_by_role("link", name="Mail 2").focus()
    page.keyboard.press("#")
    page.get_by_text("1 message deleted.").wait_for()
    revision = mail.sandbox.revision
    assert len(ids(mail)) == 4

    page.close(run_before_unload=True)

    while len(ids(mail)) == 4 and mail.sandbox.wait(revision, 10) != revision:
        revision = mail.sandbox.revision
    assert len(ids(mail)) == 3


@pytest.mark.parametrize("key", ["j", "#"])
def test_keys_go_on_from_a_message_that_others_deleted_deep_in_the_list(mail: Server, page: Page, key: str) -> None:
    for n in range(5, 200):
        mail.sandbox.deliver(f"Subject: Mail {n}\r\n\r\nText\r\n".encode(), to="b@x.test")
    live(page, f"{mail.url}/message/{ids(mail)[99]}")
    page.locator("#rows a[aria-current]").wait_for()

    mail.sandbox.delete([ids(mail)[99]])
    page.locator("#rows .row", has_text="Mail 100").wait_for(state="detached")
    page.keyboard.press(key)

    if key == "j":
        page.get_by_role("heading", name="Mail 99").wait_for()
    else:  # it is about the message that is shown, which is gone, and not about the one in its place
        page.get_by_text("1 message deleted").wait_for()
        assert page.locator("#rows .row", has_text="Mail 99").first.is_visible()


@pytest.mark.parametrize("sort", ["", "?sort=oldest", "?q=subject:mail", "?mailbox=b@x.test"])
def test_a_message_opened_by_its_address_is_seen_in_the_list(mail: Server, page: Page, sort: str) -> None:
    for n in range(5, 300):
        mail.sandbox.deliver(f"Subject: Mail {n}\r\n\r\nText\r\n".encode(), to="b@x.test")

    live(page, f"{mail.url}/message/{ids(mail)[129]}{sort}")

    row = page.locator("#rows a[aria-current]")
    row.wait_for()
    assert "Mail 130" in row.inner_text()
    seen = page.evaluate(
        """() => {
          const place = (it) => document.querySelector(it).getBoundingClientRect();
          const [row, list] = [place("#rows a[aria-current]"), place("#scroller")];
          return row.top >= list.top && row.bottom <= list.bottom;
        }"""
    )
    assert seen
    page.keyboard.press("j")
    page.get_by_role("heading", name="Mail 131" if sort == "?sort=oldest" else "Mail 129").wait_for()


def test_tags_of_mail_that_nobody_read_are_found_when_asked_for(mail: Server, page: Page) -> None:
    mail.sandbox.deliver(b"Subject: Old\r\nX-Tags: forgotten\r\n\r\nx\r\n", to="b@x.test")
    for n in range(2_100):
        mail.sandbox.deliver(f"Subject: Run {n}\r\n\r\nx\r\n".encode(), to="b@x.test")
    live(page, mail.url)
    assert page.get_by_role("link", name="forgotten").count() == 0

    page.get_by_role("link", name="Read it all").click()

    page.get_by_role("link", name="forgotten").wait_for()
    assert page.get_by_role("link", name="Read it all").count() == 0
    mail.sandbox.deliver(b"Subject: New\r\nX-Tags: fresh\r\n\r\nx\r\n", to="b@x.test")
    page.get_by_role("link", name="fresh").first.wait_for()
    assert page.locator("#taglist").get_by_role("link", name="forgotten").is_visible()
