"""What a request may ask: a bad body or number changes nothing and never means "everything"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox


def test_deleting_some(client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]) -> None:
    for _ in range(4):
        deliver()

    answer = client.delete("/api/v1/messages", json={"IDs": ["1", "3", "99", "no such", "1", "-4", "9" * 40]})

    assert (answer.status_code, answer.text) == (200, "ok")
    assert [message.id for message in sandbox.messages()] == [2, 4]


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"IDs": []}'], ids=str)
def test_deleting_all(client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message], body: bytes) -> None:
    deliver()

    answer = client.delete("/api/v1/messages", data=body, content_type="application/json")

    assert (answer.text, sandbox.counts().total) == ("ok", 0)


def test_ids_that_nobody_has_are_not_all(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    deliver()

    answer = client.delete("/api/v1/messages", json={"IDs": ["no such", ""]})

    assert (answer.text, sandbox.counts().total) == ("ok", 1)


BAD_BODIES = {
    "no JSON": b"IDs=1",
    "white space": b"  ",
    "cut": b'{"IDs": ["1"',
    "null": b"null",
    "a list": b'["1"]',
    "a string": b'"1"',
    "a number": b"1",
    "IDs null": b'{"IDs": null}',
    "IDs a string": b'{"IDs": "1"}',
    "IDs numbers": b'{"IDs": [1]}',
    "IDs nested": b'{"IDs": [["1"]]}',
    "IDs an object": b'{"IDs": {"0": "1"}}',
    "misspelt": b'{"Ids": ["1"]}',
    "lower case": b'{"ids": ["1"]}',
    "twice": b'{"IDs": ["1"], "IDs": []}',
    "bad UTF-8": b'{"IDs": ["\xff"]}',
    "UTF-16": '{"IDs": ["1"]}'.encode("utf-16"),
    "deep": b"[" * 100_000,
    "deep objects": b'{"IDs":' * 100_000,
    "a million digits": b'{"IDs": [' + b"9" * 1_000_000 + b"]}",
    "NUL": b"\0",
}


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_changes_nothing(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message], method: str, body: bytes
) -> None:
    deliver()

    answer = client.open("/api/v1/messages", method=method, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json is not None
    assert list(answer.json) == ["Error"]
    assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"Read": 1}',
        b'{"Read": "true"}',
        b'{"Read": null}',
        b'{"Read": true, "Search": "larger:"}',
        b'{"Read": true, "Search": "()"}',
        b'{"Read": true, "Search": "text", "IDs": ["1"]}',
    ],
)
def test_a_bad_read_status_changes_nothing(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message], body: bytes
) -> None:
    deliver()

    answer = client.put("/api/v1/messages", data=body, content_type="application/json")

    assert (answer.status_code, sandbox.counts().unread) == (400, 1)


def test_a_large_body_is_refused(client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]) -> None:
    deliver()
    body = b'{"IDs": [' + b",".join(b'"%d"' % n for n in range(1_000_000)) + b"]}"

    answer = client.delete("/api/v1/messages", data=body, content_type="application/json")

    assert (answer.status_code, sandbox.counts().total) == (413, 1)
    assert answer.is_json


def test_many_ids_are_fine(client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]) -> None:
    deliver()

    answer = client.delete("/api/v1/messages", json={"IDs": [str(n) for n in range(100_000)]})

    assert (answer.text, sandbox.counts().total) == ("ok", 0)


def test_the_read_status_of_some_and_of_all(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    for _ in range(3):
        deliver()

    def unread(**body: Any) -> int:
        answer = client.put("/api/v1/messages", json=body)
        assert answer.text == "ok"
        return sandbox.counts().unread

    assert unread(IDs=["2", "77"], Read=True) == 2
    assert unread(IDs=["2"]) == 3
    assert unread(Read=True) == 0
    assert unread(IDs=[], Read=False, Search="") == 3
    assert unread(Read=True, Search="subject:nothing") == 3
    assert unread(Read=True, Search="subject:hello") == 0
