"""Sandboxes over HTTP: made and deleted by the API, each with pages and an API of its own, and the same posture."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any  # Any: JSON

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.web.documented import DocumentedClient
from tests.web.test_guard import every_request
from werkzeug.test import TestResponse

from mailtrap_lite.message import Message, Protocol, Recorder
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app
from mailtrap_lite.web.guard import HEADERS, within
from mailtrap_lite.web.rooms import Rooms

TOKEN = "secret-token"
MAIL = b"Subject: hello\r\n\r\nhi\r\n"


@pytest.fixture
def sandboxes(sandbox: Sandbox) -> Iterator[Sandboxes]:
    """Those of the application."""
    many = Sandboxes(sandbox)
    yield many
    many.close()


@pytest.fixture
def app(sandbox: Sandbox, settings: Settings, sandboxes: Sandboxes) -> Flask:
    """The application."""
    return create_app(sandbox, settings=settings, sandboxes=sandboxes)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a network; what it is answered has to be what the document says."""
    app.test_client_class = DocumentedClient
    return app.test_client()


@pytest.fixture
def shop(sandboxes: Sandboxes) -> Sandbox:
    """One of two."""
    sandboxes.create("other-team")
    return sandboxes.create("shop")


def error(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.get_json()["Error"]


def test_one_is_made_shown_listed_and_deleted(client: FlaskClient, sandboxes: Sandboxes) -> None:
    made: dict[str, Any] = client.post("/api/v1/sandboxes", json={"Name": "Shop"}).get_json()

    used = made.pop("Used")
    assert made == {
        "Name": "shop",
        "URL": "http://localhost/sandboxes/shop/",
        "User": "shop",
        "Domain": "shop.sandbox.test",
        "Store": "memory",
        "Messages": 0,
        "Sessions": 0,
        "Idle": 3600.0,
    }
    sandboxes.find("shop").deliver(MAIL, to="bob@x.test")
    sandboxes.find("shop").begin_session(Protocol.SMTP, client="")
    shown = client.get("/api/v1/sandboxes/SHOP").get_json()
    assert (shown["Messages"], shown["Sessions"], shown["Used"] >= used) == (1, 1, True)
    listed = client.get("/api/v1/sandboxes").get_json()
    assert ([each["Name"] for each in listed["Sandboxes"]], listed["Most"]) == (["shop"], 1000)
    assert client.delete("/api/v1/sandboxes/shop").get_json() == {"Name": "shop", "Messages": 1}
    assert client.get("/api/v1/sandboxes").get_json()["Sandboxes"] == []


def test_one_without_a_name_gets_one(client: FlaskClient) -> None:
    answers = [client.post("/api/v1/sandboxes"), client.post("/api/v1/sandboxes", json={})]
    names = [answer.get_json()["Name"] for answer in answers]

    assert all(re.fullmatch("sandbox-[0-9a-f]{16}", name) for name in names)


def test_what_cannot_be_is_refused_with_its_reason(client: FlaskClient, app: Flask, shop: Sandbox) -> None:
    client.delete("/api/v1/sandboxes/other-team")

    assert error(client.post("/api/v1/sandboxes", json={"Name": "a.b"}))[0] == 400
    assert error(client.post("/api/v1/sandboxes", json={"Name": "shop"})) == (409, "there is a sandbox shop already")
    assert error(client.get("/api/v1/sandboxes/nowhere")) == (404, "there is no sandbox 'nowhere'")
    assert error(client.delete("/api/v1/sandboxes/other-team"))[0] == 410
    few = create_app(shop, settings=Settings(), sandboxes=_full()).test_client()
    assert error(few.post("/api/v1/sandboxes"))[0] == 507


def _full() -> Sandboxes:
    from mailtrap_lite.store import open_store

    settings = Settings(sandboxes=1)
    many = Sandboxes(Sandbox(open_store(settings), settings=settings))
    many.create()
    return many


def test_inside_of_a_sandbox_nobody_hears_of_another(client: FlaskClient, shop: Sandbox) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/other-team"), ("DELETE", "/other-team")):
        response = client.open(f"/sandboxes/shop/api/v1/sandboxes{path}", method=method)
        assert error(response) == (404, "This is the API of a sandbox; the server's own has them.")

    assert "other-team" not in client.get("/sandboxes/shop/").text


def test_each_has_its_own_mail_tags_faults_sessions_and_searches(
    client: FlaskClient, shop: Sandbox, deliver: Callable[..., Message], talk: Callable[..., Recorder]
) -> None:
    deliver("default", to="d@x.test")
    talk("C: NOOP")
    message = shop.deliver(b"To: bob@x.test\r\nSubject: order Zebra\r\nX-Tags: Urgent\r\n\r\nhi\r\n")
    shop.faults.add("RCPT", "450 4.2.1 busy")
    client.put("/sandboxes/shop/api/v1/chaos", json={"Sender": {"ErrorCode": 451, "Probability": 5}})
    recorder = shop.begin_session(Protocol.POP3, client="")

    def seen(base: str) -> list[object]:
        api = f"{base}/api/v1"
        first = next(iter(client.get(f"{api}/events?after=0", buffered=False).response))
        news = json.loads(bytes(first).decode().partition("data: ")[2])  # type: ignore[arg-type]  # it is bytes
        return [
            [each["Subject"] for each in client.get(f"{api}/messages").get_json()["messages"]],
            client.get(f"{api}/search?query=subject:order").get_json()["messages_count"],
            client.get(f"{api}/tags").get_json(),
            client.get(f"{api}/info").get_json()["Messages"],
            [each["Name"] for each in client.get(f"{api}/mailboxes").get_json()["mailboxes"]],
            len(client.get(f"{api}/faults").get_json()["Faults"]),
            client.get(f"{api}/chaos").get_json()["Sender"]["Probability"],
            [each["ID"] for each in client.get(f"{api}/sessions").get_json()["sessions"]].count(recorder.id),
            client.get(f"{api}/wait?query=subject:order&timeout=0").status_code,
            (news["Total"], [row["Subject"] for row in news["Messages"]]),
            "Zebra" in client.get(f"{base}/").text,
            client.get(f"{base}/message/{message.id}").text.count("Urgent") > 0,
        ]

    mine = [["order Zebra"], 1, ["Urgent"], 1, ["bob@x.test"], 2, 5, 1, 200, (1, ["order Zebra"]), True, True]
    none: list[object] = [[], 0, [], 0, [], 0, 0, 0, 408, (0, []), False, False]
    assert seen("/sandboxes/shop") == mine
    assert seen("/sandboxes/other-team") == none
    assert seen("") == [["default"], 0, [], 1, ["d@x.test"], 0, 0, 0, 408, (1, ["default"]), False, False]


def test_the_inspector_names_those_that_there_are(client: FlaskClient, shop: Sandbox) -> None:
    page = client.get("/").text

    assert re.findall(r'href="(/sandboxes/[^"]+)"', page) == ["/sandboxes/other-team/", "/sandboxes/shop/"]
    inside = re.findall(r'(?:href|src|action|data-base)="(/[^"]*)"', client.get("/sandboxes/shop/").text)
    assert inside
    assert [link for link in inside if not link.startswith("/sandboxes/shop")] == []


@pytest.mark.parametrize(("auth", "said"), [("any", "logs in as shop, or"), ("reject", "for addresses")])
def test_a_page_says_whose_it_is_and_how_mail_comes_there(sandbox: Sandbox, auth: str, said: str) -> None:
    settings = Settings(smtp_auth=auth)
    many = Sandboxes(Sandbox(sandbox._store, settings=settings))
    many.create("shop")
    client = create_app(many.default, settings=settings, sandboxes=many).test_client()

    inside, outside = client.get("/sandboxes/shop/").text, client.get("/").text
    many.close()

    assert said in inside
    assert "shop.sandbox.test" in inside
    assert "<dt>Sandbox</dt><dd><code>shop</code></dd>" in inside
    assert "<dt>Sandbox</dt>" not in outside
    assert "shop.sandbox.test" not in outside


def test_below_a_base_path_links_have_both(sandbox: Sandbox, sandboxes: Sandboxes) -> None:
    settings = Settings(web_base_path="/post")
    client = create_app(sandbox, settings=settings, sandboxes=sandboxes).test_client()

    made = client.post("/post/api/v1/sandboxes", json={"Name": "shop"}).get_json()

    assert made["URL"] == "http://localhost/post/sandboxes/shop/"
    assert 'href="/post/sandboxes/shop/static/base.css"' in client.get("/post/sandboxes/shop/").text
    assert 'href="/post/sandboxes/shop/"' in client.get("/post/").text


@pytest.mark.parametrize(("name", "status"), [("gone", 410), ("nowhere", 404)])
def test_what_is_not_there_says_so_on_each_path(
    client: FlaskClient, sandboxes: Sandboxes, name: str, status: int
) -> None:
    with sandboxes.temporary("gone"):
        pass

    for path in ("/", "/api/v1/messages", "/static/base.css", "/livez", "/nothing/here", "/message/1"):
        assert client.get(f"/sandboxes/{name}{path}").status_code == status
    page = client.get(f"/sandboxes/{name}/").text
    assert 'href="/static/base.css"' in page
    assert f"no sandbox {name}" in page.replace("&#39;", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Dest": "script"},
        {"Content-Type": "text/plain"},
    ],
    ids=["host", "origin", "site", "destination", "form"],
)
def test_the_guard_is_the_same_in_a_sandbox_for_each_route(
    app: Flask, shop: Sandbox, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    client = app.test_client()
    for box in (sandbox, shop):
        box.deliver(MAIL, to="bob@x.test")
    told = dict(HEADERS)

    differing = []
    for method, path in every_request(app, "1"):
        body = b"x" if "Content-Type" in headers else b""
        if body and method in {"GET", "HEAD", "OPTIONS"}:
            continue
        answers = []
        for base in ("", "/sandboxes/shop"):
            with client.open(base + path, method=method, headers=headers, data=body, buffered=False) as response:
                found = {name: value for name, value in response.headers if name in told and name != "Cache-Control"}
                answers.append((response.status_code, found, len(response.headers.getlist("X-Frame-Options"))))
        if answers[0] != answers[1]:
            differing.append((method, path, answers))

    assert differing == []
    assert (shop.counts().total, sandbox.counts().total) == (1, 1)


def test_a_secret_is_needed_in_a_sandbox_too_and_a_session_of_the_server_opens_it(
    sandbox: Sandbox, sandboxes: Sandboxes, shop: Sandbox
) -> None:
    settings = Settings(web_token=TOKEN, web_password=TOKEN)
    app = create_app(sandbox, settings=settings, sandboxes=sandboxes)
    client = app.test_client()
    form = {"Sec-Fetch-Site": "same-origin"}

    free = set()
    for method, path in every_request(app, "1"):
        if client.open(f"/sandboxes/shop{path}", method=method, headers=form).status_code not in {401, 303}:
            free.add(path)
    assert free == {"/livez", "/readyz", "/login"}
    assert client.get("/sandboxes/shop/api/v1/info", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    signed = client.post("/sandboxes/shop/login", data={"password": TOKEN, "next": "/sessions"}, headers=form)
    assert (signed.status_code, signed.headers["Location"]) == (303, "/sandboxes/shop/sessions")
    assert "Path=/;" in signed.headers["Set-Cookie"]
    assert [client.get(path).status_code for path in ("/", "/sandboxes/shop/", "/sandboxes/other-team/")] == [200] * 3


def test_a_stream_ends_with_its_sandbox_and_keeps_it_until_then(
    app: Flask, client: FlaskClient, sandboxes: Sandboxes, shop: Sandbox
) -> None:
    response = client.get("/sandboxes/shop/api/v1/events", buffered=False)
    stream = iter(response.response)
    next(stream)
    assert sandboxes._visits == {"shop": 1}

    client.delete("/api/v1/sandboxes/shop")

    assert list(stream) == []
    response.close()
    assert sandboxes._visits == {}
    rooms: Rooms = app.extensions[Rooms.NAME]
    assert [room.sandbox.name for room in rooms._named.values()] == []


def test_what_a_page_remembers_is_not_shown_in_the_next_sandbox_of_that_name(
    client: FlaskClient, sandboxes: Sandboxes
) -> None:
    for subject in ("first", "second"):
        with sandboxes.temporary("shop") as box:
            box.deliver(f"To: {subject}@x.test\r\nSubject: {subject}\r\n\r\n".encode())
            found = client.get("/sandboxes/shop/?q=is:unread").text
            assert (subject in found, "first@x.test" in found) == (True, subject == "first")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/sandboxes/shop/api/v1/info", "/api/v1/info"),
        ("/sandboxes/shop", ""),
        ("/sandboxes/", "/sandboxes/"),
        ("/api/v1/sandboxes/shop", "/api/v1/sandboxes/shop"),
        ("/sandboxes/a/sandboxes/b/", "/sandboxes/b/"),
    ],
)
def test_a_path_is_known_as_it_is_inside_of_a_sandbox(path: str, inside: str) -> None:
    assert within(path) == inside
