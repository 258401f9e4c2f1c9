"""What was deleted over POP3 is seen and put back in a real browser, with and without scripts."""

from __future__ import annotations

import poplib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_who_deleted_it_is_seen_and_it_is_put_back(mail: Server, open_page: Callable[..., Page], scripts: bool) -> None:
    mail.mailbox("bob@example.test").deliver(b"Subject: Wanted again\r\n\r\nhi\r\n")
    client = poplib.POP3(mail.pop3.host, mail.pop3.port)
    client.user("bob@example.test")
    client.pass_("any")
    client.retr(1)
    client.dele(1)
    client.quit()
    page = open_page(java_script_enabled=scripts)
    page.goto(f"{mail.url}/message/1")

    page.get_by_text("Deleted over POP3 from bob@example.test by bob@example.test").wait_for()
    page.get_by_role("link", name="See the deliveries").click()
    page.get_by_role("button", name="Restore to the mailbox bob@example.test").click()
    page.locator("#panel-envelope td").get_by_text("no", exact=True).wait_for()

    assert page.get_by_text("Deleted over POP3 from").count() == 0
    assert page.locator("#panel-envelope time").last.is_visible()  # when it was fetched is still known
    assert [message.subject for message in mail.mailbox("bob@example.test").messages] == ["Wanted again"]
