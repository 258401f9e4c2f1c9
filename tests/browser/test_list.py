"""The list in a real browser: a window over any number of rows, orders, choosing, and deleting with a way back."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server
from mailtrap_lite.message import Envelope
from mailtrap_lite.store import Arrival

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MOST_ROWS = 40  # in the page, whatever the list holds


@pytest.fixture
def mail() -> Iterator[Server]:
    """A server that keeps any number of messages."""
    with Server(keep_messages=0) as server:
        yield server


def fill(mail: Server, number: int, *, mailboxes: int = 1) -> None:
    """Store small mails as fast as the store takes them."""
    for n in range(1, number + 1):
        box = f"box-{n % mailboxes}@x.test"
        raw = f"From: Robot {n % 7} <r{n % 7}@x.test>\r\nSubject: Run {n:06}\r\n\r\n{'x' * (n % 90)}\r\n".encode()
        mail.sandbox._store.add(Arrival(Envelope.of("a@x.test", [box]), raw, (box,), 1e9 + n))


def live(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#live[data-state=on]").wait_for()


def row(page: Page, number: int) -> Locator:
    return page.locator("#rows .row", has_text=f"Run {number:06}")


def box(page: Page, number: int) -> Locator:
    return page.get_by_role("checkbox", name=f"Choose: Run {number:06}")


def scroll(page: Page, top: str) -> None:
    page.evaluate(f"(() => {{ const s = document.getElementById('scroller'); s.scrollTop = {top} }})()")


def left(mail: Server, count: int) -> None:
    """Wait until so many messages are left."""
    while (revision := mail.sandbox.revision) and mail.sandbox.counts().total != count:
        assert mail.sandbox.wait(revision, 10) != revision


def test_a_hundred_thousand_rows_are_scrolled_through_a_window(mail: Server, page: Page) -> None:
    fill(mail, 100_000)
    live(page, mail.url)
    page.get_by_text("100,000 in all").wait_for()

    for number, top in (
        (100_000, "0"),
        (50_000, "s.scrollHeight / 2"),
        (1, "s.scrollHeight"),
        (75_000, "s.scrollHeight / 4"),
    ):
        scroll(page, top)
        shown = row(page, number)
        shown.wait_for()
        index = 100_000 - number

        assert page.locator("#rows > li").count() <= MOST_ROWS
        assert shown.get_attribute("aria-posinset") == str(index + 1)
        assert shown.get_attribute("aria-setsize") == "100000"
        assert shown.bounding_box() is not None
    for step in range(20):
        scroll(page, f"{75_000 * 74 + step * 3000}")  # faster than rows can come
    page.locator("#rows .row:not(.loading)").first.wait_for()
    assert page.locator("#rows > li").count() <= MOST_ROWS


def test_mail_that_comes_does_not_move_what_is_looked_at(mail: Server, page: Page) -> None:
    fill(mail, 1000)
    live(page, mail.url)
    scroll(page, "s.scrollHeight / 2")
    row(page, 500).wait_for()
    before = row(page, 500).bounding_box()

    fill(mail, 3)

    page.get_by_text("1,003 in all").wait_for()
    # Its row is written anew when the newer page of the list has come.
    page.locator("#rows .row[aria-posinset='504']", has_text="Run 000500").wait_for()
    assert any(row(page, 500).bounding_box() == before for _ in range(100))
    scroll(page, "0")
    row(page, 3).wait_for()


def test_orders_have_an_address_and_back_leads_back(mail: Server, page: Page) -> None:
    fill(mail, 120)
    live(page, mail.url)

    page.get_by_label("Order").select_option("Oldest first")
    row(page, 1).wait_for()
    assert page.url == f"{mail.url}/?sort=oldest"
    page.get_by_label("Order").select_option("Largest first")
    row(page, 89).wait_for()
    page.get_by_role("link", name="Run 000089").click()
    page.get_by_role("heading", name="Run 000089").wait_for()
    assert page.url == f"{mail.url}/message/89?sort=largest"
    page.get_by_label("Order").select_option("By sender")
    row(page, 119).wait_for()  # of Robot 0; others of its mails are among the largest, too
    scroll(page, "s.scrollHeight")
    page.locator("#rows .row", has_text="Robot 6").last.wait_for()
    page.go_back()
    page.get_by_role("heading", name="Run 000089").wait_for()
    page.go_back()
    page.go_back()
    row(page, 1).wait_for()
    page.go_back()
    row(page, 120).wait_for()

    assert page.url == f"{mail.url}/"


def test_messages_are_chosen_by_box_with_shift_with_ctrl_and_by_key(mail: Server, page: Page) -> None:
    fill(mail, 300)
    live(page, mail.url)
    chosen = page.locator("#chosen")

    box(page, 299).click()
    assert chosen.inner_text() == "1 chosen"
    row(page, 295).locator("a").click(modifiers=["Shift"])
    page.get_by_text("5 chosen").wait_for()
    row(page, 297).locator("a").click(modifiers=["ControlOrMeta"])
    page.get_by_text("4 chosen").wait_for()
    scroll(page, "s.scrollHeight")  # a range over rows that were never fetched
    box(page, 1).click(modifiers=["Shift"])
    page.get_by_text("300 chosen").wait_for(state="detached")
    page.keyboard.press("Escape")
    chosen.wait_for(state="hidden")
    scroll(page, "0")
    row(page, 300).locator("a").focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    page.get_by_text("2 chosen").wait_for()

    assert page.url == f"{mail.url}/"
    assert [box(page, number).is_checked() for number in (300, 299, 298)] == [True, True, False]


def test_a_range_begins_at_the_same_message_after_mail_has_come(mail: Server, page: Page) -> None:
    fill(mail, 30)
    live(page, mail.url)
    box(page, 28).click()
    fill(mail, 3)
    page.get_by_text("33 in all").wait_for()
    page.locator("#rows .row[aria-posinset='6']", has_text="Run 000028").wait_for()

    box(page, 25).click(modifiers=["Shift"])

    page.get_by_text("4 chosen").wait_for()
    assert [box(page, number).is_checked() for number in (29, 28, 25, 24)] == [False, True, True, False]


def test_what_comes_and_what_others_delete_is_not_counted_as_chosen(mail: Server, page: Page) -> None:
    fill(mail, 150)
    live(page, mail.url)
    page.get_by_role("checkbox", name="Choose all").click()
    page.get_by_text("150 chosen").wait_for()

    fill(mail, 2)
    page.get_by_text("152 in all").wait_for()
    mail.sandbox.delete([10, 20])
    page.get_by_text("148 chosen").wait_for()
    page.keyboard.press("Escape")
    box(page, 149).click()
    box(page, 147).click(modifiers=["Shift"])
    mail.sandbox.delete([148])

    page.get_by_text("2 chosen").wait_for()
    page.get_by_role("button", name="Mark read: chosen messages").click()
    page.get_by_text("147 unread").first.wait_for()


def test_what_is_chosen_is_marked(mail: Server, page: Page) -> None:
    fill(mail, 30)
    live(page, mail.url)
    box(page, 30).click()
    box(page, 27).click(modifiers=["Shift"])

    page.get_by_role("button", name="Mark read: chosen messages").click()
    page.get_by_text("26 unread").first.wait_for()
    page.locator("#rows .row.unread", has_text="Run 000028").wait_for(state="detached")
    assert page.locator("#chosen").inner_text() == ""
    page.get_by_role("checkbox", name="Choose all").click()
    page.get_by_text("30 chosen").wait_for()
    page.get_by_role("button", name="Mark unread: chosen messages").click()
    page.get_by_text("30 unread").first.wait_for()

    assert mail.sandbox.counts().unread == 30


def test_a_deletion_is_undone(mail: Server, open_page: Callable[..., Page]) -> None:
    fill(mail, 30)
    page, other = open_page(), open_page()
    live(page, mail.url)
    live(other, mail.url)
    box(page, 30).click()
    box(page, 28).click(modifiers=["Shift"])

    page.get_by_role("button", name="Delete: chosen messages").click()
    page.get_by_text("3 messages deleted.").wait_for()
    row(page, 29).wait_for(state="detached")
    # Nothing is deleted yet: whoever looks elsewhere still sees it.
    assert row(other, 29).is_visible()
    page.get_by_role("button", name="Undo").click()

    row(page, 29).wait_for()
    assert page.locator("#toast").is_hidden()
    page.goto("about:blank")
    assert mail.sandbox.counts().total == 30


@pytest.mark.parametrize("end", ["time", "another", "toast", "left"])
def test_a_deletion_is_sent_when_the_offer_is_over(mail: Server, open_page: Callable[..., Page], end: str) -> None:
    fill(mail, 30)
    page, other = open_page(), open_page()
    page.clock.install()
    live(page, mail.url)
    live(other, mail.url)
    box(page, 30).click()
    page.keyboard.press("#")
    page.get_by_text("1 message deleted.").wait_for()
    assert mail.sandbox.counts().total == 30

    if end == "time":
        page.clock.fast_forward(9_000)
        page.locator("#toast").wait_for(state="hidden")
    elif end == "another":
        box(page, 20).click()
        page.keyboard.press("#")
    elif end == "toast":
        box(page, 20).click()
        page.keyboard.press("t")
        page.keyboard.type("late")
        page.keyboard.press("Enter")
        page.get_by_text("1 message changed.").wait_for()
    else:
        page.goto("about:blank")

    left(mail, 29)
    row(other, 30).wait_for(state="detached")
    assert 30 not in mail.sandbox.ids()


def test_the_offer_waits_for_whoever_reaches_for_it(mail: Server, page: Page) -> None:
    fill(mail, 3)
    page.clock.install()
    live(page, mail.url)
    box(page, 3).click()
    page.keyboard.press("#")

    page.get_by_role("button", name="Undo").focus()
    page.clock.fast_forward(60_000)

    assert mail.sandbox.counts().total == 3
    page.keyboard.press("z")
    row(page, 3).wait_for()


def test_what_comes_while_all_is_deleted_stays(mail: Server, page: Page) -> None:
    fill(mail, 120)
    page.clock.install()
    live(page, mail.url)
    page.get_by_role("checkbox", name="Choose all").click()
    page.get_by_text("120 chosen").wait_for()

    page.get_by_role("button", name="Delete: chosen messages").click()
    page.get_by_text("120 messages deleted.").wait_for()
    assert page.locator("#rows .row").count() == 0
    mail.sandbox.deliver(b"Subject: Run 000999\r\n\r\nx\r\n", to="b@x.test")
    row(page, 999).wait_for()  # while there is still time to undo
    assert page.locator("#rows .row").count() == 1
    assert mail.sandbox.counts().total == 121
    page.clock.fast_forward(9_000)

    left(mail, 1)
    row(page, 999).wait_for()
    assert mail.sandbox.ids() == [121]


def test_a_deletion_that_fails_brings_the_messages_back(mail: Server, page: Page, complaints: list[str]) -> None:
    fill(mail, 3)
    page.clock.install()
    live(page, mail.url)
    page.route("**/selection*", lambda route: route.abort())
    box(page, 3).click()
    page.keyboard.press("#")
    row(page, 3).wait_for(state="detached")

    page.clock.fast_forward(9_000)

    page.get_by_text("The messages are back.").wait_for()
    row(page, 3).wait_for()
    assert mail.sandbox.counts().total == 3
    complaints.clear()


def test_mailboxes_are_found_as_one_types(mail: Server, page: Page) -> None:
    fill(mail, 900, mailboxes=300)
    live(page, mail.url)
    boxes = page.locator("#boxes .box")
    assert boxes.count() == 200

    page.get_by_role("searchbox", name="Find a mailbox").fill("BOX-29")
    boxes.nth(11).wait_for(state="detached")
    assert boxes.count() == 11
    fill(mail, 1)
    page.get_by_text("901 in all").wait_for()
    assert page.get_by_role("searchbox", name="Find a mailbox").input_value() == "BOX-29"
    page.get_by_role("link", name=re.compile("^box-299@x.test")).click()
    page.get_by_role("heading", name="box-299@x.test").wait_for()
    page.get_by_text("3 in all").wait_for()

    assert page.url == f"{mail.url}/?mailbox=box-299@x.test"
    assert page.locator("#rows .row").count() == 3
    page.get_by_role("link", name="All mail").click()
    page.get_by_text("901 in all").wait_for()


def test_without_scripts_pages_and_forms_do_the_same(mail: Server, open_page: Callable[..., Page]) -> None:
    fill(mail, 120, mailboxes=20)
    page = open_page(java_script_enabled=False)
    page.goto(mail.url)

    page.get_by_role("link", name="Older").click()
    page.get_by_text("51\u2013100 of 120").wait_for()
    box(page, 70).check(force=True)
    box(page, 68).check(force=True)
    page.get_by_role("button", name="Delete: chosen messages").click()
    page.get_by_text("51\u2013100 of 118").wait_for()
    page.get_by_role("link", name="Newer").click()
    page.get_by_label("Order").select_option("Oldest first")
    page.get_by_role("button", name="Sort").click()
    row(page, 1).wait_for()
    page.get_by_role("searchbox", name="Find a mailbox").fill("box-1@")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("link", name=re.compile("^box-1@x.test")).click()
    page.get_by_role("heading", name="box-1@x.test").wait_for()

    assert mail.sandbox.ids()[66:69] == [67, 69, 71]
    assert page.locator("#rows .row").count() == 6


@pytest.mark.parametrize(("kind", "name"), [("Zip of .eml files", "mail.zip"), ("One mbox file", "mail.mbox")])
def test_what_is_chosen_is_downloaded(mail: Server, page: Page, kind: str, name: str) -> None:
    fill(mail, 30)
    live(page, mail.url)
    box(page, 30).click()
    box(page, 28).click(modifiers=["Shift"])
    page.locator("#downloading summary").click()

    with page.expect_download() as downloading:
        page.get_by_role("button", name=kind).click()

    octets = downloading.value.path().read_bytes()
    assert downloading.value.suggested_filename == name
    if name == "mail.zip":
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            mails = [archive.read(each) for each in archive.namelist()]
        assert sorted(mails) == sorted(mail.sandbox.message(number).raw for number in (28, 29, 30))
    else:
        assert octets.count(b"\nSubject: Run 0000") == 3
    assert page.get_by_text("3 chosen").is_visible()
