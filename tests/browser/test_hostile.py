"""Hostile mail in a real browser: nothing runs, nothing is fetched, nothing is complained about."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.header import Header
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from tests.browser.payloads import AT_ONCE, mails, payloads

from mailtrap_lite import Server
from mailtrap_lite.message import Ending, Protocol, Speaker

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = """
<script>window.top.ran = 1; fetch('{trap}/script-fetch'); new Image().src = '{trap}/script-image'</script>
<script src="{trap}/script.js"></script><script type="module" src="{trap}/module.js"></script>
<img src=x onerror="window.top.ran = 2; fetch('{trap}/onerror')"><svg onload="fetch('{trap}/svg')"></svg>
<body onload="fetch('{trap}/onload')"><a id=js href="javascript:window.top.ran=3" target="_self">js</a>
<iframe srcdoc="<script>fetch('{trap}/srcdoc')</script>"></iframe><iframe src="{trap}/frame"></iframe>
<object data="{trap}/object"></object><embed src="{trap}/embed"><base href="{trap}/">
<meta http-equiv="refresh" content="0; url={trap}/refresh"><form id=f action="{trap}/form"><input autofocus
onfocus="fetch('{trap}/focus')"></form><details open ontoggle="fetch('{trap}/toggle')"><summary>x</summary></details>
"""
REMOTE = """
<img src="{trap}/img"><img srcset="{trap}/srcset 2x"><link rel="stylesheet" href="{trap}/link.css">
<link rel="preload" as="image" href="{trap}/preload"><link rel="prefetch" href="{trap}/prefetch">
<link rel="dns-prefetch" href="{trap}/dns"><link rel="preconnect" href="{trap}/preconnect">
<link rel="icon" href="{trap}/icon">
<style>@import url("{trap}/import.css"); @font-face {{ font-family: f; src: url("{trap}/font") }} p {{ font-family: f;
background: url("{trap}/css-background"); list-style: url("{trap}/list"); cursor: url("{trap}/cursor"), auto }}</style>
<p style="background-image: url('{trap}/inline-style')">Shown text</p><table background="{trap}/table"><tr><td>x</table>
<video poster="{trap}/poster" src="{trap}/video" autoplay></video><audio src="{trap}/audio" autoplay></audio>
<svg><image href="{trap}/svg-image"/><use href="{trap}/svg-use#x"/></svg><input type="image" src="{trap}/input">
<picture><source srcset="{trap}/picture"><img src="{trap}/fallback"></picture><a ping="{trap}/ping" href="#x">x</a>
"""
PAYLOADS = [
    "<script>window.ran=1</script>",
    '"><img src=x onerror=window.ran=1>',
    "'-alert(1)-'",
    "</title><svg onload=window.ran=1>",
    "javascript:window.ran=1",
    "{{constructor.constructor('window.ran=1')()}}",
    "</textarea></template><script>window.ran=1</script>",
]


def html_mail(body: str) -> bytes:
    return f"Subject: hostile\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n".encode()


def settle(page: Page) -> None:
    """Let the browser do what it would do after loading: that nothing happens cannot be waited for."""
    for frame in page.frames:
        frame.wait_for_load_state("load")
    for _ in range(20):
        page.request.get(page.url)


def forget_what_the_mail_tried(complaints: list[str]) -> None:
    """Leave out what the browser says of the mail's own frames; what it says of our pages stays.

    Our policy names each directive that a page of ours could violate, so "default-src 'none'" is never about ours.
    """
    theirs = ("default-src 'none'", "about:srcdoc", "frame is sandboxed", "frame-ancestors", "ERR_")
    complaints[:] = [text for text in complaints if not any(mark in text for mark in theirs)]


@pytest.mark.parametrize("directly", [False, True], ids=["in its frame", "opened directly"])
def test_mail_html_runs_nothing_and_loads_nothing(
    mail: Server,
    page: Page,
    send: Callable[..., None],
    trap: tuple[str, list[str]],
    complaints: list[str],
    directly: bool,
) -> None:
    address, asked = trap
    send(html_mail((SCRIPTS + REMOTE).replace("{{", "{").replace("}}", "}").replace("{trap}", address)))
    if directly:
        page.goto(f"{mail.url}/view/1.html")
        page.get_by_text("Shown text").wait_for()
    else:
        page.goto(f"{mail.url}/message/1")
        page.frame_locator("iframe").get_by_text("Shown text").wait_for()
        page.frame_locator("iframe").get_by_text("js", exact=True).click()
    settle(page)

    assert asked == []
    assert page.evaluate("window.ran") is None
    forget_what_the_mail_tried(complaints)


def test_remote_content_is_listed_and_loaded_once_when_asked(
    mail: Server, page: Page, send: Callable[..., None], trap: tuple[str, list[str]], complaints: list[str]
) -> None:
    address, asked = trap
    send(html_mail((SCRIPTS + REMOTE).replace("{{", "{").replace("}}", "}").replace("{trap}", address)))
    page.goto(f"{mail.url}/message/1")
    page.get_by_text(re.compile(r"\d+ remote resources blocked")).wait_for()
    page.frame_locator("iframe").get_by_text("Shown text").wait_for()
    assert asked == []

    with page.expect_response(lambda response: response.url.endswith("/img")):
        page.get_by_role("link", name="Load once").click()
    page.get_by_text("Remote content is loaded for this view").wait_for()
    page.frame_locator("iframe").get_by_text("Shown text").wait_for()
    settle(page)  # all that it loads at all

    loaded = set(asked)
    assert "/img" in loaded
    # Pictures, styles and fonts at most: no script ran and no other frame, form or plug-in was loaded.
    assert not loaded & {"/script-fetch", "/script-image", "/script.js", "/module.js", "/onerror", "/onload", "/frame"}
    assert not loaded & {"/object", "/embed", "/refresh", "/form", "/srcdoc", "/focus", "/toggle", "/video", "/audio"}
    assert page.evaluate("window.ran") is None
    before = len(asked)
    page.goto(f"{mail.url}/message/1")
    page.frame_locator("iframe").get_by_text("Shown text").wait_for()
    settle(page)
    assert len(asked) == before
    forget_what_the_mail_tried(complaints)


def test_the_frame_cannot_reach_the_page(mail: Server, page: Page, send: Callable[..., None]) -> None:
    send(html_mail("<p>Shown text</p>"))
    page.goto(f"{mail.url}/message/1")
    page.frame_locator("iframe").get_by_text("Shown text").wait_for()

    frame = page.frames[1]

    assert frame.evaluate("self.origin") == "null"
    assert page.locator("iframe").get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_every_field_is_only_text(
    mail: Server, page: Page, send: Callable[..., None], payload: str
) -> None:
    word = Header(payload, "utf-8", maxlinelen=10_000).encode()
    raw = (
        f"From: {word} <a@x.test>\r\nTo: {word} <b@x.test>\r\nCc: {word} <c@x.test>\r\nSubject: {word}\r\n"
        f"X-Evil: {payload}\r\nMessage-ID: <{payload}>\r\nDate: {payload}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{payload}\r\n"
        f"--b\r\nContent-Type: application/x-evil\r\nContent-ID: <{payload}>\r\n"
        f'Content-Disposition: attachment; filename="{word}"\r\n\r\nx\r\n--b--\r\n'
    ).encode()
    mail.sandbox.deliver(raw, to=f"{payload}@x.test", sender=f"{payload}@x.test")
    page.goto(mail.url)
    page.locator("#live[data-state=on]").wait_for()

    assert page.locator("#rows .subject").inner_text() == payload
    page.locator("#rows a").click()
    page.get_by_role("heading", name=payload).wait_for()
    for tab in ("Text", "Headers", "Source", "Attachments", "Envelope", "Checks"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        page.locator("[role=tabpanel]:visible > *").first.wait_for()
        assert page.locator("[role=tabpanel]:visible").inner_text()
    page.locator(".box").nth(1).click()
    page.get_by_role("heading", name=payload[:20]).first.wait_for()

    assert page.title().startswith(payload[:10]) or payload in page.title()
    assert page.evaluate("window.ran") is None
    # The rest is in the fixture: no dialog, no exception, no violation of the policy was reported.


def test_an_attached_page_is_never_shown(mail: Server, page: Page, send: Callable[..., None]) -> None:
    raw = (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
        b"--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: inline; filename=x.svg\r\n\r\n"
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.ran=1</script></svg>\r\n--b--\r\n'
    )
    send(raw)
    page.goto(f"{mail.url}/message/1?tab=attachments")

    with page.expect_download() as downloading:
        page.evaluate("location.href = '/api/v1/message/1/part/2'")

    assert downloading.value.suggested_filename == "x.svg"
    assert page.url.startswith(f"{mail.url}/message/1")


VIEWS = (
    *("tab=html", "tab=html&show=code", "tab=html&show=beside&scheme=dark", "tab=html&scheme=forced", "tab=text"),
    *("tab=text&show=code", "tab=headers", "tab=headers&raw=1", "tab=parts", "tab=parts&part=3", "tab=parts&part=4"),
    *("tab=parts&part=7", "tab=parts&part=7!0", "tab=attachments", "tab=links", "tab=envelope", "tab=sessions"),
    *("tab=checks", "tab=source"),
)


@pytest.mark.parametrize("number", range(len(mails(""))))
def test_hundreds_of_payloads_in_every_field_run_and_load_nothing(
    mail: Server, page: Page, trap: tuple[str, list[str]], complaints: list[str], number: int
) -> None:
    address, asked = trap
    chosen = payloads(address)[number * AT_ONCE :][:AT_ONCE]
    recorder = mail.sandbox.begin_session(Protocol.SMTP, client="127.0.0.1:1")
    for payload in chosen:
        recorder.note(Speaker.CLIENT, payload.encode(), 0.0)
    to = [f"{payload}@x.test".replace("\t", "") for payload in chosen]
    mail.sandbox.deliver(mails(address)[number], to=to, sender=chosen[0])
    mail.sandbox.end_session(recorder, Ending.QUIT)

    for path in (*(f"/message/1?{view}" for view in VIEWS), "/message/1/print", "/message/1/part/7/html", "/"):
        page.goto(mail.url + path)
        if page.locator("#message iframe").count():
            page.locator("#message iframe").scroll_into_view_if_needed()  # before that it is not loaded
            page.frame_locator("#message iframe").locator("body").wait_for(state="attached")
        if "tab=" in path:
            assert page.get_by_role("tabpanel").inner_text().strip(), path
        assert page.evaluate("window.ran") is None, path
    page.goto(f"{mail.url}/session/{recorder.id}")
    settle(page)

    assert asked == []
    assert page.evaluate("window.ran") is None
    complaints[:] = [text for text in complaints if "/print:" not in text and "/html:" not in text]
    forget_what_the_mail_tried(complaints)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_searches_tags_palette_and_notifications_is_only_text(
    mail: Server, page: Page, complaints: list[str], payload: str
) -> None:
    word = Header(payload, "utf-8", maxlinelen=10_000).encode()
    raw = f"From: {word} <a@x.test>\r\nSubject: {word}\r\nX-Tags: {payload}\r\n\r\n{payload}\r\n".encode()
    mail.sandbox.deliver(raw, to=f"{payload}@x.test", sender=f"{payload}@x.test")
    page.add_init_script("document.hasFocus = () => false")
    page.goto(f"{mail.url}/?q={quote(payload)}&sort=subject&mailbox={quote(payload)}")
    page.get_by_role("combobox", name="Search", exact=True).wait_for()
    assert page.get_by_role("combobox", name="Search", exact=True).input_value() == payload
    page.goto(mail.url)
    page.locator("#live[data-state=on]").wait_for()

    for typed in (payload, f'subject:"{payload}', f"tag:{payload}", "mailbox:"):
        page.get_by_role("combobox", name="Search", exact=True).fill(typed)
        page.get_by_role("combobox", name="Search", exact=True).press("Enter")
        page.locator("#q").wait_for()
    page.get_by_role("combobox", name="Search", exact=True).fill("")
    page.get_by_role("combobox", name="Search", exact=True).press_sequentially("mailbox:")
    page.locator("#completions [role=option]").first.wait_for()
    page.keyboard.press("Escape")
    page.goto(mail.url)
    page.locator("#live[data-state=on]").wait_for()
    page.keyboard.press("Control+k")
    page.locator("#palette-text").fill(payload[:20])
    page.get_by_role("option", name=payload[:20]).first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name=f"Choose: {payload}").click()
    page.keyboard.press("t")
    page.keyboard.type(payload)
    page.keyboard.press("Enter")
    page.locator("#toast").wait_for()

    assert page.evaluate("window.ran") is None
    # The browser logs each search that is refused with 400; anything else fails the test.
    complaints[:] = [text for text in complaints if "400 (BAD REQUEST)" not in text]
