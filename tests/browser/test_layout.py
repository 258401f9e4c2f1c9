"""Where things stand: tabs, popups and controls at each width, and writing from right to left beside the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import letters, team

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator, Page

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PASSWORD = "made-up"
HEBREW = "שלום"
# Where the first and the last character of a text stand, from the left of the window.
ENDS = """(element) => {
  const range = document.createRange();
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
  return [0, text.data.trimEnd().length - 1].map((at) => {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return Math.round(range.getBoundingClientRect().left);
  });
}"""
MIXED = (
    "From: =?utf-8?b?16nXnNeV150=?= shop <shop@x.test>\r\nTo: b@x.test\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\nSubject: {subject}\r\n\r\n{html}\r\n"
)


@pytest.fixture(scope="module")
def mail() -> Iterator[Server]:
    """One server for these tests, which all only read: a receipt, and mail that is mixed."""
    with Server() as server:
        server.deliver(team.order(), to="anna@x.test")
        server.deliver(letters.right_to_left(), to="anna@x.test")
        for subject, html in (
            (f"{HEBREW} order 12:30 🎉", f'<html dir="rtl"><body><p id="a">{HEBREW} 4711</p></body></html>'),
            (f"Order {HEBREW} 12", f'<p id="a">Order {HEBREW}</p><p id="b" dir="auto">{HEBREW} order</p>'),
            (f"{HEBREW} " * 60, f"<p>{HEBREW}</p>"),
            ("👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 family", "<p>👩‍👩‍👧‍👦</p>"),
        ):
            server.deliver(MIXED.format(subject=subject, html=html).encode(), to="anna@x.test")
        server.deliver(letters.newsletter(), to="anna@x.test")
        server.sandbox.mark_read(range(1, 8))  # else to open one has its row written anew while it is measured
        yield server


def box(of: Locator) -> FloatRect:
    found = of.bounding_box()
    assert found is not None
    return found


def row(page: Page, message: int) -> Locator:
    return page.locator(f"#rows .row[data-id='{message}']")


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_tabs_stand_in_one_line_and_close_below_the_head(
    mail: Server, open_page: Callable[..., Page], width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(f"{mail.url}/message/1")

    tabs = [box(tab) for tab in page.get_by_role("tab").all()]
    head, bar = box(page.locator(".who .names")), box(page.get_by_role("tablist"))

    assert len({tab["y"] for tab in tabs}) == 1
    assert bar["height"] < 45
    assert bar["y"] - (head["y"] + head["height"]) < 24


def test_a_phone_shows_the_tab_that_is_open(mail: Server, open_page: Callable[..., Page]) -> None:
    page = open_page(**PHONE)

    page.goto(f"{mail.url}/message/1?tab=source")
    page.locator("p#live[data-state=on]").wait_for()

    tab = box(page.get_by_role("tab", name="Source"))
    assert tab["x"] >= 0
    assert tab["x"] + tab["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_phone_shows_a_problem_and_completions_as_wide_as_it_is(
    mail: Server, open_page: Callable[..., Page], complaints: list[str]
) -> None:
    page = open_page(**PHONE)
    page.goto(f"{mail.url}/?q=larger:huge")
    page.locator("p#live[data-state=on]").wait_for()

    problem = box(page.locator("#q-problem"))
    page.locator("#q").fill("fro")
    page.locator("#completions li").first.wait_for()

    assert problem["width"] > 350
    assert box(page.locator("#completions"))["width"] > 350
    complaints[:] = [text for text in complaints if "400" not in text]  # the browser logs the bad query


@pytest.mark.parametrize("options", [PHONE, {}], ids=["phone", "desktop"])
def test_whoever_is_signed_in_can_sign_out(open_page: Callable[..., Page], options: dict[str, Any]) -> None:
    with Server(web_password=PASSWORD) as closed:
        page = open_page(**options)
        page.goto(f"{closed.url}/login")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        leave = page.get_by_role("link", name="Sign out")
        leave.wait_for()
        spot = box(leave)

        assert spot["x"] + spot["width"] <= page.viewport_size["width"]  # type: ignore[index]  # it has a size
        assert min(spot["width"], spot["height"]) >= 24
        leave.click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Password").wait_for()


def test_the_empty_page_fits_a_phone(open_page: Callable[..., Page]) -> None:
    with Server() as empty:
        page = open_page(**PHONE)
        page.goto(empty.url)

        recipe = box(page.locator(".recipe:visible"))

        assert recipe["x"] >= 0
        assert recipe["x"] + recipe["width"] <= 390


@pytest.mark.parametrize(
    ("message", "leftwards"), [(2, True), (3, True), (4, False)], ids=["hebrew", "hebrew first", "latin first"]
)
def test_a_subject_goes_its_own_way_and_moves_nothing_beside_it(
    mail: Server, page: Page, message: int, leftwards: bool
) -> None:
    page.goto(f"{mail.url}/message/{message}")
    page.locator("p#live[data-state=on]").wait_for()

    for subject in (row(page, message).locator(".subject"), page.locator(".top h2")):
        first, last = subject.evaluate(ENDS)
        assert (first > last) is leftwards
        edges = box(subject)
        assert (abs(edges["x"] + edges["width"] - first) < 40) is leftwards

    date, name = box(row(page, message).locator("time")), box(row(page, message).locator(".from"))
    assert name["x"] + name["width"] <= date["x"]
    assert box(row(page, 1).locator("time"))["y"] - box(row(page, 1))["y"] == date["y"] - box(row(page, message))["y"]
    assert date["x"] + date["width"] == pytest.approx(
        box(row(page, 1).locator("time"))["x"] + box(row(page, 1).locator("time"))["width"]
    )


def test_a_name_from_right_to_left_does_not_swallow_its_address(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/3")

    name, address = box(page.locator(".names .from b")), box(page.locator(".names .address"))

    assert page.locator(".names .from").inner_text() == "שלום shop <shop@x.test>"
    assert name["x"] + name["width"] <= address["x"] + 1


def test_what_does_not_fit_is_missing_at_the_end_also_from_right_to_left(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/5")

    subject = row(page, 5).locator(".subject")
    first, _ = subject.evaluate(ENDS)
    edges = box(subject)

    assert edges["x"] <= first <= edges["x"] + edges["width"]


def test_html_goes_the_way_that_it_says(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/3")
    whole = page.frame_locator("iframe").locator("#a")
    first, last = whole.evaluate(ENDS)
    assert first > last
    assert whole.evaluate("it => getComputedStyle(it).direction") == "rtl"

    page.goto(f"{mail.url}/message/4")
    frame = page.frame_locator("iframe")

    ways = [frame.locator(it).evaluate("it => getComputedStyle(it).direction") for it in ("#a", "#b")]
    assert ways == ["ltr", "rtl"]


def test_print_and_title_go_their_own_way_too(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/3/print")

    heading = page.get_by_role("heading", level=1)

    assert heading.evaluate("it => getComputedStyle(it).direction") == "rtl"
    assert page.title() == f"{HEBREW} order 12:30 🎉"


def test_emoji_are_not_torn(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/6")

    page.get_by_role("heading", name="👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 family").wait_for()
    assert row(page, 6).locator(".subject").inner_text() == "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 family"
    assert page.frame_locator("iframe").locator("p").inner_text() == "👩‍👩‍👧‍👦"


def test_help_has_one_line_for_what_keys_do_alike(mail: Server, page: Page) -> None:
    page.goto(mail.url)
    page.locator("p#live[data-state=on]").wait_for()

    page.keyboard.press("?")

    says = page.locator("#shortcuts dd").all_inner_texts()
    assert len(says) == len(set(says)) > 10
    assert page.locator("#shortcuts div", has_text="Next message").locator("kbd").all_inner_texts() == ["j", "↓"]


def test_the_checks_say_what_programs_make_of_the_html_and_which_links_pretend(mail: Server, page: Page) -> None:
    page.goto(f"{mail.url}/message/7?tab=checks")
    panel = page.get_by_role("tabpanel", name="Checks")

    assert panel.get_by_role("heading").all_inner_texts() == ["Lint", "HTML in mail programs 6", "Links 4"]
    sheets = panel.get_by_role("listitem").filter(has_text="style sheets in files")
    assert "Not in" in sheets.inner_text()
    assert "Gmail" in sheets.inner_text()
    assert panel.get_by_text("shows kiln.example, leads elsewhere").count() == 1
    panel.get_by_role("link", name="See all of them").click()
    page.get_by_role("tabpanel", name="Links").get_by_text("https://kiln.example/autumn?utm_source=mail").wait_for()


def test_a_mail_without_html_has_no_programs_to_fear(mail: Server, page: Page) -> None:
    mail.deliver(b"From: a@x.test\r\nSubject: Plain\r\n\r\nx\r\n", to="anna@x.test")

    page.goto(f"{mail.url}/message/latest?tab=checks")

    page.get_by_text("This mail has no HTML.").wait_for()
