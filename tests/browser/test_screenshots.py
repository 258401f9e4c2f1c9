"""The pages as people see them, at the widths and with the mail that are hardest for them."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "is_mobile": True, "has_touch": True}


def overflows(page: Page) -> bool:
    """Return whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_inbox_and_a_message_beside_it(
    mail: Server, open_page: Callable[..., Page], realistic: Callable[[], None], scheme: str
) -> None:
    realistic()
    page = open_page(color_scheme=scheme)
    page.goto(mail.url)
    page.locator("#live[data-state=on]").wait_for()
    page.get_by_role("link", name="Your order 4711 is confirmed").click()
    page.frame_locator("iframe").get_by_text("Thank you for your order, Anna").wait_for()
    page.locator(".row.unread").nth(4).wait_for()

    assert not overflows(page)
    page.get_by_role("tab", name="Envelope").click()
    page.get_by_text("not in the headers").wait_for()
    page.get_by_role("tab", name="Attachments").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_empty_inbox_says_what_to_copy(mail: Server, open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(mail.url)

    page.get_by_text("Waiting for the first mail").wait_for()
    page.get_by_text(f"{mail.smtp.host}:{mail.smtp.port}").first.wait_for()

    assert not overflows(page)


def test_phone_width(mail: Server, open_page: Callable[..., Page], realistic: Callable[[], None]) -> None:
    realistic()
    page = open_page(**PHONE)
    page.goto(mail.url)
    page.locator("#live[data-state=on]").wait_for()
    assert not overflows(page)
    assert not page.locator("#message").is_visible()

    page.get_by_text("Your order 4711 is confirmed").click()
    page.frame_locator("iframe").get_by_text("Thank you for your order, Anna").wait_for()

    assert not overflows(page)
    assert not page.locator("#rows").is_visible()
    page.get_by_role("link", name="Back").click()
    page.get_by_text("New sign-in from Firefox").wait_for()


def test_ten_thousand_mails_in_many_mailboxes(mail: Server, page: Page) -> None:
    for number in range(1, 10_001):
        robot = f"Robot {number % 37} <robot-{number % 37}@x.test>"
        raw = f"From: {robot}\r\nTo: y@x.test\r\nSubject: Run {number}\r\n\r\nDone.\r\n"
        mail.sandbox.deliver(raw.encode(), to=f"box-{number % 250}@x.test")
    page.goto(mail.url)
    page.get_by_text("10,000 in all").wait_for()
    page.get_by_text("and 50 more").wait_for(state="attached")

    page.goto(f"{mail.url}/mailboxes?find=box-24")
    page.get_by_role("link", name="box-249@x.test").wait_for()

    assert not overflows(page)
    assert page.locator("#boxes .box").count() == 11


def test_a_monster_of_a_subject_breaks_no_line(
    mail: Server, open_page: Callable[..., Page], send: Callable[..., None]
) -> None:
    message = EmailMessage()
    message["From"] = "x" * 60 + "@" + "y" * 60 + ".test"
    message["Subject"] = "Unbreakable" * 120 + " שלום עולם \u202e gnp.exe " + "🎉" * 50
    message.set_content("w" * 3000)
    send(message, to=("z" * 60 + "@example.test",))
    for options in ({}, PHONE):
        page = open_page(**options)
        page.goto(f"{mail.url}/message/1")
        page.get_by_role("tab", name="Text").wait_for()

        assert not overflows(page)
