"""A person who has forgotten a password: the form, the mail in the inspector, the link in it, and what is behind it."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from playwright_reset.website import create_app
from werkzeug.serving import make_server

from mailtrap_lite import Server

CHROMIUM = os.environ.get("MAILTRAP_LITE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    """A page of Chromium; the plugin pytest-playwright has one, too."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def app(mailtrap_env: Server) -> Flask:
    return create_app()


@pytest.fixture
def website(app: Flask) -> Iterator[str]:
    """The site on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fill_in(page: Page, label: str, value: str) -> None:
    page.get_by_label(label).fill(value)
    page.get_by_role("button").click()


def test_the_link_that_is_seen_in_the_inspector_leads_to_a_new_password(
    page: Page, website: str, app: Flask, mailtrap: Server
) -> None:
    page.goto(f"{website}/forgotten")
    fill_in(page, "Your address", "bob@x.test")
    message = mailtrap.wait_for(to="bob@x.test")

    page.goto(f"{mailtrap.url}/message/{message.id}")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Reset password").click()
    fill_in(opened.value, "Password", "correct horse")

    expect(opened.value.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert app.config["PASSWORDS"] == {"bob@x.test": "correct horse"}
    opened.value.close()


def test_the_link_can_be_followed_without_looking_at_the_mail(
    page: Page, website: str, app: Flask, mailtrap: Server
) -> None:
    page.goto(f"{website}/forgotten")
    fill_in(page, "Your address", "bob@x.test")

    link = mailtrap.wait_for(to="bob@x.test").link(text="Reset password")
    page.goto(link)
    fill_in(page, "Password", "battery staple")
    answer = page.goto(link)

    assert app.config["PASSWORDS"] == {"bob@x.test": "battery staple"}
    assert answer is not None
    assert answer.status == 404
