"""A real Chromium that looks at a real server."""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import team

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

HOW = "pip install playwright, and a Chromium: apt-get install chromium (or set MAILTRAP_LITE_CHROMIUM to one)"
ARGUMENTS = [
    "--no-sandbox",  # in a container there are no user namespaces
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP mail.lan 127.0.0.1",  # a name to which no browser is as kind as to localhost
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium with a new profile, started once: a start costs more than most tests."""
    sync_api = pytest.importorskip("playwright.sync_api", reason=f"the browser tests need playwright: {HOW}")
    program = os.environ.get("MAILTRAP_LITE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip(f"the browser tests need a Chromium: {HOW}")
    before = asyncio.events._get_running_loop()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        loop = asyncio.events._get_running_loop()
        assert loop is not None
        loop.set_debug(False)  # of playwright, whose tasks nobody debugs here
        asyncio.events._set_running_loop(before)
        yield browser
        asyncio.events._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The Chromium, in the hands of this test.

    While playwright is used its loop counts as running in this thread, which tests without a browser must not meet.
    """
    asyncio.events._set_running_loop(chromium._impl_obj._loop)
    yield chromium
    asyncio.events._set_running_loop(None)


@pytest.fixture
def mail() -> Iterator[Server]:
    """An empty server."""
    with Server() as server:
        yield server


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: console errors, policy violations, exceptions. Empty at the end of a test."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; its arguments are those of a browser context."""
    contexts = []

    def opened(**options: Any) -> Page:
        options = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", **options}
        context = browser.new_context(locale="en-GB", timezone_id="UTC", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", asked)
        return page

    def said(what: ConsoleMessage) -> None:
        # What a mail tried in its frame is no complaint about our pages.
        if what.type in {"error", "warning"} and "/view/" not in what.location["url"]:
            complaints.append(f"{what.location['url']}: {what.text}")

    def asked(dialog: Dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    yield opened

    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A desktop page."""
    return open_page()


@pytest.fixture
def send(mail: Server) -> Callable[..., None]:
    """Return a function that sends a mail over SMTP."""

    def send(message: EmailMessage | bytes, *, sender: str = "app@shop.example", to: tuple[str, ...] = ()) -> None:
        raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
        with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
            smtp.sendmail(sender, to or ("anna.keller@example.test",), raw)

    return send


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that no mail may reach: its address, and the paths it was asked for."""
    asked: list[str] = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name in http.server)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Return a function that makes a picture: a gradient between two colours."""
    return team.png


@pytest.fixture
def realistic(mail: Server) -> Callable[[], None]:
    """Return a function that fills the server with what a team's test run leaves behind."""
    return lambda: team.fill(mail)
