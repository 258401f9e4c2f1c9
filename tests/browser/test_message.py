"""The pane of one message in a real browser: what each view shows and how it is chosen."""

from __future__ import annotations

import poplib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser import letters

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def reading(mail: Server, page: Page, send: Callable[..., None]) -> Callable[..., Page]:
    """Return a function that sends a mail and opens it: at a view, or at its first one."""

    def reading(raw: bytes, query: str = "", *, to: tuple[str, ...] = ()) -> Page:
        send(raw, to=to)
        page.goto(f"{mail.url}/message/latest{query}")
        page.locator("#live[data-state=on]").wait_for()
        return page

    return reading


def shown_width(page: Page) -> float:
    box = page.locator("iframe").bounding_box()
    assert box is not None
    return box["width"]


def test_the_html_is_shown_as_wide_as_was_chosen(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter())
    widths = page.get_by_role("group", name="Width of the preview")

    seen = {}
    for name in ("Tablet", "Landscape", "Phone", "Full"):
        widths.get_by_role("link", name=name, exact=True).click()
        seen[name] = shown_width(page)

    assert (seen["Tablet"], seen["Landscape"], seen["Phone"]) == (768, 667, 375)
    assert "width=" not in page.url
    widths.get_by_role("link", name="Phone").click()
    assert page.url.endswith("width=phone")
    page.reload()
    assert shown_width(page) == 375


def background(page: Page) -> str:
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="New in the kiln").wait_for()
    return str(frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor"))


@pytest.mark.parametrize("own", ["light", "dark"])
def test_the_colours_of_the_preview_are_those_chosen_whatever_the_readers_are(
    mail: Server, open_page: Callable[..., Page], send: Callable[..., None], own: str
) -> None:
    send(letters.newsletter())
    page = open_page(color_scheme=own)
    page.goto(f"{mail.url}/message/1")
    colours = page.get_by_role("group", name="Colours of the preview")
    light = background(page)

    colours.get_by_role("link", name="Dark").click()
    page.locator(".stage[data-scheme=dark]").wait_for()
    dark = background(page)
    colours.get_by_role("link", name="Inverted").click()
    page.get_by_text("All colours are turned round").wait_for()

    assert (light, dark) == ("rgb(246, 241, 234)", "rgb(20, 17, 15)")
    background(page)
    root = page.frame_locator("iframe").locator("html")
    assert "invert(1)" in str(root.evaluate("root => getComputedStyle(root).filter"))


def test_a_mail_without_dark_colours_says_so(reading: Callable[..., Page], png: Callable[..., bytes]) -> None:
    page = reading(letters.invoice(png), "?scheme=dark")

    page.get_by_text("This mail says nothing about dark colours").wait_for()


def test_blocked_content_is_listed_by_kind(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter())

    page.get_by_text("3 remote resources blocked").click()

    notice = page.locator(".notice.remote")
    assert notice.get_by_role("heading").all_inner_texts() == ["Images 2", "Style sheets 1"]
    assert notice.get_by_role("listitem").filter(has_text="looks like a tracking pixel").count() == 1


def test_the_html_is_read_in_colours(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter())

    page.get_by_role("link", name="Source", exact=True).click()
    code = page.get_by_role("region", name="The HTML as it is written")
    code.wait_for()

    assert code.inner_text().strip() == letters.NEWSLETTER.strip()
    assert code.locator(".t-tag").count() > 20
    page.get_by_role("link", name="Do not wrap").click()
    page.locator("pre.unwrapped").wait_for()
    assert page.get_by_role("link", name="Do not wrap").evaluate("link => link === document.activeElement")


def test_text_and_html_stand_side_by_side(reading: Callable[..., Page]) -> None:
    page = reading(letters.right_to_left())

    page.get_by_role("tab", name="Text").click()
    page.get_by_role("link", name="Beside the HTML").click()

    page.get_by_role("region", name="The text").get_by_text("Hello Anna.").wait_for()
    page.frame_locator("iframe").get_by_text("Hello Anna.").wait_for()


def test_quotes_signature_and_links_are_marked(reading: Callable[..., Page]) -> None:
    page = reading(letters.invite())
    text = page.get_by_role("region", name="The text")

    depths = [quote.get_attribute("data-depth") for quote in text.get_by_role("blockquote").all()]
    link = text.get_by_role("link", name="https://kiln.example/glazes")

    assert depths == ["1", "2", "1"]
    assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert "Mia, Kiln Studio" in text.locator(".signature").inner_text()
    page.get_by_role("link", name="As it is").click()
    page.locator("pre", has_text=">> I have new ones.").wait_for()


def test_each_line_goes_its_own_way(reading: Callable[..., Page]) -> None:
    page = reading(letters.right_to_left(), "?tab=text")

    prose = page.get_by_role("region", name="The text").locator("> div").first
    places = prose.evaluate(
        """block => {
          const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          const found = {};
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (const word of ["שלום", "Hello"]) {
              const at = node.data.indexOf(word);
              if (at < 0) continue;
              range.setStart(node, at);
              range.setEnd(node, at + word.length);
              const box = range.getBoundingClientRect();
              const own = block.getBoundingClientRect();
              found[word] = [box.left - own.left, own.right - box.right];
            }
          }
          return found;
        }"""
    )

    assert places["שלום"][1] < 2  # at the right
    assert places["Hello"][0] < 2  # at the left


def test_the_way_here_is_read_out(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter(), "?tab=headers")
    hops = page.locator(".way > li")

    assert hops.count() == 3
    assert "cannot be read" in hops.nth(0).inner_text()
    assert "from app-7 by out.kiln.example with ESMTP" in " ".join(hops.nth(1).inner_text().split())
    assert "after 2 min 20 s" in hops.nth(2).inner_text()
    assert "TLSv1.3" in hops.nth(2).inner_text()
    assert page.locator(".verdicts > li").nth(2).inner_text().startswith("dmarc=fail")
    page.get_by_role("link", name="As sent", exact=True).click()
    page.get_by_role("region", name="The header as it was sent").get_by_text(
        "Received: something that is no trace"
    ).wait_for()


def test_the_parts_are_a_tree_and_attached_mail_is_read(reading: Callable[..., Page]) -> None:
    page = reading(letters.bounce(), "?tab=parts")
    tree = page.get_by_role("navigation", name="Parts of this message")

    assert tree.get_by_role("link").count() == 5
    tree.get_by_role("link", name=re.compile("rfc822")).click()
    page.get_by_role("article", name="Attached message").get_by_text("Thank you for your order.").wait_for()
    page.get_by_role("link", name="As sent", exact=True).click()
    page.get_by_role("region", name="What is in it").get_by_text("Content-Type: message/rfc822").wait_for()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as sent").click()
    assert b"Subject: Your order 4711" in saving.value.path().read_bytes()
    tree.get_by_role("link", name=re.compile("plain")).last.click()
    page.wait_for_url(re.compile("part=3!"))
    page.get_by_role("region", name="What is in it").get_by_text("Thank you for your order.").wait_for()


def test_files_have_safe_previews_and_dangerous_names_are_marked(
    reading: Callable[..., Page], png: Callable[..., bytes]
) -> None:
    page = reading(letters.invoice(png), "?tab=attachments")
    files = page.locator(".files > li")

    assert files.count() == 5
    assert files.locator("img").count() == 2
    program = files.filter(has_text="may run a program")
    assert "invoice\\u202efdp.exe" in program.inner_text()
    assert "turns the writing round" in program.inner_text()
    assert files.filter(has_text="says image/jpeg, is image/png").count() == 1
    assert re.search(r"SHA-256\s+[0-9a-f]{64}", files.first.inner_text())
    files.filter(has_text="items.csv").get_by_text("Preview").click()
    page.get_by_text("saucers,38.00").wait_for()


def test_the_envelope_stands_beside_the_headers(reading: Callable[..., Page]) -> None:
    to = ("anna.keller@example.test", "secret@example.test")
    page = reading(letters.newsletter(), "?tab=envelope", to=to)
    rows = page.get_by_role("row")

    assert "differs" in rows.filter(has_text="news@kiln.example").first.inner_text()
    assert "in both" in rows.filter(has_text="anna.keller@example.test").first.inner_text()
    assert "not in the headers" in rows.filter(has_text="secret@example.test").first.inner_text()


def test_each_fetch_over_pop3_is_told(mail: Server, reading: Callable[..., Page]) -> None:
    page = reading(letters.invite())
    for delete in (False, True):
        pop3 = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=10)
        pop3.user("anna.keller@example.test")
        pop3.pass_("made-up")
        pop3.retr(1)
        if delete:
            pop3.dele(1)
        pop3.quit()

    page.get_by_role("tab", name="Sessions").click()
    rows = page.get_by_role("region", name="Fetched over POP3").get_by_role("row")
    rows.nth(2).wait_for()

    assert "left" in rows.nth(1).inner_text()
    assert "deleted" in rows.nth(2).inner_text()
    page.get_by_role("region", name="Transcript").get_by_text("354").wait_for()
    rows.nth(2).get_by_role("link").click()
    page.get_by_role("heading", name=re.compile("POP3 session")).wait_for()


def test_links_and_how_to_leave_are_told(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter(), "?tab=links")

    page.get_by_text("no DKIM signature covers both fields").wait_for()
    page.get_by_text("one click", exact=True).wait_for()
    row = page.get_by_role("row").filter(has_text="https://pay.kiln-bank.test/login")
    assert "shows kiln.example, leads elsewhere" in row.inner_text()
    assert page.get_by_role("heading", name="Tracking 1").is_visible()


def test_the_next_and_the_previous_message_are_near(mail: Server, page: Page, send: Callable[..., None]) -> None:
    for raw in (letters.invite(), letters.newsletter(), letters.bounce()):
        send(raw)
    page.goto(f"{mail.url}/message/2")

    page.get_by_role("link", name="Next message").click()
    page.get_by_role("heading", name="Glaze tasting").wait_for()
    page.get_by_role("link", name="Previous message").click()
    page.get_by_role("heading", name="New in the kiln: the autumn series").wait_for()
    page.get_by_role("link", name="Previous message").click()
    page.get_by_role("heading", name="Undelivered Mail").wait_for()

    assert page.get_by_role("link", name="Previous message").count() == 0


def test_the_link_is_copied(open_page: Callable[..., Page], mail: Server, send: Callable[..., None]) -> None:
    send(letters.invite())
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{mail.url}/message/latest?tab=source")

    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()

    assert page.evaluate("navigator.clipboard.readText()") == f"{mail.url}/message/1"


def test_the_mail_on_paper_has_its_head_and_runs_nothing(
    mail: Server, page: Page, send: Callable[..., None], complaints: list[str]
) -> None:
    html = "<style>dl, div { display: none !important }</style><script>document.title = 'ran'</script><p>Shown text"
    send(f"Subject: on paper\r\nFrom: Ann <a@x.test>\r\nContent-Type: text/html\r\n\r\n{html}\r\n".encode())
    page.goto(f"{mail.url}/message/1/print")

    page.get_by_text("Shown text").wait_for()

    assert page.get_by_role("heading", name="on paper").is_visible()
    assert page.get_by_text("Ann <a@x.test>").is_visible()
    assert page.title() == "on paper"
    page.emulate_media(media="print")
    assert not page.get_by_text("Press Ctrl+P").is_visible()
    assert all("script" in text for text in complaints)
    complaints.clear()  # that the script of the mail did not run


def test_tabs_are_walked_with_the_keyboard(reading: Callable[..., Page]) -> None:
    page = reading(letters.newsletter())
    page.get_by_role("tab", name="HTML").focus()

    page.keyboard.press("End")
    page.get_by_role("region", name="The source of this message").wait_for()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="HTML").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")

    assert page.get_by_role("tab", name="HTML").evaluate("tab => tab === document.activeElement")
    assert page.locator("[role=tab]:not([tabindex='-1'])").count() == 1


def test_a_monster_is_read(mail: Server, page: Page, send: Callable[..., None]) -> None:
    send(letters.monster())

    for tab in ("text", "headers", "parts", "attachments", "links", "envelope", "sessions", "checks", "source"):
        page.goto(f"{mail.url}/message/1?tab={tab}")
        # A bound for what is quadratic, not a benchmark: it takes about a second.
        took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        assert took < 10_000, (tab, took)
        assert page.get_by_role("tabpanel").inner_text().strip()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_everything_is_read_without_scripts(
    mail: Server, open_page: Callable[..., Page], send: Callable[..., None]
) -> None:
    send(letters.newsletter())
    page = open_page(java_script_enabled=False)
    page.goto(f"{mail.url}/message/1")

    for tab, text in (
        ("Text", "Four glazes, one firing."),
        ("Headers", "The way here"),
        ("Parts", "text/html"),
        ("Links", "Leaving the list"),
        ("Envelope", "MAIL FROM"),
        ("Sessions", "Delivered over SMTP"),
        ("Source", "exactly as they came"),
    ):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tabpanel").get_by_text(text).first.wait_for()
    page.get_by_role("tab", name="HTML").click()
    page.get_by_role("link", name="Phone", exact=True).click()
    page.locator(".stage[data-width=phone]").wait_for()
