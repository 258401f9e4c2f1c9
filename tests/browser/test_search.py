"""The search box and tags in a real browser: completion, problems at their place, results that are live, back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture(autouse=True)
def some_mail(mail: Server) -> None:
    """Three orders and an invoice with a tag, in three mailboxes."""
    for number in (1, 2, 3):
        mail.sandbox.deliver(f"Subject: Order {number}\r\n\r\nx\r\n".encode(), to=f"box-{number}@x.test")
    mail.sandbox.deliver(b"Subject: Invoice\r\nX-Tags: paid, needs review\r\n\r\nx\r\n", to="box-3@x.test")


def live(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#live[data-state=on]").wait_for()


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search", exact=True)


def subjects(page: Page) -> list[str]:
    return page.locator("#rows .subject").all_inner_texts()


def options(page: Page) -> list[str]:
    return page.locator("#completions [role=option] code").all_inner_texts()


def test_a_search_has_an_address_and_its_results_are_live(mail: Server, page: Page) -> None:
    live(page, mail.url)

    page.keyboard.press("/")
    page.keyboard.type("subject:order -mailbox:box-1")
    box(page).press("Enter")
    page.get_by_text("2 in all").wait_for()
    assert page.url == f"{mail.url}/?q=subject%3Aorder+-mailbox%3Abox-1"
    assert subjects(page) == ["Order 3", "Order 2"]
    mail.sandbox.deliver(b"Subject: Order 4\r\n\r\nx\r\n", to="box-4@x.test")
    mail.sandbox.deliver(b"Subject: Other\r\n\r\nx\r\n", to="box-4@x.test")
    page.get_by_text("3 in all").wait_for()
    page.get_by_role("link", name="Order 2").click()
    page.get_by_role("heading", name="Order 2").wait_for()
    assert page.url.startswith(f"{mail.url}/message/2?q=")
    page.go_back()
    page.get_by_text("Choose a message").wait_for()
    page.go_back()
    page.get_by_text("6 in all").wait_for()

    assert box(page).input_value() == ""


def test_what_a_search_finds_is_sorted(mail: Server, page: Page) -> None:
    live(page, f"{mail.url}/?q=subject:order")
    assert subjects(page) == ["Order 3", "Order 2", "Order 1"]

    page.get_by_role("combobox", name="Order").select_option("oldest")
    page.wait_for_url("**sort=oldest*")

    page.locator("#rows .row").first.get_by_text("Order 1").wait_for()
    assert subjects(page) == ["Order 1", "Order 2", "Order 3"]
    assert box(page).input_value() == "subject:order"


def test_back_leads_to_the_query_of_the_list_that_is_shown(mail: Server, page: Page) -> None:
    live(page, f"{mail.url}/?q=is:unread&sort=subject")
    assert page.locator("#order select").input_value() == "subject"

    box(page).fill("subject:nothing-like-it")
    box(page).press("Enter")
    page.get_by_text("0 in all").wait_for()
    page.go_back()
    page.locator("#rows .row").first.wait_for()

    assert box(page).input_value() == "is:unread"


def test_terms_values_mailboxes_and_tags_are_completed(mail: Server, page: Page) -> None:
    live(page, mail.url)
    box(page).click()

    page.keyboard.type("order ma")
    page.locator("#completions [role=option]").first.wait_for()
    assert options(page) == ["mailbox:"]
    assert box(page).get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert box(page).get_attribute("aria-activedescendant") == "completion-0"
    page.keyboard.press("Enter")
    page.locator("#completions [role=option]", has_text="box-3").wait_for()
    assert options(page) == [f"mailbox:box-{number}@x.test" for number in (1, 2, 3)]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert box(page).input_value() == "order mailbox:box-3@x.test "
    page.keyboard.type("-is:un")
    page.locator("#completions [role=option]", has_text="is:unread").wait_for()
    assert options(page) == ["is:unread", "is:untagged"]
    page.keyboard.press("Escape")
    box(page).fill("tag:ne")
    page.locator("#completions [role=option]", has_text="needs").click()

    assert box(page).input_value() == 'tag:"needs review" '
    box(page).press("Enter")
    page.get_by_text("1 in all").wait_for()
    assert subjects(page) == ["Invoice"]


def test_what_is_wrong_is_shown_at_its_place(mail: Server, page: Page, complaints: list[str]) -> None:
    live(page, mail.url)

    box(page).fill("order is:gone")
    box(page).press("Enter")

    page.get_by_text(re.compile(r"takes one of read, unread.*\(character 7\)")).wait_for()
    assert page.locator("#q-problem mark").inner_text() == "i"
    assert box(page).get_attribute("aria-invalid") == "true"
    assert box(page).get_attribute("aria-describedby") == "q-problem"
    assert page.locator("#rows .row").count() == 0
    box(page).fill("order")
    box(page).press("Enter")
    page.get_by_text("3 in all").wait_for()
    assert page.locator("#q-problem").count() == 0
    complaints.clear()  # the browser logs the 400


def test_tags_are_put_on_a_selection_and_taken_away(mail: Server, page: Page) -> None:
    live(page, mail.url)
    page.get_by_role("checkbox", name="Choose: Order 3").click()
    page.get_by_role("checkbox", name="Choose: Order 1").click(modifiers=["Shift"])

    page.keyboard.press("t")
    page.keyboard.type("Nightly")
    page.keyboard.press("Enter")
    page.get_by_text("3 messages changed.").wait_for()
    page.locator("#rows .chip", has_text="Nightly").nth(2).wait_for()
    page.locator("#taglist").get_by_role("link", name="Nightly").click()
    page.get_by_text("3 in all").wait_for()
    assert page.url == f"{mail.url}/?q=tag:%22Nightly%22"
    page.get_by_role("checkbox", name="Choose: Order 2").click()
    page.keyboard.press("t")
    page.keyboard.type("nightly")
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("2 in all").wait_for()

    assert [message.tags for message in mail.messages] == [
        ("Nightly",),
        (),
        ("Nightly",),
        ("needs review", "paid"),
    ]


def test_a_bad_tag_changes_nothing(mail: Server, page: Page, complaints: list[str]) -> None:
    live(page, mail.url)
    page.get_by_role("checkbox", name="Choose: Order 3").click()

    page.keyboard.press("t")
    page.keyboard.type("<b>")
    page.keyboard.press("Enter")

    page.get_by_text("That cannot be a tag").wait_for()
    assert mail.sandbox.message(3).tags == ()
    assert page.get_by_text("1 chosen").is_visible()
    complaints.clear()  # the browser logs the 400


def test_deleting_what_a_search_finds_leaves_the_rest(mail: Server, page: Page) -> None:
    page.clock.install()
    live(page, f"{mail.url}/?q=subject:order")

    page.get_by_role("link", name="Delete all").click()
    page.get_by_text("All 3 messages that the search finds go.").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Delete all").click()
    page.get_by_text("3 messages deleted.").wait_for()
    page.clock.fast_forward(9_000)
    page.get_by_text("0 in all").wait_for()

    assert mail.sandbox.ids() == [4]


def test_without_scripts_the_box_searches_and_says_what_is_wrong(mail: Server, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(mail.url)

    page.get_by_role("searchbox", name="Search", exact=True).fill("subject:order")
    page.get_by_role("button", name="Search").click()
    assert subjects(page) == ["Order 3", "Order 2", "Order 1"]
    page.get_by_role("checkbox", name="Choose: Order 2").check(force=True)
    page.locator("#tagging summary").click()
    page.get_by_label("Name of a tag").fill("plain")
    page.get_by_role("button", name="Add").click()
    page.locator("#rows .chip", has_text="plain").wait_for()

    assert mail.sandbox.message(2).tags == ("plain",)
