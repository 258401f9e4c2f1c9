"""The sessions and the checks in a real browser: from the list to one session, to its mail and back."""

from __future__ import annotations

import contextlib
import poplib
import re
import smtplib
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "is_mobile": True, "has_touch": True}
HOSTILE = [
    "<script>window.ran=1</script>",
    '"><img src=x onerror=window.ran=1>',
    "</td></table><svg onload=window.ran=1>",
    "{{constructor.constructor('window.ran=1')()}}",
]


@pytest.fixture
def mail() -> Iterator[Server]:
    """An empty server that can speak TLS."""
    with Server(tls=True) as server:
        yield server


@pytest.fixture
def spoken(mail: Server) -> None:
    """Five conversations: mail over TLS, three mails at once, a refused client, one that left, and POP3."""
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.starttls(context=mail.tls.context)
        smtp.login("shop-staging", "made-up")
        options = ["BODY=8BITMIME", "RET=HDRS", "ENVID=order-4711"]
        asked_for = ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;anna@old.example"]
        raw = written("Your order 4711 is confirmed").as_bytes()
        smtp.sendmail("hello@shop.example", ["anna.keller@example.test"], raw, options, asked_for)
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, local_hostname="ci.example", timeout=10) as smtp:
        for number in range(1, 9):
            smtp.send_message(written(f"Nightly report {number}"))
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, local_hostname="legacy.example", timeout=10) as smtp:
        for command in (
            "MAIL FROM:<early@shop.example>",
            "EHLO legacy.example",
            "MAIL FROM:nobody",
            "RCPT TO:<a@x.test>",
        ):
            smtp.docmd(command)
        smtp.docmd("SEND FROM:<a@x.test>")
    with socket.create_connection((mail.smtp.host, mail.smtp.port), timeout=10) as hasty:
        hasty.sendall(b"EHLO hasty\r\n")
        hasty.recv(4096)
    pop3 = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=10)
    pop3.user("anna.keller@example.test")
    pop3.pass_("anything")
    pop3.retr(1)
    with contextlib.suppress(poplib.error_proto):
        pop3.retr(70)
    pop3.quit()


def written(subject: str) -> EmailMessage:
    """Return a mail."""
    message = EmailMessage()
    message["From"] = "Kiln Studio <hello@shop.example>"
    message["To"] = "anna.keller@example.test"
    message["Subject"] = subject
    message.set_content("It works.\n")
    return message


def overflows(page: Page) -> bool:
    """Return whether the page is wider than its window, once its style sheets are there."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def all_ended(mail: Server) -> None:
    """Wait until every session was written down."""
    while any(session.ended is None for session in mail.sandbox.sessions):
        mail.sandbox.wait(mail.sandbox.revision, 0.01)


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_inbox_to_a_session_to_its_mail_and_back(
    mail: Server, open_page: Callable[..., Page], scripts: bool
) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto(mail.url)

    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("heading", name="Sessions").wait_for()
    rows = page.locator(".sessions tbody tr")
    assert rows.count() == 5
    rows.last.locator("th a").click()

    page.get_by_role("heading", name=re.compile("SMTP session")).wait_for()
    assert page.get_by_text("TLSv1.3", exact=False).first.is_visible()
    assert page.locator(".talk .client", has_text="rcpt TO:<anna.keller@example.test>").is_visible()
    assert page.locator(".talk .client", has_text="***").first.is_visible()
    page.get_by_role("link", name="Your order 4711 is confirmed").click()

    page.get_by_role("heading", name="Your order 4711 is confirmed").wait_for()
    page.get_by_role("tab", name="Envelope").click()
    page.get_by_text("notify SUCCESS, DELAY").wait_for()
    assert page.get_by_text("ENVID order-4711").is_visible()
    page.locator("#panel-envelope dl a").click()
    page.get_by_role("heading", name=re.compile("SMTP session")).wait_for()
    page.go_back()
    page.get_by_role("heading", name="Your order 4711 is confirmed").wait_for()


@pytest.mark.usefixtures("spoken")
def test_sessions_that_delivered_nothing_are_found(mail: Server, page: Page) -> None:
    all_ended(mail)
    page.goto(f"{mail.url}/sessions")
    page.get_by_role("link", name="Delivered nothing").click()
    page.locator(".choice a[aria-current]", has_text="Delivered nothing").wait_for()

    rows = page.locator(".sessions tbody tr").all_inner_texts()

    assert [("left without QUIT" in row, "refused" in row) for row in rows] == [(True, False), (False, True)]
    assert all("delivered nothing" in row for row in rows)
    page.get_by_role("link", name="POP3", exact=True).click()
    page.get_by_text("No session is like that.").wait_for()


@pytest.mark.usefixtures("spoken")
def test_the_pages_of_sessions_ask_for_no_news(mail: Server, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{mail.url}/sessions")
    page.locator(".sessions tbody th a").first.click()
    page.get_by_text("What was said").wait_for()
    page.get_by_role("link", name="Mail", exact=True).click()
    page.locator("#live[data-state=on]").wait_for()

    assert sum("/api/v1/events" in url for url in asked) == 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_on_the_wire_are_only_text(mail: Server, page: Page, hostile: str) -> None:
    turned = f"{hostile}\u202egnp"
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.docmd(f"EHLO {hostile.replace(' ', '')}")
        smtp.docmd(hostile)
        smtp.docmd(f"NOOP \x1b[2J{hostile}")
    session = mail.sandbox.begin_session(mail.sandbox.sessions[0].protocol, client=hostile)
    session.user = turned
    page.goto(f"{mail.url}/sessions")

    assert page.locator(".user bdi").inner_text() == f"{hostile}\\u202egnp"
    assert page.locator(".client code").first.inner_text() == hostile
    page.locator(".sessions tbody th a").last.click()
    page.get_by_text("What was said").wait_for()
    lines = page.locator(".talk .client .line bdi").all_inner_texts()

    assert hostile in lines
    assert f"NOOP \\x1b[2J{hostile}" in lines
    assert page.locator(".talk table").count() == 1
    assert page.evaluate("window.ran") is None
    # The rest is in the fixture: no dialog, no exception, no violation of the policy was reported.


def test_the_checks_are_a_view_of_a_message(mail: Server, page: Page, send: Callable[..., None]) -> None:
    send(written("Your order"))
    right = written("Your order")
    right["Date"], right["Message-ID"] = "Tue, 24 Nov 2026 10:00:00 +0000", "<1@shop.example>"
    send(right)
    page.goto(f"{mail.url}/message/1")

    page.get_by_role("tab", name="Checks").click()

    page.get_by_text("missing-date").wait_for()
    assert page.get_by_role("tab", name="Checks").inner_text() == "Checks 2"
    assert page.locator(".findings li").count() == 2
    assert page.get_by_text("a strict receiver refuses this").count() == 1
    assert page.url.endswith("?tab=checks")
    page.goto(f"{mail.url}/message/2?tab=checks")
    page.get_by_text("Nothing to object to.").wait_for()


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", PHONE),
        ("narrow", {"viewport": {"width": 900, "height": 700}}),
    ],
)
def test_the_pages_fit_their_window(
    mail: Server, open_page: Callable[..., Page], name: str, options: dict[str, Any]
) -> None:
    all_ended(mail)
    page = open_page(**options)
    page.goto(f"{mail.url}/sessions")
    page.get_by_text("5 sessions").wait_for()
    assert not overflows(page)

    page.locator(".sessions tbody tr", has_text="4 refused").locator("th a").click()
    page.get_by_text("What was said").wait_for()
    assert not overflows(page)
    assert page.locator(".talk .refused").count() == 4

    page.goto(f"{mail.url}/session/{mail.sandbox.sessions[0].id}")
    page.get_by_text("What was said").wait_for()
    assert not overflows(page)

    page.goto(f"{mail.url}/message/1?tab=envelope")
    page.get_by_text("What SMTP said").wait_for()
    assert not overflows(page)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_without_a_session_the_page_says_so(
    mail: Server, open_page: Callable[..., Page], options: dict[str, Any]
) -> None:
    page = open_page(**options)
    page.goto(f"{mail.url}/sessions")

    page.get_by_text("No session yet").wait_for()

    assert not overflows(page)


def test_a_session_of_monstrous_lines_breaks_no_page(mail: Server, open_page: Callable[..., Page]) -> None:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.docmd("EHLO " + "x" * 400)
        for number in range(300):
            smtp.docmd(f"NOOP {number}" + "y" * 300)
    for options in ({}, PHONE):
        page = open_page(**options)
        page.goto(f"{mail.url}/session/{mail.sandbox.sessions[0].id}")
        page.get_by_text(re.compile(r"\d+ more lines, not kept")).scroll_into_view_if_needed()

        assert not overflows(page)
