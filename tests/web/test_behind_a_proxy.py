"""Below a base path, behind proxies that are trusted or not, and at a Unix socket behind one."""

from __future__ import annotations

import http.client
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from tests.web.proxy import proxied

from mailtrap_lite import Server
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app, guard


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    """A client of an application below a path."""
    return create_app(sandbox, settings=Settings(web_base_path="/post/box")).test_client()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/post/box/livez", 200),
        ("/post/box", 200),
        ("/post/box/", 200),
        ("/post/box/api/v1/messages", 200),
        ("/post/box/static/base.css", 200),
        ("/", 404),
        ("/livez", 404),
        ("/post", 404),
        ("/post/boxes/livez", 404),
        ("/post/box2", 404),
        ("/POST/BOX/livez", 404),
        ("/api/v1/messages", 404),
        ("/static/base.css", 404),
        ("/x/post/box/livez", 404),
    ],
)
def test_all_is_below_the_base_path_and_nothing_beside_it(client: FlaskClient, path: str, status: int) -> None:
    with client.get(path, buffered=False) as response:
        assert response.status_code == status
        assert [name for name, _ in guard.HEADERS if name not in response.headers] == []


def test_what_is_outside_is_still_guarded(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    foreign = client.get("/livez", headers={"Host": "evil.example"})
    outside = client.delete("/api/v1/messages")
    typed = client.put("/post/box/api/v1/messages", data=b"{}", content_type="text/plain")
    script = client.get("/post/box/message/1", headers={"Sec-Fetch-Dest": "script", "Sec-Fetch-Site": "same-origin"})

    assert [answer.status_code for answer in (foreign, outside, typed, script)] == [421, 404, 415, 403]
    assert outside.json == {"Error": "Everything here is below /post/box/."}
    assert sandbox.counts().total == 1


def test_each_address_on_a_page_is_below_the_base_path(
    client: FlaskClient, rich: Message, deliver: Callable[..., Message]
) -> None:
    for _ in range(60):
        deliver()
    pages = ["/", "/message/1", "/message/1?tab=attachments", "/message/1?tab=source", "/sessions", "/delete-all", "/x"]
    for page in pages:
        text = client.get("/post/box" + page).text
        addresses = re.findall(r'\s(?:href|src|action)="([^"]*)"', text)
        ours = [urlsplit(urljoin(f"http://localhost/post/box{page}", address)) for address in addresses]

        assert addresses
        assert [url.path for url in ours if url.hostname == "localhost" and not url.path.startswith("/post/box/")] == []
        assert 'data-base="/post/box"' in text


def test_a_server_that_mounts_the_application_elsewhere_comes_before_the_base_path(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings(web_base_path="/mail")).test_client()

    text = client.get("/mail/", environ_overrides={"SCRIPT_NAME": "/outer"}).text

    assert 'data-base="/outer/mail"' in text


def test_a_redirect_stays_below_the_base_path(client: FlaskClient, rich: Message) -> None:
    ours = {"Origin": "http://localhost"}

    read = client.post("/post/box/message/1/read", data={"read": "no"}, headers=ours)
    gone = client.post("/post/box/delete-all", headers=ours)

    assert read.headers["Location"] == "/post/box/message/1"
    assert gone.headers["Location"] == "/post/box/"


@pytest.fixture
def below() -> Iterator[Server]:
    """A server below a path, for one trusted proxy that is known as mail.example."""
    with Server(web_base_path="/mail", web_password="open sesame", web_proxy=1, allowed_hosts="mail.example") as server:
        yield server


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


FORM = {"Content_Type": "application/x-www-form-urlencoded", "Origin": "https://mail.example"}


def test_a_trusted_proxy_says_which_host_and_scheme_it_is(below: Server) -> None:
    with proxied(below.web, more={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mail.example"}) as proxy:
        answer = ask(proxy.port, "POST", "/mail/login", "password=open+sesame&next=/sessions", **FORM)

    assert (answer.status, answer.headers["Location"]) == (303, "/mail/sessions")
    assert re.match(r"__Secure-.*; Secure; HttpOnly; Path=/mail; SameSite=Strict", answer.headers["Set-Cookie"])


@pytest.mark.parametrize("claimed", ["evil.example", "localhost, evil.example", "", "mail.example.evil.example"])
def test_a_trusted_proxy_is_held_to_the_known_hosts(below: Server, claimed: str) -> None:
    with proxied(below.web, more={"X-Forwarded-Host": claimed or "-"}) as proxy:
        assert ask(proxy.port, "GET", "/mail/livez").status == 421


def test_what_a_client_claims_before_the_proxy_does_not_count(below: Server) -> None:
    with proxied(below.web, more={"X-Forwarded-Host": "evil.example"}) as proxy:
        # The proxy adds its own field before or behind the client's; the last value is the proxy's.
        answer = ask(below.web.port, "GET", "/mail/livez", X_Forwarded_Host="localhost, evil.example")

        assert answer.status == 421
        assert ask(proxy.port, "GET", "/mail/livez").status == 421


def test_nobody_is_trusted_unless_it_is_said() -> None:
    with Server(web_password="open sesame", allowed_hosts="mail.example") as server:
        claims = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mail.example", "X-Forwarded-Prefix": "/x"}
        with proxied(server.web, more=claims) as proxy:
            refused = ask(proxy.port, "POST", "/login", "password=open+sesame", **FORM)
            taken = ask(
                proxy.port,
                "POST",
                "/login",
                "password=open+sesame",
                **{**FORM, "Origin": f"http://127.0.0.1:{proxy.port}"},
            )

    assert refused.status == 403
    assert (taken.status, taken.headers["Location"], "Secure" in taken.headers["Set-Cookie"]) == (303, "/", False)


def test_who_guesses_is_told_apart_behind_a_trusted_proxy(sandbox: Sandbox) -> None:
    seen: list[str] = []
    app = create_app(sandbox, settings=Settings(web_proxy=1))

    @app.get("/who")
    def who() -> str:
        from flask import request

        seen.append(request.remote_addr or "")
        return ""

    client = app.test_client()
    client.get("/who", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

    assert seen == ["203.0.113.9"]


@pytest.mark.parametrize("scheme", ["javascript", "ftp", "HTTPS://x"])
def test_a_scheme_that_is_none_is_refused(sandbox: Sandbox, scheme: str) -> None:
    client = create_app(sandbox, settings=Settings(web_proxy=1)).test_client()

    assert client.get("/livez", headers={"X-Forwarded-Proto": scheme}).status_code == 400


def test_a_proxy_reaches_the_door_at_a_socket() -> None:
    path = Path("/tmp") / f"mailtrap-lite-proxy-{os.getpid()}-{threading.get_ident()}.sock"
    with (
        Server(web=f"unix:{path}", web_proxy=1, allowed_hosts="mail.example") as server,
        proxied(server.web, more={"X-Forwarded-Host": "mail.example", "X-Forwarded-Proto": "https"}) as proxy,
    ):
        assert ask(proxy.port, "GET", "/api/v1/messages").status == 200
        assert ask(proxy.port, "DELETE", "/api/v1/messages", Origin="https://mail.example").status == 200
        assert ask(proxy.port, "DELETE", "/api/v1/messages", Origin="http://mail.example").status == 403
