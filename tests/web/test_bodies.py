"""A mail's own bytes go out under a policy of their own, and never as something a browser runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import bodies

PNG = b"\x89PNG\r\n\x1a\nmade up"


def attach(sandbox: Sandbox, data: bytes, *, kind: str = "application/octet-stream", name: str | None = None) -> str:
    """Plant a mail with one attachment and return the address of it."""
    mail = EmailMessage()
    mail.set_content("see below")
    maintype, _, subtype = kind.partition("/")
    mail.add_attachment(data, maintype, subtype, filename=name)
    message = sandbox.deliver(mail.as_bytes(policy=SMTP), to="b@x.test")
    (part,) = message.attachments
    return f"/api/v1/message/{message.id}/part/{part.id}"


def test_the_policy_of_mail_is_the_one_that_was_tested(client: FlaskClient, rich: Message) -> None:
    response = client.get("/view/1.html")

    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"] == (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    assert "allow-scripts" not in response.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in response.headers["Content-Security-Policy"]


def test_pictures_of_the_mail_are_put_in_and_remote_ones_stay_blocked(client: FlaskClient, rich: Message) -> None:
    text = client.get("/view/1.html").text

    assert f"data:image/png;base64,{base64.b64encode(PNG[:12]).decode()}" in text
    assert "https://tracker.localhost/1.gif" in text


@pytest.mark.parametrize(
    ("site", "loads"), [(None, True), ("same-origin", True), ("none", True), ("cross-site", False)]
)
def test_remote_content_is_loaded_only_for_those_who_ask_here(
    client: FlaskClient, rich: Message, site: str | None, loads: bool
) -> None:
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    if site:
        headers["Sec-Fetch-Site"] = site

    policy = client.get("/view/1.html?remote=1", headers=headers).headers["Content-Security-Policy"]

    assert ("https:" in policy) is loads
    assert "sandbox allow-popups" in policy
    assert "script" not in policy


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>x</p>", '<base target="_blank"><p>x</p>'),
        ("<html><head><title>t</title>", '<html><head><base target="_blank"><title>t</title>'),
        ('<HEAD lang="en">x', '<HEAD lang="en"><base target="_blank">x'),
        ("<!DOCTYPE html>\n<p>", '<!DOCTYPE html><base target="_blank">\n<p>'),
        ("<header>x</header>", '<base target="_blank"><header>x</header>'),
    ],
)
def test_links_open_in_a_new_window_when_it_is_embedded(
    client: FlaskClient, sandbox: Sandbox, html: str, shown: str
) -> None:
    sandbox.deliver(b"Content-Type: text/html\r\n\r\n" + html.encode(), to="b@x.test")

    assert client.get("/view/1.html?embed=1").text == shown
    assert client.get("/view/1.html").text == html


def test_a_mail_without_html_has_no_html_view(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    assert client.get("/view/1.html").status_code == 404
    assert client.get("/view/1.txt").text == "text\n"
    assert client.get("/view/1.txt").content_type == "text/plain; charset=utf-8"


IMAGES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0made up",
    "image/gif": b"GIF89amade up",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 made up",
}


@pytest.mark.parametrize("kind", IMAGES)
def test_pictures_are_shown_by_their_first_octets(client: FlaskClient, sandbox: Sandbox, kind: str) -> None:
    response = client.get(attach(sandbox, IMAGES[kind], kind="text/html", name="x.html"))

    assert response.content_type == kind
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert response.data == IMAGES[kind]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("text/html", b"<script>alert(1)</script>"),
        ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("application/pdf", b"%PDF-1.7"),
        ("image/png", b"<script>alert(1)</script>"),
        ("text/javascript", b"alert(1)"),
        ("image/png", b" " + PNG),
    ],
)
def test_everything_else_is_saved(client: FlaskClient, sandbox: Sandbox, kind: str, data: bytes) -> None:
    response = client.get(attach(sandbox, data, kind=kind, name="x"))

    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.data == data


def test_a_part_that_is_not_there_is_a_404(client: FlaskClient, rich: Message) -> None:
    for part in ("9", "x", "-1", "1.9"):
        assert client.get(f"/api/v1/message/1/part/{part}").status_code == 404


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.exe", "x.exe"),
        ("/etc/passwd", "passwd"),
        ("C:x", "x"),
        ("CON", "part"),
        ("nul.txt", "part"),
        ("com1.pdf", "part"),
        ("a\0b", "ab"),
        ("-rf", "rf"),
        (".bashrc", "bashrc"),
        ("..", "part"),
        ("", "part"),
        ("   ", "part"),
        ("x\u202egnp.exe", "xgnp.exe"),
        ('a"\r\nX-Evil= y', "aX-Evil= y"),
        ("a\u2028b", "ab"),
        ("\ud800.txt", "txt"),
        ("résumé (1).html", "résumé (1).html"),
        ("n" * 300 + ".pdf", "n" * 139 + ".pdf"),
        ("n" * 300, "n" * 150),
        ("stream::$DATA", "$DATA"),
    ],
)
def test_a_file_is_saved_under_a_safe_name(name: str, saved: str) -> None:
    assert bodies.safe_name(name, instead="part") == saved


def test_a_hostile_name_cannot_leave_its_header(client: FlaskClient, sandbox: Sandbox) -> None:
    raw = (
        b"Content-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="=?utf-8?q?a=22=0D=0AX-Evil=3A_y?="\r\n\r\nx'
    )
    message = sandbox.deliver(raw, to="b@x.test")

    response = client.get(f"/api/v1/message/{message.id}/part/0")

    assert "X-Evil" not in response.headers
    assert response.headers["Content-Disposition"].count('"') == 2


def test_a_name_is_given_plain_and_encoded(client: FlaskClient, sandbox: Sandbox) -> None:
    response = client.get(attach(sandbox, b"x", name="Grüße & 50%.pdf"))

    assert response.headers["Content-Disposition"] == (
        "attachment; filename=\"Gr__e _ 50_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%26%2050%25.pdf"
    )


def test_the_source_is_saved(client: FlaskClient, rich: Message) -> None:
    response = client.get("/api/v1/message/1/raw")

    assert response.headers["Content-Disposition"] == 'attachment; filename="message-1.eml"'
