"""The gallery of docs/gallery.md: each view in light, in dark and on a phone. `make screenshots` takes it again.

It is no test, so it is run only by its name; it fails where a view does not come up.
"""

from __future__ import annotations

import io
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from tests.browser import letters, team

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PAGE = FOLDER.parent / "gallery.md"
COLOURS = 64  # of a picture: enough for a page
DESKTOP = {"viewport": {"width": 1280, "height": 720}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {**DESKTOP, "color_scheme": "light"},
    "dark": {**DESKTOP, "color_scheme": "dark"},
    "phone": {**PHONE, "color_scheme": "light"},
}


@dataclass(frozen=True, slots=True)
class View:
    """A picture of each look. path: where it is, below the server; act: what is done there, then."""

    name: str
    says: str
    path: str = ""
    server: str = "team"
    act: Callable[[Page], None] = lambda page: None


def _choose(page: Page) -> None:
    for subject in ("Invoice 2026-0193", "Confirm your address"):
        page.get_by_role("checkbox", name=f"Choose: {subject}").check(force=True)
    page.get_by_text("2 chosen").wait_for()


def _delete(page: Page) -> None:
    _choose(page)
    page.get_by_role("button", name="Delete: chosen messages").click()
    page.get_by_text("2 messages deleted.").wait_for()


def _ask(page: Page) -> None:
    page.evaluate("document.getElementById('delete-all').click()")
    page.get_by_role("dialog").wait_for()


def _complete(page: Page) -> None:
    page.locator("#q").fill("is:unread fro")
    page.locator("#completions li").first.wait_for()


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("ann")
    page.locator("#palette-list").get_by_text("anna.keller@example.test").wait_for()


def _help(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def _session(page: Page) -> None:
    page.locator(".sessions tbody a").first.click()
    page.locator(".talk").wait_for()


def _gone(page: Page) -> None:
    page.evaluate(
        "fetch('/api/v1/messages', {method: 'DELETE', headers: {'Content-Type': 'application/json'},"
        " body: JSON.stringify({IDs: ['15']})})"
    )
    page.locator("#list-head[data-total='14']").wait_for(state="attached")
    page.get_by_role("tab", name="Headers").click()
    page.get_by_text("This message is gone").wait_for()


# The ids of the team's server: 11 the receipt, 12 the newsletter, 13 a mail from right to left, 14 an invoice.
VIEWS = (
    View(
        "inbox",
        "Three panes: mailboxes and tags, the list, and a message; one of them at a time on a phone.",
        "message/11",
    ),
    View("list", "The list, live: unread, attachments, size, who and when. The keys are those of well-known mailers."),
    View("empty", "Before the first mail: settings to copy for nine frameworks, and a test mail.", "", "empty"),
    View("chosen", "Choosing with shift and ctrl: mark, tag, delete, or download as zip or mbox.", "", act=_choose),
    View("deleted", "Deleting can be undone.", "", act=_delete),
    View("delete-all", "Deleting everything asks first.", "", act=_ask),
    View(
        "html",
        "HTML at the width of a phone, a tablet or a desktop; what it wanted to load is blocked and listed.",
        "message/12?width=phone",
    ),
    View("html-dark", "The same as a program with dark colours shows it.", "message/12?scheme=dark"),
    View("html-source", "Its source, highlighted.", "message/12?show=code"),
    View("html-beside", "Text and HTML side by side.", "message/12?show=beside"),
    View("text", "The text, with links, quotes and signature marked.", "message/15?tab=text"),
    View(
        "headers",
        "Headers decoded or raw, with the way the mail took and who vouched for it.",
        "message/12?tab=headers",
    ),
    View("parts", "The tree of parts, each with its header, decoded and as it came.", "message/11?tab=parts"),
    View(
        "attachments",
        "Attachments with safe previews, checksums, and warnings where a name or a type deceives.",
        "message/14?tab=attachments",
    ),
    View(
        "links",
        "Each link with its target; those that pretend are marked. List-Unsubscribe is checked.",
        "message/12?tab=links",
    ),
    View("envelope", "The envelope beside the headers, with the differences marked.", "message/11?tab=envelope"),
    View(
        "transcript",
        "What was said over SMTP when it came, and in each POP3 session that fetched it.",
        "message/11?tab=sessions",
    ),
    View("checks", "Lint, what mail programs make of the HTML, and links.", "message/12?tab=checks"),
    View("source", "The source, octet for octet.", "message/11?tab=source"),
    View("print", "The print view.", "message/11/print"),
    View("right-to-left", "Mail from right to left, also mixed.", "message/13"),
    View("monster", "A mail that nobody wants breaks no line.", "message/1", "monster"),
    View("gone", "A message that was deleted elsewhere says so.", "message/15", "gone", act=_gone),
    View("search", "A search has an address, and is live.", "?q=is:unread%20has:attachment%20OR%20subject:order"),
    View("completion", "Its grammar completes itself.", "", act=_complete),
    View("problem", "What cannot be understood is marked where it is.", "?q=from:anna%20larger:huge"),
    View("mailbox", "The mailbox of one recipient.", "?mailbox=anna.keller%40example.test"),
    View("mailboxes", "All mailboxes.", "mailboxes"),
    View("ten-thousand", "Ten thousand mails in 250 mailboxes.", "", "many"),
    View("sessions", "Every conversation over SMTP and POP3, also those that delivered nothing.", "sessions"),
    View("session", "One of them.", "sessions", act=_session),
    View("palette", "The command palette: commands, mailboxes, searches.", "", act=_palette),
    View("help", "All keys.", "", act=_help),
    View("login", "Signing in, where a password is set.", "login", "closed"),
    View("reference", "The HTTP API, described by its own code.", "docs/api"),
)


def _team(mail: Server) -> None:
    team.fill(mail)
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        for letter in (letters.newsletter(), letters.right_to_left(), letters.invoice(team.png), letters.invite()):
            smtp.sendmail("news@kiln.example", ["anna.keller+kiln@example.test"], letter)
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.ehlo()
        smtp.docmd("MAIL", "FROM:<app@shop.example> SIZE=99999999999")
    mail.sandbox.set_tags([10], ["billing"])
    mail.sandbox.set_tags([11], ["order", "staging"])
    mail.sandbox.mark_read([12, 13, 15])


def _many(mail: Server) -> None:
    for number in range(1, 10_001):
        robot = f"Robot {number % 37} <robot-{number % 37}@x.test>"
        raw = f"From: {robot}\r\nTo: y@x.test\r\nSubject: Run {number} of the nightly build\r\n\r\nDone.\r\n"
        mail.sandbox.deliver(raw.encode(), to=f"box-{number % 250}@x.test")


def _monster(mail: Server) -> None:
    message = team.written(
        "x" * 60 + "@" + "y" * 60 + ".test",
        "z" * 60 + "@example.test",
        "Unbreakable" * 40 + " שלום עולם \u202e gnp.exe " + "🎉" * 20,
        "w" * 3000 + "\n",
    )
    mail.deliver(message.as_bytes(), to="z" * 60 + "@example.test")


FILLED: dict[str, Callable[[Server], None]] = {
    "team": _team,
    "gone": _team,
    "empty": lambda mail: None,
    "closed": lambda mail: None,
    "many": _many,
    "monster": _monster,
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str, str], str]]:
    """Return a function that returns the address of a server; those that pictures change are one for each look."""
    running: dict[str, Server] = {}

    def server(name: str, look: str) -> str:
        key = f"{name}-{look}" if name in {"gone", "team"} else name
        if key not in running:
            running[key] = Server(**({"web_password": "made-up"} if name == "closed" else {}))
            running[key].start()
            FILLED[name](running[key])
        return running[key].url

    yield server
    for each in running.values():
        each.stop()


@pytest.fixture(scope="module")
def pages(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return a function that returns a page for a look; one for each."""
    found: dict[str, Page] = {}

    def page(look: str) -> Page:
        if look not in found:
            context = browser.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce", **LOOKS[look])
            found[look] = context.new_page()
        return found[look]

    yield page
    for each in found.values():
        each.context.close()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_picture(view: View, look: str, pages: Callable[[str], Page], servers: Callable[[str, str], str]) -> None:
    page = pages(look)
    page.goto(f"{servers(view.server, look)}/{view.path}")
    if page.locator("p#live").count():
        page.locator("p#live[data-state=on]").wait_for()
    view.act(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle") if not page.locator("p#live").count() else None
    for frame in page.frames:
        frame.wait_for_load_state()
    picture = page.screenshot(animations="disabled")
    keep(picture, f"{view.name}-{look}")
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.goto("about:blank")


def keep(picture: bytes, name: str) -> None:
    """Write a picture with as many colours as it needs."""
    FOLDER.mkdir(exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        FOLDER / f"{name}.png", optimize=True
    )


def test_page() -> None:
    lines = [
        "# Gallery",
        "",
        "Each view of the inspector, in light, in dark and on a phone; `make screenshots` takes the pictures again.",
    ]
    for view in VIEWS:
        lines += ["", f"## {view.name.replace('-', ' ').capitalize()}", "", view.says, ""]
        for look, width in (("light", 380), ("dark", 380), ("phone", 112)):
            lines.append(f'<img alt="{view.name}, {look}" src="screenshots/{view.name}-{look}.png" width="{width}">')
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
