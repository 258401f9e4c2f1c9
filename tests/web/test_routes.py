"""Every route of the real application has every guard and every header: the map of URLs is read, so new ones too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailtrap_lite.message import Message, Recorder
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app, guard
from mailtrap_lite.web.gate import OPEN

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "TRACE")
TOKEN = "0123456789abcdef"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
# Headers that some answers have in another form; each must be there.
MAY_DIFFER = {"Content-Security-Policy", "X-Frame-Options", "Cache-Control", "Referrer-Policy"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the headers of an answer."""

    status: int
    headers: dict[str, list[str]]


@pytest.fixture(params=["open", "password"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """The settings: without and with a secret; with one there are routes to sign in."""
    return Settings(web_token=TOKEN) if request.param == "password" else Settings()


@pytest.fixture
def ask(client: FlaskClient) -> Callable[..., Answer]:
    """Return a function that asks once."""

    def ask(method: str, path: str, *, kind: str | None = None, body: bytes = b"", **headers: str) -> Answer:
        given = {**KNOWN, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if kind is not None:
            given["Content-Type"] = kind
        with client.open(path, method=method, headers=given, data=body, buffered=False) as response:
            found: dict[str, list[str]] = {}
            for name, value in response.headers:
                found.setdefault(name, []).append(value)
            return Answer(response.status_code, found)

    return ask


@pytest.fixture
def paths(app: Flask, rich: Message, talk: Callable[..., Recorder]) -> list[str]:
    """A path for each rule, and some that no rule has."""
    values = {"session": talk("C: NOOP", messages=[rich.id]).id, "filename": "base.css", "name": "b@x.test"}

    def fill(found: re.Match[str]) -> str:
        return values.get(found[1], "1")

    rules = {re.sub(r"<(?:[^:>]+:)?([^>]+)>", fill, rule.rule) for rule in app.url_map.iter_rules()}
    return sorted(rules | {"/nowhere", "/api", "/api/nowhere", "/static/nowhere", "/favicon.ico", "//", "/login/x"})


def has_all_headers(answer: Answer) -> bool:
    """Return whether each header of the guard is there once, as it must be."""
    return all(
        len(answer.headers.get(name, [])) == 1 and (name in MAY_DIFFER or answer.headers[name] == [value])
        for name, value in guard.HEADERS
    )


def test_there_are_rules(paths: list[str]) -> None:
    assert {"/", "/api/v1/events", "/api/v1/messages", "/livez", "/message/1", "/static/base.css"} <= set(paths)


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0"])
def test_each_route_refuses_a_foreign_host(ask: Callable[..., Answer], paths: list[str], host: str) -> None:
    for path in paths:
        for method in METHODS:
            answer = ask(method, path, Host=host)

            assert (method, path, answer.status, has_all_headers(answer)) == (method, path, 421, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_each_route_refuses_another_site(
    ask: Callable[..., Answer], paths: list[str], headers: dict[str, str], sandbox: Sandbox
) -> None:
    for path in paths:
        for method in METHODS:
            answer = ask(method, path, **headers)

            assert (method, path, answer.status, has_all_headers(answer)) == (method, path, 403, True)
    assert sandbox.counts().total == 1


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
def test_each_route_refuses_a_body_of_another_type(
    ask: Callable[..., Answer], paths: list[str], kind: str, sandbox: Sandbox
) -> None:
    for path in paths:
        for method in UNSAFE:
            answer = ask(method, path, kind=kind, body=b'{"IDs": ["1"]}', Origin="http://localhost")

            assert (method, path, answer.status, has_all_headers(answer)) == (method, path, 415, True)
    assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


def test_no_page_is_changed_by_a_form_whose_origin_is_unknown(ask: Callable[..., Answer], paths: list[str]) -> None:
    for path in paths:
        if not guard.is_api(path):
            answer = ask("POST", path, kind=guard.FORM, body=b"read=yes")

            assert (path, answer.status) == (path, 403)


def test_each_route_has_the_headers_whatever_it_answers(ask: Callable[..., Answer], paths: list[str]) -> None:
    statuses = set()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE", "TRACE"):
        for path in paths:
            answer = ask(method, path, Origin="http://localhost")

            statuses.add(answer.status)
            assert (method, path, has_all_headers(answer)) == (method, path, True)
            assert (method, path, answer.status < 500) == (method, path, True)
            assert not [name for name in answer.headers if name == "Server" or name.startswith("Access-Control")]
    assert statuses >= {200, 303, 404, 405}


def test_each_route_has_the_headers_when_it_breaks(
    app: Flask, ask: Callable[..., Answer], paths: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: Any) -> NoReturn:
        raise RuntimeError("a bug")

    app.view_functions = dict.fromkeys(app.view_functions, broken)
    for path in paths:
        answer = ask("GET", path)

        assert (path, answer.status in {308, 404, 405, 500}, has_all_headers(answer)) == (path, True, True)
    assert "a bug" in caplog.text


@pytest.fixture
def stranger(sandbox: Sandbox) -> FlaskClient:
    """Somebody without a secret, where one is needed."""
    return create_app(sandbox, settings=Settings(web_token=TOKEN)).test_client()


@pytest.mark.parametrize("settings", [Settings(web_token=TOKEN)], ids=["password"])
def test_each_route_refuses_who_has_no_secret(stranger: FlaskClient, paths: list[str], sandbox: Sandbox) -> None:
    for path in paths:
        for method in METHODS:
            with stranger.open(path, method=method, headers={"Origin": "http://localhost"}, buffered=False) as response:
                expected = response.status_code if path in OPEN else 401
                assert (method, path, response.status_code) == (method, path, expected)
                assert path in OPEN or "WWW-Authenticate" in response.headers
                assert all(name in response.headers for name, _ in guard.HEADERS)
                assert response.content_type == "application/json" or not guard.is_api(path)
    assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


@pytest.mark.parametrize("settings", [Settings(web_token=TOKEN)], ids=["password"])
def test_each_page_leads_a_browser_to_the_login(stranger: FlaskClient, paths: list[str]) -> None:
    browser = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    for path in paths:
        with stranger.get(path, headers=browser, buffered=False) as response:
            expected = 401 if guard.is_api(path) else 200 if path in OPEN else 303
            assert (path, response.status_code) == (path, expected)
            if expected == 303:
                assert response.headers["Location"].startswith("/login")
