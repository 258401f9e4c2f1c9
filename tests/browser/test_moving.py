"""Release and the queue in a real browser: from a message to the next server, and what waits on its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.browser.test_axe import LOOKS, examine

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAIL = b"From: Kiln Studio <hello@shop.example>\r\nSubject: Your order 4711 is confirmed\r\n\r\nThank you.\r\n"
HOSTILE = "<img src=x onerror=window.ran=1>"


@pytest.fixture
def after() -> Iterator[Server]:
    """The next server."""
    with Server(hostname="next.test") as server:
        yield server


@pytest.fixture
def mail(after: Server) -> Iterator[Server]:
    """A server that may send mail on to the next one, with a mail to somebody who is allowed and to one who is not."""
    with Server(relay=f"127.0.0.1:{after.smtp.port}", relay_hosts="127.0.0.1", relay_to="*@example.test") as server:
        server.deliver(MAIL, to=["anna@example.test", "eve@elsewhere.test"], sender="bounces@shop.example")
        yield server


@pytest.fixture
def closed() -> Iterator[Server]:
    """A server that nothing leaves, with a mail."""
    with Server() as server:
        server.deliver(MAIL, to="anna@example.test")
        yield server


def overflows(page: Page) -> bool:
    """Return whether the page is wider than its window, once its style sheets are there."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_mail_is_released_after_a_look_at_what_will_be_sent(
    mail: Server, after: Server, open_page: Callable[..., Page], scripts: bool
) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto(f"{mail.url}/message/1")

    page.get_by_role("link", name="Release", exact=True).click()
    page.get_by_role("heading", name="Release a message").wait_for()
    assert page.get_by_role("checkbox", name="anna@example.test").is_checked()
    assert not page.get_by_role("checkbox", name=re.compile("eve@elsewhere.test is not among relay_to")).is_checked()
    page.get_by_role("textbox", name="Further recipients").fill("qa@example.test, dev@example.test")
    page.get_by_role("radio", name="Another").check()
    page.get_by_role("textbox", name="Address of the sender").fill("releases@example.test")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What will be sent").wait_for()
    assert page.get_by_text("releases@example.test").is_visible()
    assert page.get_by_role("row", name=f"qa@example.test 127.0.0.1:{after.smtp.port}").is_visible()
    assert len(mail.queue) == 0
    page.get_by_role("button", name="Send it now").click()

    page.get_by_role("heading", name="Queue").wait_for()
    mail.queue.wait_until_empty()
    assert {message.envelope.addresses for message in after.messages} == {
        ("anna@example.test", "qa@example.test", "dev@example.test")
    }
    assert after.messages[0].envelope.sender == "releases@example.test"


def test_the_palette_goes_to_the_release_and_to_the_queue(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/1")
    page.locator("#live[data-state=on]").wait_for()
    for command, heading in (("Release the message", "Release a message"), ("Go to the queue", "Queue")):
        page.wait_for_load_state("load")  # the scripts, too
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Type a command").fill(command)
        page.get_by_role("option", name=f"{command} Command").click()
        page.get_by_role("heading", name=heading).wait_for()


def test_what_is_refused_says_why_and_cannot_be_sent(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/1/release")
    page.get_by_role("checkbox", name=re.compile("eve@elsewhere.test")).check()
    page.get_by_role("button", name="Preview").click()

    page.get_by_role("heading", name="It cannot be sent like this").wait_for()
    assert page.get_by_role("cell", name="eve@elsewhere.test is not among relay_to (*@example.test)").is_visible()
    assert page.get_by_role("button", name="Send it now").count() == 0
    page.get_by_role("link", name="Change").click()
    assert page.get_by_role("checkbox", name=re.compile("eve@elsewhere.test")).is_checked()


def test_without_a_relay_the_page_says_which_settings_it_takes(closed: Server, page: Page) -> None:
    page.goto(f"{closed.url}/message/1")
    page.get_by_role("link", name="Release", exact=True).click()

    page.get_by_role("heading", name="Nothing can leave this server").wait_for()
    assert [page.get_by_text(name, exact=True).count() for name in ("relay", "relay_hosts", "relay_to")] == [1, 1, 1]
    assert page.get_by_role("link", name="Queue").count() == 0


def test_the_queue_is_live_and_shows_each_attempt(mail: Server, after: Server, page: Page) -> None:
    after.faults.add("RCPT", "450 4.2.1 mailbox busy", times=1)
    page.goto(mail.url)
    page.get_by_role("navigation", name="Mailboxes").get_by_role("link", name=re.compile("Queue")).click()
    page.get_by_text("Nothing is on its way out.").wait_for()
    page.locator("#live[data-state=on]").wait_for()

    mail.release(1, to="anna@example.test")

    row = page.get_by_role(
        "row", name=re.compile("anna@example.test.*Your order 4711.*waiting.*450 4.2.1 mailbox busy")
    )
    row.wait_for()
    row.get_by_role("checkbox", name="Choose: anna@example.test").check()
    page.get_by_role("group", name="Chosen entries").get_by_role("button", name="Pause").click()
    page.get_by_role("status").filter(has_text="1 paused.").wait_for()
    page.get_by_role("link", name="anna@example.test").click()
    talk = page.get_by_role("region", name="Transcript of attempt 1")
    talk.get_by_text("450 4.2.1 mailbox busy").wait_for()
    page.get_by_role("button", name="Retry now").click()
    page.get_by_role("heading", name="Attempt 2").wait_for()  # it came by itself
    assert after.messages[0].subject == "Your order 4711 is confirmed"


def test_what_was_chosen_stays_chosen_when_news_come(mail: Server, page: Page) -> None:
    mail.queue.pause()
    mail.release(1, to=["anna@example.test", "ben@example.test"])
    page.goto(f"{mail.url}/queue")
    page.locator("#live[data-state=on]").wait_for()
    page.get_by_role("checkbox", name="Choose: ben@example.test").check()

    mail.release(1, to="carla@example.test")
    page.get_by_role("checkbox", name="Choose: carla@example.test").wait_for()

    assert page.get_by_role("checkbox", name="Choose: ben@example.test").is_checked()
    assert not page.get_by_role("checkbox", name="Choose: anna@example.test").is_checked()
    page.get_by_role("group", name="Chosen entries").get_by_role("button", name="Cancel").click()
    page.get_by_text("1 cancelled.").wait_for()
    assert [str(entry.state) for entry in mail.queue] == ["waiting", "cancelled", "waiting"]


def test_the_whole_queue_is_paused_and_goes_on(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/queue")

    page.get_by_role("button", name="Pause the queue").click()
    page.get_by_text("The queue is paused").wait_for()
    paused = mail.queue.paused
    page.get_by_role("button", name="Resume the queue").click()
    page.get_by_role("button", name="Pause the queue").wait_for()

    assert (paused, mail.queue.paused) == (True, False)


def test_hostile_words_of_the_next_server_are_only_text(mail: Server, after: Server, page: Page) -> None:
    after.faults.add("RCPT", f"450 4.2.1 {HOSTILE}")
    mail.release(1, to="anna@example.test")
    mail.queue.wait_until_settled()

    page.goto(f"{mail.url}/queue")
    assert page.get_by_role("cell", name=f"450 4.2.1 {HOSTILE}").is_visible()
    page.get_by_role("link", name="anna@example.test").click()
    page.get_by_role("region", name="Transcript of attempt 1").wait_for()

    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_is_too_wide(
    mail: Server, after: Server, open_page: Callable[..., Page], look: str
) -> None:
    after.faults.add("RCPT", "450 4.2.1 mailbox busy", to="ben@*")
    mail.release(1, to=["anna@example.test", "ben@example.test"])
    mail.queue.wait_until_settled()
    page = open_page(reduced_motion="reduce", **LOOKS[look])
    chosen = "/message/1/release?step=preview&to=anna@example.test&to=eve@elsewhere.test"

    for path in ("/message/1/release", chosen, "/queue?show=all", "/queue/2"):
        page.goto(mail.url + path)
        page.get_by_role("main").wait_for()
        assert (path, examine(page), overflows(page)) == (path, [], False)


@pytest.mark.parametrize("width", [390, 320])
def test_the_tools_of_a_message_fit_a_phone(closed: Server, open_page: Callable[..., Page], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 700}, is_mobile=True, has_touch=True)
    page.goto(f"{closed.url}/message/1")
    tools = page.get_by_role("group", name="What to do with this message")
    tools.get_by_role("link", name="Release").wait_for()

    assert tools.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    assert not overflows(page)
