"""Checks, release and chaos over the API: honest answers, and nobody is asked anything by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings


def test_the_html_check_names_what_fails_and_where(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"Content-Type: text/html\r\n\r\n<p style='display:flex'>x</p>", to="b@x.test")

    told = client.get("/api/v1/message/1/html-check").json

    assert told is not None
    (warning,) = told["Warnings"]
    assert (warning["Slug"], warning["Category"], warning["Score"]["Found"]) == ("css-flex", "css", 1)
    outlook = next(result for result in warning["Results"] if result["Family"] == "Outlook")
    assert (outlook["Platform"], outlook["Support"]) == ("windows", "no")
    assert told["Total"]["Nodes"] == 1
    assert told["Total"]["Unsupported"] > 0
    assert "Outlook" in told["Platforms"]["windows"]


def test_a_mail_without_html_has_no_warnings(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    told = client.get("/api/v1/message/latest/html-check").json

    assert told is not None
    assert (told["Warnings"], told["Total"]["Supported"]) == ([], 100.0)


def test_links_are_listed_without_asking_anybody(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver(body="see https://x.test/a and https://x.test/b.\r\n")

    assert client.get("/api/v1/message/1/links").json == {"Links": ["https://x.test/a", "https://x.test/b"]}


def test_no_link_is_asked_for_while_the_setting_is_off(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver(body="see http://127.0.0.1:1/\r\n")

    answer = client.get("/api/v1/message/1/link-check")

    assert answer.json is not None
    assert (answer.status_code, "--link-check" in answer.json["Error"]) == (409, True)
    assert client.get("/api/v1/message/9/link-check").status_code == 404


class Site(BaseHTTPRequestHandler):
    """Answers what the path says, and notes what it was asked."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(302 if self.path == "/moved" else 404 if self.path == "/gone" else 200)
        self.send_header("Location", "/here")
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815 - the name in http.server

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def site() -> Iterator[HTTPServer]:
    """A web site on this machine."""
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class TestAllowed:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(link_check=True, outbound_allow=("127.0.0.1",))

    @pytest.mark.parametrize(("follow", "moved"), [("", 302), ("?follow=false", 302), ("?follow=true", 200)])
    def test_links_are_asked_for(
        self, client: FlaskClient, site: HTTPServer, deliver: Callable[..., Message], follow: str, moved: int
    ) -> None:
        base = f"http://127.0.0.1:{site.server_port}"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            closed = listener.getsockname()[1]
        deliver(body=f"{base}/here {base}/gone {base}/moved http://127.0.0.1:{closed}/\r\n")

        told = client.get(f"/api/v1/message/1/link-check{follow}").json

        assert told is not None
        statuses = {link["URL"].removeprefix(base): link["StatusCode"] for link in told["Links"]}
        assert statuses == {"/here": 200, "/gone": 404, "/moved": moved, f"http://127.0.0.1:{closed}/": 0}
        assert told["Errors"] == 2


class TestPrivate:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(link_check=True)

    def test_a_link_to_this_machine_is_not_asked_for(
        self, client: FlaskClient, site: HTTPServer, deliver: Callable[..., Message]
    ) -> None:
        deliver(body=f"http://127.0.0.1:{site.server_port}/here http://[::1]:{site.server_port}/\r\n")

        told = client.get("/api/v1/message/1/link-check").json

        assert told is not None
        assert [link["StatusCode"] for link in told["Links"]] == [0, 0]
        assert site.asked == []  # type: ignore[attr-defined]


def test_there_is_no_spamassassin(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    assert client.get("/api/v1/message/1/sa-check").status_code == 409
    assert client.get("/api/v1/message/2/sa-check").status_code == 404


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("1", {"To": ["b@x.test"]}, 409),
        ("latest", {"To": ["b@x.test"]}, 409),
        ("9", {"To": ["b@x.test"]}, 404),
        ("1", {"To": []}, 400),
        ("1", {"To": ["nobody"]}, 400),
        ("1", {"To": ["b@x.test\r\nRCPT TO:<c@x.test>"]}, 400),
        ("1", {"To": ["b@x.test\u2028"]}, 400),
        ("1", {"To": "b@x.test"}, 400),
        ("1", {}, 400),
    ],
)
def test_a_release_is_refused_for_its_own_mistakes_first(
    client: FlaskClient, deliver: Callable[..., Message], key: str, body: Any, status: int
) -> None:
    deliver()

    answer = client.post(f"/api/v1/message/{key}/release", json=body)

    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["Error"]


NEVER = {name: {"ErrorCode": 451, "Probability": 0} for name in ("Sender", "Recipient", "Authentication")}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"Sender": {"ErrorCode": 451, "Probability": 0}}, 200),
        ({"Recipient": {"ErrorCode": 399, "Probability": 5}}, 400),
        ({"Recipient": {"ErrorCode": 600, "Probability": 0}}, 400),
        ({"Authentication": {"ErrorCode": 451, "Probability": 101}}, 400),
        ({"Authentication": {"ErrorCode": 451, "Probability": -1}}, 400),
        ({"Authentication": {"ErrorCode": 451}}, 400),
        ({"Nonsense": {}}, 400),
    ],
)
def test_chaos_that_is_none_or_makes_no_sense_changes_nothing(client: FlaskClient, body: Any, status: int) -> None:
    answer = client.put("/api/v1/chaos", json=body)

    assert answer.status_code == status
    assert status != 200 or answer.json == NEVER
    assert client.get("/api/v1/chaos").json == NEVER


def test_the_tree_of_parts_is_told_without_marking(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    tree = client.get("/api/v1/message/1/structure").json

    assert tree is not None
    kinds = [(part["PartID"], part["ContentType"]) for part in (tree, *tree["Parts"])]
    assert kinds == [("0", "multipart/mixed"), ("1", "multipart/alternative"), ("2", "text/html")]
    assert ["Content-Disposition", "attachment; filename*=utf-8''..%2F..%2Fr%C3%A9sum%C3%A9.html"] in tree["Parts"][1][
        "Headers"
    ]
    assert sandbox.counts().unread == 1


def test_a_view_leads_to_the_page(client: FlaskClient, rich: Message) -> None:
    for key in ("1", "latest"):
        answer = client.get(f"/view/{key}")

        assert (answer.status_code, answer.headers["Location"]) == (302, "/message/1")
    assert client.get("/view/9").status_code == 404
