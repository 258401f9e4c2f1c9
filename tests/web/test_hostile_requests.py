"""Bodies, heads and queries that somebody made to hurt: refused in JSON, nothing changed, memory flat, never a 500.

Each unsafe route of the API gets each of them, those that come later included.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import tracemalloc
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import WebServer, create_app

JSON = "application/json"
BAD_BODIES = {
    "brackets": b"[" * 100_000,
    "braces": b'{"IDs":' * 100_000,
    "nested list": b'{"IDs": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a million digits": b'{"IDs": ' + b"9" * 1_000_000 + b"}",
    "exponent": b'{"IDs": 1e999999999}',
    "bad UTF-8": b'{"IDs": ["\xff\xfe"]}',
    "UTF-16": '{"IDs": []}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b'{"IDs"\0: []}',
    "cut off": b'{"IDs": ["1"',
    "text behind": b'{"IDs": []} {"IDs": []}',
    "array": b"[]",
    "string": b'"IDs"',
    "number": b"1",
    "null": b"null",
    "blanks": b"   ",
    "number as IDs": b'{"IDs": 1}',
    "numbers in IDs": b'{"IDs": [1]}',
    "null in IDs": b'{"IDs": [null]}',
    "null as IDs": b'{"IDs": null}',
    "object as IDs": b'{"IDs": {"length": 1, "0": "1"}}',
    "string as IDs": b'{"IDs": "1"}',
    "a name twice": b'{"IDs": ["9"], "IDs": []}',
    "a name in other letters": b'{"ids": ["9"]}',
    "prototype": b'{"__proto__": {"IDs": []}}',
}
REFUSALS = {400, 404, 405, 409, 413, 415, 422, 501}


@pytest.fixture
def unsafe(app: Flask) -> list[tuple[str, str]]:
    """Each method and path of the API that changes something."""
    return [
        (method, re.sub("<[^>]+>", "1", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if rule.rule.startswith("/api/") and method not in {"GET", "HEAD", "OPTIONS"}
    ]


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_in_json_and_changes_nothing(
    client: FlaskClient, sandbox: Sandbox, rich: Message, unsafe: list[tuple[str, str]], body: bytes
) -> None:
    assert ("DELETE", "/api/v1/messages") in unsafe
    for method, path in unsafe:
        response = client.open(path, method=method, data=body, content_type=JSON)

        assert (method, path, response.status_code in REFUSALS) == (method, path, True), response.status_code
        assert response.json is not None
        assert isinstance(response.json["Error"], str)
        assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


def test_memory_stays_flat_with_hostile_bodies(client: FlaskClient, rich: Message) -> None:
    client.put("/api/v1/messages", data=b"[", content_type=JSON)
    tracemalloc.start()
    try:
        for body in BAD_BODIES.values():
            client.put("/api/v1/messages", data=body, content_type=JSON)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40 * 1024**2


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_16_mib_of_json_and_a_million_ids_are_too_large(
    ask: Callable[..., tuple[int, bytes, http.client.HTTPMessage]], sandbox: Sandbox, rich: Message, method: str
) -> None:
    million = json.dumps({"IDs": [str(number) for number in range(2, 1_000_000)]}).encode()
    for body in (b'{"IDs": [' + b'"2",' * 4_194_304 + b'"2"]}', million):
        status, answer, headers = ask("/api/v1/messages", method=method, body=body, headers={"Content-Type": JSON})

        assert (status, headers["Content-Type"]) == (413, JSON)
        assert "Error" in json.loads(answer)
        assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


def test_ids_that_nobody_has_are_ignored_in_bulk_and_404_alone(
    client: FlaskClient, sandbox: Sandbox, rich: Message
) -> None:
    unknown = ["99", "0", "-1", "x", "", "1.0", "01", " 1", "\u0661", "9" * 400, "1\0", "latest"]

    response = client.delete("/api/v1/messages", json={"IDs": unknown})

    assert (response.status_code, sandbox.counts().total) == (200, 1)
    for text in ("99", "0", "-1", "x", "1.0", "01", "%D9%A1", "9" * 400, "1%00"):
        assert client.get(f"/api/v1/message/{text}").status_code == 404


HOSTILE_TEXTS = [
    "' OR 1=1--",
    '"',
    "*",
    "NEAR(",
    "a:b",
    "\0",
    "%_\\",
    "\u202e",
    "\U0001f600",
    "(" * 5000,
    "x" * 100_000,
    "-" * 1000,
    "subject:" * 500,
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: ascii(text[:12]))
def test_a_hostile_query_is_text_or_a_400_on_each_route(
    client: FlaskClient, app: Flask, sandbox: Sandbox, rich: Message, text: str
) -> None:
    names = ("query", "mailbox", "start", "limit", "after", "before", "tab", "protocol", "next", "tz", "timeout")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith(("/events", "/wait", "filename>")):
            continue
        path = re.sub("<[^>]+>", "1", rule.rule)
        for name in names:
            with client.get(path, query_string={name: text}, buffered=False) as response:
                assert (path, name, response.status_code < 500) == (path, name, True)
    assert sandbox.counts().total == 1


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: ascii(text[:12]))
def test_a_hostile_part_of_a_path_is_a_404_on_each_route(
    client: FlaskClient, app: Flask, sandbox: Sandbox, rich: Message, text: str
) -> None:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if "<" not in rule.rule:
                continue
            path = re.sub("<[^>]+>", lambda _: text.replace("/", "").replace("?", ""), rule.rule)
            with client.open(path, method=method, headers={"Origin": "http://localhost"}, buffered=False) as response:
                assert (rule.rule, method, response.status_code < 500) == (rule.rule, method, True)
    assert sandbox.counts().total == 1


def send_head(address: tuple[str, int], head: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(head)
        return client.recv(4096)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"X: " + b"y" * 15_000 + b"\r\n", b"200"),
        (b"X: " + b"y" * 20_000 + b"\r\n", b"431"),
        (b"X: " + b"y" * 60_000 + b"\r\n", b"431"),
        (b"X: " + b"y" * 200_000 + b"\r\n", b"431"),
        ((b"X: " + b"y" * 1000 + b"\r\n") * 17, b"431"),
        (b"X: y\r\n" * 150, b"431"),
    ],
    ids=["15,000", "20,000", "60,000", "200,000", "17 of 1,000", "150 fields"],
)
def test_a_head_is_read_no_further_than_it_may_be(server: tuple[str, int], head: bytes, status: bytes) -> None:
    answer = send_head(server, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")

    assert answer.split(b" ")[1] == status


def test_the_limits_of_head_and_body_are_settings(sandbox: Sandbox) -> None:
    settings = Settings(json_body=20, http_headers=100)
    client = create_app(sandbox, settings=settings).test_client()
    listener = socket.create_server(("127.0.0.1", 0))
    address: tuple[str, int] = listener.getsockname()
    server = WebServer(create_app(sandbox, settings=settings), listener, most_headers=settings.http_headers)
    server.start()

    small = client.delete("/api/v1/messages", data=b'{"IDs": ["9"]}', content_type=JSON)
    large = client.delete("/api/v1/messages", data=b'{"IDs": ["9", "10"]}   ', content_type=JSON)
    short = send_head(address, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    long = send_head(address, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100 + b"\r\n\r\n")
    server.stop(5)

    assert (small.status_code, large.status_code) == (200, 413)
    assert (short.split(b" ")[1], long.split(b" ")[1]) == (b"200", b"431")


def test_limits_can_be_lifted(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings(json_body=0, http_headers=0)).test_client()
    body = json.dumps({"IDs": ["9" * 18] * 100_000}).encode()

    assert client.delete("/api/v1/messages", data=body, content_type=JSON).status_code == 200
    assert client.get("/livez", headers={"X": "y" * 100_000}).status_code == 200
