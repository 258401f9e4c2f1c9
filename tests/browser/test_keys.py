"""The keyboard, the palette, the help, notifications and print, in a real browser."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Notes what would be shown; a headless browser shows nothing.
NOTED = """
window.noted = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.noted.push([title, options.body]); }
  close() {}
};
"""


def live(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#live[data-state=on]").wait_for()


def fill(mail: Server, number: int) -> None:
    for n in range(1, number + 1):
        raw = f"From: Ann <ann@x.test>\r\nSubject: Mail {n}\r\n\r\nx\r\n"
        mail.sandbox.deliver(raw.encode(), to=f"box-{n}@x.test")


def test_keys_walk_and_mark(mail: Server, page: Page) -> None:
    fill(mail, 4)
    live(page, mail.url)

    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="Mail 4").wait_for()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="Mail 3").wait_for()
    page.keyboard.press("k")
    page.get_by_role("heading", name="Mail 4").wait_for()
    page.keyboard.press("u")
    page.get_by_text("Choose a message").wait_for()
    page.locator("#rows [data-id='4'].unread").wait_for()
    page.keyboard.press("j")
    page.get_by_role("heading", name="Mail 3").wait_for()
    page.keyboard.press("k")
    page.get_by_role("heading", name="Mail 4").wait_for()
    page.keyboard.press("e")
    page.get_by_text("Choose a message").wait_for()
    page.locator("#rows [data-id='4']:not(.unread)").wait_for()
    page.keyboard.press("*")
    page.get_by_text("4 chosen").wait_for()
    page.keyboard.press("r")
    page.get_by_text("unread").first.wait_for(state="hidden")

    assert mail.sandbox.counts().unread == 0
    assert page.title() == "Inbox · mailtrap-lite"


def test_no_unread_message_is_passed_over_where_reading_takes_it_out_of_the_list(mail: Server, page: Page) -> None:
    fill(mail, 6)
    live(page, f"{mail.url}/?q=is:unread")
    page.locator("#rows [data-id='6'] a").click()

    for number in (6, 5, 4, 3):
        page.get_by_role("heading", name=f"Mail {number}").wait_for()
        page.locator(f"#rows [data-id='{number}']").wait_for(state="detached")
        page.keyboard.press("j")
    page.get_by_role("heading", name="Mail 2").wait_for()
    page.locator("#rows [data-id='2']").wait_for(state="detached")
    page.keyboard.press("#")  # is about the message that is read, not about the row that has moved up
    page.get_by_text("1 message deleted.").wait_for()

    page.locator("#rows [data-id='1']").wait_for()
    assert mail.sandbox.counts().unread == 1


def test_enter_opens_and_the_reader_is_led_there_and_back(mail: Server, page: Page) -> None:
    fill(mail, 3)
    live(page, mail.url)

    page.locator("#rows [data-id='2'] a").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Mail 2").wait_for()
    page.locator("#message:focus").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Choose a message").wait_for()

    assert page.url == f"{mail.url}/"


def test_help_names_each_key_and_keeps_the_focus(mail: Server, page: Page) -> None:
    fill(mail, 1)
    live(page, mail.url)

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    dialog.wait_for()
    for key in ("j", "k", "/", "r", "u", "x", "e", "#", "?", "Enter", "Esc"):
        assert dialog.get_by_text(key, exact=True).first.is_visible()
    page.keyboard.press("#")  # keys do nothing behind it
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")

    assert page.locator("#rows .row").count() == 1


def test_the_palette_finds_commands_mailboxes_and_searches(mail: Server, page: Page) -> None:
    fill(mail, 30)
    live(page, mail.url)

    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Commands")
    palette.get_by_role("option", name="Next message").wait_for()
    page.keyboard.type("box-27")
    palette.get_by_role("option", name="box-27@x.test").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="box-27@x.test").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("subject:27")
    palette.get_by_role("option", name="subject:27").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("1 in all").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("go to all")
    page.keyboard.press("Enter")
    page.get_by_text("30 in all").wait_for()
    page.get_by_role("button", name="Commands").click()
    page.keyboard.type("no command is called that")
    palette.get_by_role("option", name="no command is called that").wait_for()
    page.keyboard.press("Escape")

    assert page.url == f"{mail.url}/"


def test_notifications_are_asked_for_by_a_button_only(mail: Server, page: Page) -> None:
    page.add_init_script(NOTED)
    page.add_init_script("document.hasFocus = () => false")
    fill(mail, 1)
    live(page, mail.url)
    fill(mail, 1)
    page.get_by_text("2 in all").wait_for()
    assert page.evaluate("[Notification.permission, window.noted.length]") == ["default", 0]

    page.keyboard.press("?")
    page.get_by_text("Notifications of new mail are off.").wait_for()
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("Notifications of new mail are on.").wait_for()
    page.keyboard.press("Escape")
    fill(mail, 1)
    page.get_by_text("3 in all").wait_for()

    assert page.evaluate("window.noted") == [["Mail 1", "Ann"]]
    assert page.evaluate("localStorage.length") == 1
    page.keyboard.press("?")
    page.get_by_role("button", name="Turn off").click()
    fill(mail, 1)
    page.get_by_text("4 in all").wait_for()
    assert page.evaluate("window.noted.length") == 1


def test_the_title_and_the_icon_tell_of_unread_mail(mail: Server, page: Page) -> None:
    fill(mail, 2)
    live(page, f"{mail.url}/message/1")
    page.locator("#rows [data-id='1']:not(.unread)").wait_for()

    fill(mail, 1)
    page.get_by_text("3 in all").wait_for()

    assert page.title() == "(2) Mail 1 · mailtrap-lite"
    assert (page.locator("#favicon").get_attribute("href") or "").endswith("icon-unread.svg")
    page.keyboard.press("*")
    page.keyboard.press("r")
    page.locator("#favicon[href$='icon.svg']").wait_for(state="attached")
    assert page.title() == "Mail 1 · mailtrap-lite"


def test_on_paper_is_the_message(mail: Server, page: Page) -> None:
    fill(mail, 2)
    live(page, f"{mail.url}/message/1")

    page.emulate_media(media="print")

    assert page.get_by_role("heading", name="Mail 1").is_visible()
    for left_out in (".bar", ".sidebar", ".list", ".tools"):
        assert page.locator(left_out).first.is_hidden()


def test_on_a_phone_there_is_one_pane_at_a_time(mail: Server, open_page: Callable[..., Page]) -> None:
    fill(mail, 12)
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    live(page, mail.url)
    sidebar, rows, message = (page.locator(name) for name in ("#sidebar", "#rows", "#message"))

    def shows(only: Locator) -> None:
        for pane in (sidebar, rows, message):
            pane.wait_for(state="visible" if pane is only else "hidden")

    shows(rows)
    page.get_by_role("link", name="Mailboxes").tap()
    page.get_by_role("link", name=re.compile("box-7@x.test")).wait_for()
    shows(sidebar)
    assert page.url == f"{mail.url}/mailboxes"
    page.get_by_role("link", name=re.compile("box-7@x.test")).tap()
    page.get_by_role("heading", name="box-7@x.test").wait_for()
    shows(rows)
    page.get_by_role("link", name="Mail 7").tap()
    page.get_by_role("heading", name="Mail 7").wait_for()
    shows(message)
    page.go_back()
    page.get_by_role("heading", name="box-7@x.test").wait_for()
    page.go_back()

    shows(sidebar)


@pytest.mark.parametrize("path", ["sessions", "session"])
def test_the_pages_of_sessions_have_the_keys_that_they_need(mail: Server, page: Page, path: str) -> None:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.sendmail("a@x.test", ["box-1@x.test"], b"Subject: One\r\n\r\nx\r\n")
    page.goto(f"{mail.url}/{path if path == 'sessions' else f'session/{mail.sandbox.sessions[0].id}'}")
    page.locator("html[data-scripted]").wait_for()

    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    assert help_.locator("dd").all_inner_texts() == [
        "Search",
        "Go to all mail",
        "Commands and mailboxes",
        "Show all keys",
    ]
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Commands").click()
    page.keyboard.type("box-1")
    page.get_by_role("option", name="box-1@x.test").click()

    page.get_by_role("heading", name="box-1@x.test").wait_for()
    assert page.url == f"{mail.url}/?mailbox=box-1@x.test"
