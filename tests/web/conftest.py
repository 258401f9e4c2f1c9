"""A sandbox with the web door over it: as a Flask test client, and as a real server."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.web.documented import DocumentedClient

from mailtrap_lite.message import Ending, Message, Protocol, Recorder, Speaker
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store
from mailtrap_lite.web import WebServer, create_app

PNG = b"\x89PNG\r\n\x1a\n" + b"made up"
HTML = '<p>Hello <img src="cid:logo@x"><img src="https://tracker.localhost/1.gif"></p>'


@pytest.fixture
def settings() -> Settings:
    """The settings; override to change one."""
    return Settings()


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """An empty sandbox in memory."""
    store = open_store(settings)
    yield Sandbox(store, settings=settings)
    store.close()


@pytest.fixture
def app(sandbox: Sandbox, settings: Settings) -> Flask:
    """The application."""
    return create_app(sandbox, settings=settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a network; its Host is localhost. What it is answered has to be what the document says."""
    app.test_client_class = DocumentedClient
    return app.test_client()


@pytest.fixture
def deliver(sandbox: Sandbox) -> Callable[..., Message]:
    """Return a function that plants a small mail."""

    def deliver(subject: str = "hello", *, to: str = "b@x.test", body: str = "text\r\n") -> Message:
        raw = f"From: Ann <a@x.test>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <m@x.test>\r\n\r\n{body}".encode()
        return sandbox.deliver(raw, to=to, sender="a@x.test")

    return deliver


@pytest.fixture
def rich(sandbox: Sandbox) -> Message:
    """A mail with text, HTML, an inline picture and an attachment."""
    mail = EmailMessage()
    mail["From"] = "Ann Example <a@x.test>"
    mail["To"] = "Bob <b@x.test>, c@x.test"
    mail["Cc"] = "d@x.test"
    mail["Reply-To"] = "r@x.test"
    mail["Subject"] = "Grüße"
    mail["Date"] = "Mon, 23 Nov 2026 14:02:11 +0100"
    mail["Message-ID"] = "<rich@x.test>"
    mail["List-Unsubscribe"] = "<https://x.test/leave>, <mailto:leave@x.test>"
    mail.set_content("Hello text\n")
    mail.add_alternative(HTML, subtype="html")
    html = mail.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(PNG, "image", "png", cid="<logo@x>", filename="logo.png")
    mail.add_attachment(b"<script>alert(1)</script>", "text", "html", filename="../../r\u00e9sum\u00e9.html")
    return sandbox.deliver(mail.as_bytes(policy=SMTP), to=["b@x.test", "secret@x.test"], sender="bounce@x.test")


@pytest.fixture
def talk(sandbox: Sandbox) -> Callable[..., Recorder]:
    """Return a function that records a session: its lines as "C: …", one each 0.25 s; ending None leaves it open."""

    def talk(
        *lines: str,
        protocol: Protocol = Protocol.SMTP,
        messages: Sequence[int] = (),
        user: str | None = None,
        ending: Ending | None = Ending.QUIT,
    ) -> Recorder:
        recorder = sandbox.begin_session(protocol, client="127.0.0.1:52344")
        for number, line in enumerate(lines):
            speaker, _, text = line.partition(": ")
            recorder.note(Speaker(speaker), text.encode(), recorder.started + number / 4)
        recorder.messages.extend(messages)
        recorder.user = user
        if ending is not None:
            sandbox.end_session(recorder, ending)
        return recorder

    return talk


@pytest.fixture
def server(app: Flask) -> Iterator[tuple[str, int]]:
    """The application on a real port: its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    address: tuple[str, int] = listener.getsockname()
    web = WebServer(app, listener)
    web.start()
    yield address
    web.stop(5)


@pytest.fixture
def ask(server: tuple[str, int]) -> Callable[..., tuple[int, bytes, http.client.HTTPMessage]]:
    """Return a function that asks the real server and returns status, body and headers."""

    def ask(
        path: str, *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection(*server, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    return ask
