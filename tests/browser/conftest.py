"""A real Chromium that looks at a real server."""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import struct
import tempfile
import threading
import tomllib
import zlib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mailtrap_lite import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

HOW = "pip install playwright, and a Chromium: apt-get install chromium (or set MAILTRAP_LITE_CHROMIUM to one)"
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
KEPT = {
    "inbox-light",
    "inbox-dark",
    "empty-light",
    "phone-message",
    "sessions-light",
    "session-light",
}  # those of the README; the others are for a look
REALISTIC = Path(__file__).parent / "realistic"
PDF = b"%PDF-1.7 made up"
OTHERS = Path(tempfile.gettempdir()) / "mailtrap-lite-screenshots"
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
def shoot() -> Callable[[Page, str], None]:
    """Return a function that keeps a screenshot for the README, when MAILTRAP_LITE_SCREENSHOTS=1."""

    def shoot(page: Page, name: str) -> None:
        if os.environ.get("MAILTRAP_LITE_SCREENSHOTS") == "1":
            folder = SCREENSHOTS if name in KEPT else OTHERS
            folder.mkdir(parents=True, exist_ok=True)
            page.mouse.move(0, 0)
            page.evaluate("document.fonts.ready")
            page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return shoot


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Return a function that makes a picture: a gradient between two colours."""

    def png(width: int, height: int, first: tuple[int, int, int], last: tuple[int, int, int]) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        rows = b""
        for y in range(height):
            row = (
                bytes(a + (b - a) * (x + y) // (width + height) for a, b in zip(first, last, strict=True))
                for x in range(width)
            )
            rows += b"\0" + b"".join(row)
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + data

    return png


@pytest.fixture
def realistic(mail: Server, png: Callable[..., bytes]) -> Callable[[], None]:
    """Return a function that fills the server with what a team's test run leaves behind."""

    def fill() -> None:
        for row in tomllib.loads((REALISTIC / "inbox.toml").read_text("utf-8"))["mail"]:
            message = written(row["from"], row["to"], row["subject"], row["text"] + "\n")
            if "attached" in row:
                message.add_attachment(PDF, "application", "pdf", filename=row["attached"])
            received = mail.sandbox.clock() - row["age"] * 60
            planted = mail.sandbox.deliver(message, to=row["to"], sender="", received_at=received)
            if row.get("read"):
                mail.sandbox.mark_read([planted.id])
        recipients = ["anna.keller@example.test", "orders@shop.example", "archive@example.test"]
        with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
            smtp.login("shop-staging", "made-up")
            smtp.sendmail("bounces+4711@shop.example", recipients, order().as_bytes(policy=SMTP))

    def order() -> EmailMessage:
        sums = "4 cups, sand     72.00\n4 saucers, moss  38.00\nShipping          6.90\n\nTotal EUR       116.90\n"
        message = written(
            "Kiln Studio <hello@shop.example>",
            "Anna Keller <anna.keller@example.test>",
            "Your order 4711 is confirmed",
            f"Thank you for your order, Anna.\n\n{sums}",
        )
        message["Cc"] = "orders@shop.example"
        message["Date"] = "Mon, 23 Nov 2026 14:02:11 +0100"
        message["Message-ID"] = "<order-4711@shop.example>"
        message.add_alternative((REALISTIC / "receipt.html").read_text("utf-8"), subtype="html")
        html = message.get_payload(1)
        assert isinstance(html, EmailMessage)
        logo, cups = png(132, 36, (180, 85, 45), (226, 170, 120)), png(640, 420, (214, 198, 170), (120, 140, 110))
        html.add_related(logo, "image", "png", cid="<logo@shop>", filename="logo.png")
        message.add_attachment(cups, "image", "png", filename="cups.png")
        message.add_attachment(PDF, "application", "pdf", filename="order-4711.pdf")
        return message

    return fill


def written(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail with a text."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    return message
