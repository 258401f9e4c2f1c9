"""Every route passes the one guard, and every response carries its headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse

from mailtrap_lite.message import Message, Recorder
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import bodies, create_app, guard

FOREIGN_HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "127.0.0.1.nip.io",
    "0.0.0.0",
    "127.0.0.2",
    "",
    "localhost, localhost",
    "localhost,evil.example",
    "localhost:80:80",
    "localhost:x",
    "user@localhost",
    "localhost/evil",
    "[::1",
    "[::2]",
    ".localhost",
    "evil.example:localhost",
]
OWN_HOSTS = ["localhost", "LOCALHOST:8025", "127.0.0.1:1", "[::1]:8025", "[::1]", "mail.localhost", "A.b.LocalHost:9"]


def every_request(app: Flask, session: str) -> list[tuple[str, str]]:
    """Return a method and a path for each method of each rule, and what no rule has."""

    requests = set()
    known = {"filename": "app.js", "session": session, "name": "b@x.test"}  # every other part is "1"
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: known.get(part[1], "1"), rule.rule)
        requests |= {(method, path) for method in rule.methods or ()}
    others = {"/nowhere", "/api/nowhere", "/static/nowhere", "/message/99", "/api/v1/message/99", "/view/99.html"}
    others |= {"/session/nowhere", "/api/v1/session/nowhere", "/api/v1/message/1/session"}
    return sorted(requests | {("GET", path) for path in others} | {("POST", "/api/v1/info"), ("TRACE", "/")})


@pytest.fixture
def requests(app: Flask, rich: Message, talk: Callable[..., Recorder]) -> list[tuple[str, str]]:
    """Every request there is."""
    return every_request(app, talk("C: NOOP Grüße", messages=[rich.id]).id)


def open_(client: FlaskClient, method: str, path: str, **headers: str) -> TestResponse:
    return client.open(path, method=method, headers=headers, buffered=False)


def test_there_are_requests_to_check(requests: list[tuple[str, str]]) -> None:
    assert ("GET", "/api/v1/events") in requests
    assert ("GET", "/static/app.js") in requests
    assert ("DELETE", "/api/v1/messages") in requests
    assert ("POST", "/delete-all") in requests
    assert {("GET", "/sessions"), ("GET", "/api/v1/sessions"), ("GET", "/api/v1/message/1/lint")} <= set(requests)
    assert any(path.startswith("/session/") for _, path in requests)
    assert len(requests) > 50


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_gets_nothing_anywhere(
    client: FlaskClient, sandbox: Sandbox, requests: list[tuple[str, str]], host: str
) -> None:
    for method, path in requests:
        with open_(client, method, path, Host=host) as response:
            assert (response.status_code, method, path) == (421, method, path)
            assert "Grüße".encode() not in response.data
    assert sandbox.counts().total == 1


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_this_machine_by_any_of_its_names_is_served(client: FlaskClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).text == "ok"


def test_the_hint_names_the_way_out(client: FlaskClient) -> None:
    page = client.get("/", headers={"Host": "box.lan"})
    call = client.get("/api/v1/info", headers={"Host": "box.lan"})

    assert "--allowed-host" in page.text
    assert "--allowed-host" in json.loads(call.text)["Error"]


def test_allowed_hosts_and_the_bound_address_are_served(sandbox: Sandbox) -> None:
    settings = Settings.of({"web": "192.0.2.7:8025", "allowed_hosts": "Mail.Lan"})
    client = create_app(sandbox, settings=settings).test_client()

    statuses = {
        host: client.get("/livez", headers={"Host": host}).status_code
        for host in ("mail.lan:8025", "MAIL.LAN", "192.0.2.7", "other.lan", "x.mail.lan")
    }

    assert statuses == {"mail.lan:8025": 200, "MAIL.LAN": 200, "192.0.2.7": 200, "other.lan": 421, "x.mail.lan": 421}


def test_any_address_is_no_name(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings.of({"web": "0.0.0.0:8025"})).test_client()

    assert client.get("/livez", headers={"Host": "0.0.0.0:8025"}).status_code == 421


def test_a_whole_url_as_the_target_is_refused(app: Flask) -> None:
    target = {"RAW_URI": "http://localhost/livez"}
    builder = EnvironBuilder(path="/livez", base_url="http://localhost", environ_overrides=target)

    response = app.test_client().open(builder)

    assert response.status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.evil.example"},
    ],
    ids=str,
)
def test_another_site_gets_nothing_anywhere(
    client: FlaskClient, sandbox: Sandbox, requests: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    for method, path in requests:
        with open_(client, method, path, **headers) as response:
            assert (response.status_code, method, path) == (403, method, path)
    assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


def test_a_link_from_another_site_opens_a_page_but_never_the_api(client: FlaskClient, rich: Message) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    statuses = [client.get(path, headers=followed).status_code for path in ("/", "/message/1", "/api/v1/message/1")]

    assert statuses == [200, 200, 403]


@pytest.mark.parametrize("destination", sorted(guard.REFUSED_DESTINATIONS))
def test_no_mail_is_loaded_as_a_script_or_the_like(client: FlaskClient, rich: Message, destination: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": destination}

    for path in ("/api/v1/message/1/part/1", "/api/v1/message/1/raw", "/view/1.html", "/view/1.txt", "/"):
        assert client.get(path, headers=headers).status_code == 403


def test_our_own_scripts_and_styles_are_loaded(client: FlaskClient) -> None:
    for name, destination in (("app.js", "script"), ("base.css", "style")):
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": destination}
        with client.get(f"/static/{name}", headers=headers) as response:
            assert response.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_changes_anything_through_the_api(
    client: FlaskClient, sandbox: Sandbox, rich: Message, kind: str
) -> None:
    for method in ("PUT", "DELETE"):
        response = client.open("/api/v1/messages", method=method, data=b'{"IDs": ["1"]}', content_type=kind)
        assert (response.status_code, sandbox.counts().total, sandbox.counts().unread) == (415, 1, 1)


def test_json_with_a_charset_is_json(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    kind = "Application/JSON; charset=utf-8"

    response = client.delete("/api/v1/messages", data=b'{"IDs": ["1"]}', content_type=kind)

    assert (response.status_code, sandbox.counts().total) == (200, 0)


FORMS = ["/delete-all", "/message/1/delete", "/message/1/read"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://LOCALHOST:80"}, True),
    ],
    ids=str,
)
def test_a_form_is_taken_from_our_own_pages_only(
    client: FlaskClient, sandbox: Sandbox, rich: Message, path: str, headers: dict[str, str], allowed: bool
) -> None:
    response = client.post(path, data={"read": "yes"}, headers=headers)

    assert response.status_code == (303 if allowed else 403)
    unchanged = (sandbox.counts().total, sandbox.counts().unread) == (1, 1)
    assert unchanged is not allowed


def test_every_response_carries_the_headers(
    client: FlaskClient, app: Flask, requests: list[tuple[str, str]], sandbox: Sandbox
) -> None:
    csp, framing, caching = "Content-Security-Policy", "X-Frame-Options", "Cache-Control"
    own = {
        "/view/1.html": {csp: bodies.MAIL_CSP, framing: "SAMEORIGIN"},
        "/view/1.txt": {csp: bodies.BYTES_CSP},
        "/api/v1/message/1/raw": {csp: bodies.BYTES_CSP},
        "/api/v1/message/1/part/1": {csp: bodies.BYTES_CSP},
        "/message/1/part/1/data": {csp: bodies.BYTES_CSP},
        "/message/1/part/1/raw": {csp: bodies.BYTES_CSP},
        "/message/1/part/1/html": {csp: bodies.MAIL_CSP, framing: "SAMEORIGIN"},
        "/message/1/print": {csp: bodies.MAIL_CSP, framing: "SAMEORIGIN"},
        "/static/app.js": {caching: "no-cache"},  # kept, and asked again whether it changed
    }
    for method, path in sorted(requests, key=lambda item: item[0] in {"DELETE", "POST"}):
        with open_(client, method, path, Origin="http://localhost") as response:
            is_read = response.status_code == 200 and method in {"GET", "HEAD"}
            expected = {**dict(guard.HEADERS), **(own.get(path, {}) if is_read else {})}
            found = {name: response.headers.getlist(name) for name in expected}
            assert (method, path, found) == (method, path, {name: [value] for name, value in expected.items()})
            assert "Server" not in response.headers
            assert not {name for name, _ in response.headers if name.startswith("Access-Control")}
            assert "Set-Cookie" not in response.headers


def test_a_refusal_carries_the_headers_too(client: FlaskClient) -> None:
    response = client.get("/", headers={"Host": "evil.example"})

    assert all(response.headers[name] == value for name, value in guard.HEADERS)


def test_a_bug_of_ours_is_a_500_with_the_headers_and_says_nothing(
    app: Flask, client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(sandbox, "counts", broken)

    page, call = client.get("/"), client.get("/api/v1/info")

    assert (page.status_code, call.status_code) == (500, 500)
    assert call.is_json
    assert "secret" not in page.text + call.text
    assert "the secret of the house" in caplog.text
    assert all(response.headers[name] == value for response in (page, call) for name, value in guard.HEADERS)


def test_too_large_headers_are_refused(client: FlaskClient) -> None:
    assert client.get("/livez", headers={"X-Large": "x" * 17_000}).status_code == 431


def test_no_page_has_an_inline_script_or_style(
    client: FlaskClient, requests: list[tuple[str, str]], deliver: Callable[..., Message]
) -> None:
    pages = [path for method, path in requests if method == "GET" and not path.startswith(("/api", "/static", "/view"))]
    of_mail = {"/message/1/print", "/message/1/part/1/html"}  # under the policy of mail, as /view is
    assert of_mail < set(pages)
    for path in ["/?start=1", *sorted(set(pages) - of_mail)]:
        text = client.get(path).text
        assert "style=" not in text
        assert "<style" not in text
        assert "javascript:" not in text
        assert all(' src="' in tag.partition(">")[0] for tag in text.split("<script")[1:])
        assert not any(f" on{event}=" in text for event in ("click", "load", "error", "submit", "change"))


def test_pages_refer_to_nothing_elsewhere(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    text = client.get("/message/1").text

    assert "http://" not in text.replace("http://localhost", "")
    assert "https://" not in text
