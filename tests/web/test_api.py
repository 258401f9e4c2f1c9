"""The API: Mailpit's shapes, checked against a table of ours, and what a client can do wrong."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.errors import StoreFull
from mailtrap_lite.message import Envelope, Line, Message, Protocol, Recipient, Session, Speaker
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.version import __version__

# What clients of Mailpit's API rely on, written down by hand. A list holds what each of its items is; a set is a type
# or a choice; {str: X} is an object with any names.
ADDRESS = {"Name": str, "Address": str}
FILE = {
    "PartID": str,
    "FileName": str,
    "ContentType": str,
    "ContentID": str,
    "Size": int,
    "Checksums": {"MD5": str, "SHA1": str, "SHA256": str},
}
ROW = {
    "ID": str,
    "MessageID": str,
    "Read": bool,
    "From": ADDRESS,
    "To": [ADDRESS],
    "Cc": [ADDRESS],
    "Bcc": [ADDRESS],
    "ReplyTo": [ADDRESS],
    "Subject": str,
    "Created": datetime,
    "Tags": [str],
    "Size": int,
    "Attachments": int,
    "Snippet": str,
    "Username": str,
}
LIST = {
    "total": int,
    "unread": int,
    "messages_count": int,
    "messages_unread": int,
    "start": int,
    "tags": [str],
    "messages": [ROW],
}
MESSAGE = {
    "ID": str,
    "MessageID": str,
    "From": ADDRESS,
    "To": [ADDRESS],
    "Cc": [ADDRESS],
    "Bcc": [ADDRESS],
    "ReplyTo": [ADDRESS],
    "ReturnPath": str,
    "Subject": str,
    "ListUnsubscribe": {"Header": str, "Links": [str], "Errors": str, "HeaderPost": str},
    "Date": datetime,
    "Tags": [str],
    "Username": str,
    "Text": str,
    "HTML": str,
    "Size": int,
    "Inline": [FILE],
    "Attachments": [FILE],
}
INFORMATION = {
    "Version": str,
    "LatestVersion": str,
    "Database": str,
    "DatabaseSize": int,
    "Messages": int,
    "Unread": int,
    "Tags": {str: int},
    "RuntimeStats": {
        "Uptime": int,
        "Memory": int,
        "MessagesDeleted": int,
        "SMTPAccepted": int,
        "SMTPAcceptedSize": int,
        "SMTPRejected": int,
        "SMTPIgnored": int,
    },
}
HEADERS = {str: [str]}
SHAPES = {
    "/api/v1/messages": LIST,
    "/api/v1/message/1": MESSAGE,
    "/api/v1/message/latest": MESSAGE,
    "/api/v1/message/1/headers": HEADERS,
    "/api/v1/info": INFORMATION,
}


def differences(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """Yield where a value has not the shape."""
    match shape:
        case dict() if str in shape:
            item = shape[str]
            yield from (found for name in value for found in differences(item, value[name], f"{where}.{name}"))
        case dict():
            if not isinstance(value, dict) or set(value) != set(shape):
                yield f"{where}: {value!r} has not exactly {sorted(shape)}"
            else:
                yield from (
                    found for name in shape for found in differences(shape[name], value[name], f"{where}.{name}")
                )
        case [item]:
            if not isinstance(value, list):
                yield f"{where}: {value!r} is no list"
            else:
                yield from (found for n, each in enumerate(value) for found in differences(item, each, f"{where}[{n}]"))
        case _ if shape is datetime:
            if datetime.fromisoformat(value).tzinfo is None or "T" not in value:
                yield f"{where}: {value!r} has no zone"
        case _:
            if type(value) is not shape:
                yield f"{where}: {value!r} is not {shape.__name__}"


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize("bare", [False, True], ids=["rich", "bare"])
def test_an_answer_has_the_shape(client: FlaskClient, sandbox: Sandbox, request: Any, path: str, bare: bool) -> None:
    if bare:
        sandbox.deliver(b"", to="b@x.test")
    else:
        request.getfixturevalue("rich")

    answer = client.get(path)

    assert answer.content_type == "application/json"
    assert list(differences(SHAPES[path], answer.json)) == []


def test_the_list_of_nothing_has_lists(client: FlaskClient) -> None:
    assert client.get("/api/v1/messages").json == {
        "total": 0,
        "unread": 0,
        "messages_count": 0,
        "messages_unread": 0,
        "start": 0,
        "tags": [],
        "messages": [],
    }


def test_a_message_says_what_was_sent(client: FlaskClient, rich: Message) -> None:
    told = client.get("/api/v1/message/1").json
    assert told is not None

    attachments = [(item["FileName"], item["ContentType"], item["Size"]) for item in told["Attachments"]]
    assert told["From"] == {"Name": "Ann Example", "Address": "a@x.test"}
    assert told["To"] == [{"Name": "Bob", "Address": "b@x.test"}, {"Name": "", "Address": "c@x.test"}]
    assert (told["Subject"], told["Date"]) == ("Grüße", "2026-11-23T14:02:11+01:00")
    assert (told["MessageID"], told["Text"]) == ("rich@x.test", "Hello text\n")
    assert told["ListUnsubscribe"]["Links"] == ["https://x.test/leave", "mailto:leave@x.test"]
    assert [item["ContentID"] for item in told["Inline"]] == ["logo@x"]
    assert attachments == [("../../résumé.html", "text/html", 25)]
    assert told["Attachments"][0]["Checksums"]["SHA256"] == hashlib.sha256(b"<script>alert(1)</script>").hexdigest()
    assert told["Size"] == len(rich.raw)


def test_the_list_is_newest_first_in_pages(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for number in range(1, 61):
        deliver(f"mail {number}")

    def subjects(query: str) -> list[str]:
        answer = client.get(f"/api/v1/messages{query}").json
        assert answer is not None
        return [row["Subject"] for row in answer["messages"]]

    assert (len(subjects("")), subjects("")[0]) == (50, "mail 60")
    assert subjects("?start=50&limit=3") == ["mail 10", "mail 9", "mail 8"]
    assert subjects("?limit=0") == []
    assert len(subjects("?limit=999999999")) == 60
    assert subjects("?start=1000000000000") == []


@pytest.mark.parametrize("query", ["start=-1", "limit=x", "limit=1.5", "start=1e3", "limit=٣", "start=" + "9" * 100, "limit=+1", "start=%00"])  # fmt: skip
def test_a_number_that_is_none_is_a_400(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/messages?{query}")

    assert answer.status_code == 400
    assert answer.json is not None
    assert query[:5] in answer.json["Error"]


def test_a_limit_beyond_the_cap_counts_as_the_cap(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(sandbox, "summaries", lambda **query: asked.append(query) or [])

    client.get("/api/v1/messages?limit=1001")

    assert asked == [{"start": 0, "limit": 1000}]


def test_reading_a_message_marks_it_and_nothing_else_does(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    for path in ("/headers", "/raw", "/part/2", "/envelope"):
        assert client.get(f"/api/v1/message/1{path}").status_code == 200
    for path in ("/api/v1/messages", "/view/1.html", "/view/1.txt", "/message/1", "/"):
        assert client.get(path).status_code == 200
    assert sandbox.counts().unread == 1

    client.get("/api/v1/message/1")

    assert sandbox.counts().unread == 0


@pytest.mark.parametrize("key", ["2", "0", "-1", "01", "x", "9" * 30, "1.5", "٣", "%00", "latest2"])
def test_an_unknown_message_is_a_404(client: FlaskClient, rich: Message, key: str) -> None:
    for path in (f"/api/v1/message/{key}", f"/api/v1/message/{key}/raw", f"/api/v1/message/{key}/envelope"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json is not None
        assert answer.json["Error"]
    for path in (f"/view/{key}.html", f"/view/{key}.txt", f"/message/{key}"):
        assert client.get(path).status_code == 404


def test_latest_of_nothing_is_a_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/message/latest").status_code == 404


def test_latest_is_the_newest(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver("old")
    deliver("new")

    answer = client.get("/api/v1/message/latest").json

    assert answer is not None
    assert answer["Subject"] == "new"
    assert b"Subject: new" in client.get("/api/v1/message/latest/raw").data


def test_the_source_is_byte_exact(client: FlaskClient, sandbox: Sandbox) -> None:
    raw = b"Subject: x\r\n\r\n.dot\n\0\xff\xfe lone CR \r end"
    sandbox.deliver(raw, to="b@x.test")

    answer = client.get("/api/v1/message/1/raw")

    assert answer.data == raw
    assert answer.content_type == "text/plain; charset=utf-8"


def test_headers_come_by_name_in_order(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"X-B: 1\r\nSubject: s\r\nx-b: 2\r\nA: =?utf-8?q?=C3=A9?=\r\n\r\n", to="b@x.test")

    answer = client.get("/api/v1/message/1/headers")

    assert json.loads(answer.data, object_pairs_hook=list) == [("A", ["é"]), ("Subject", ["s"]), ("X-B", ["1", "2"])]


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
    "body", [b'{"Read": 1}', b'{"Read": "true"}', b'{"Read": null}', b'{"Read": true, "Search": "x"}']
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


def test_information_counts(client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]) -> None:
    client.get("/api/v1/info")
    deliver()
    deliver()
    sandbox.delete([1])
    sandbox.mark_read([2])

    told = client.get("/api/v1/info").json

    assert told is not None
    assert (told["Version"], told["Messages"], told["Unread"], told["Database"]) == (__version__, 1, 0, "memory")
    assert (told["RuntimeStats"]["SMTPAccepted"], told["RuntimeStats"]["MessagesDeleted"]) == (2, 1)


def test_the_envelope_and_what_pop3_did(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    drop = sandbox.open_maildrop("secret@x.test")
    drop.update(fetched=[1], deleted=[1])
    drop.close()

    told = client.get("/api/v1/message/1/envelope").json

    assert told is not None
    assert told["Sender"] == "bounce@x.test"
    assert told["Recipients"] == [{"Address": "b@x.test", "Options": []}, {"Address": "secret@x.test", "Options": []}]
    assert [(item["Mailbox"], item["FetchedBy"], item["DeletedBy"]) for item in told["Deliveries"]] == [
        ("b@x.test", "", ""),
        ("secret@x.test", "secret@x.test", "secret@x.test"),
    ]
    assert [bool(item["DeletedAt"]) for item in told["Deliveries"]] == [False, True]


async def accepted(sandbox: Sandbox, session: str) -> int:
    return await sandbox.accept(Envelope("a@x.test", (Recipient("b@x.test", ("NOTIFY=NEVER",)),), session=session), b"")


def test_the_transcript_is_the_one_that_delivered_the_message(client: FlaskClient, sandbox: Sandbox) -> None:
    for _ in range(2):
        asyncio.run(accepted(sandbox, "s1"))
    lines = (Line(Speaker.CLIENT, 0.0, "DATA"), Line(Speaker.SERVER, 0.1, "354 go on"))
    sandbox.record(Session("s1", Protocol.SMTP, "127.0.0.1:1", 0.0, 1.0, lines, messages=(2,)))

    first, second = (client.get(f"/api/v1/message/{n}/envelope").json for n in (1, 2))

    assert first is not None
    assert second is not None
    # A session of an older process may have had the same id.
    assert (first["Transcript"], second["Transcript"]) == ([], ["C: DATA", "S: 354 go on"])
    assert second["Recipients"][0]["Options"] == ["NOTIFY=NEVER"]


def test_mailboxes(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver(to="b@x.test")
    deliver(to="A@x.test")
    deliver(to="b+tag@x.test")

    assert client.get("/api/v1/mailboxes").json == {
        "mailboxes": [{"Name": "a@x.test", "Waiting": 1}, {"Name": "b@x.test", "Waiting": 2}]
    }


def test_an_error_of_the_store_is_told_as_what_it_is(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StoreFull("store: there is no room left")

    monkeypatch.setattr(sandbox, "delete", full)

    answer = client.delete("/api/v1/messages", json={"IDs": ["1"]})

    assert (answer.status_code, answer.json) == (507, {"Error": "store: there is no room left"})


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/messages"), ("DELETE", "/api/v1/info")])
def test_a_wrong_method_says_which_are_right(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == 405
    assert answer.is_json
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_it_says_that_it_lives(client: FlaskClient, path: str) -> None:
    assert client.get(path).text == "ok"


def test_threads_that_do_everything_at_once_see_no_error(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    wrong: list[str] = []

    def does(method: str, path: str, times: int, **body: Any) -> None:
        own = client.application.test_client()
        for _ in range(times):
            answer = own.open(path, method=method, **body)
            if answer.status_code >= 500 or b'":-' in answer.data:
                wrong.append(f"{method} {path}: {answer.status} {answer.text}")

    def sends() -> None:
        for _ in range(40):
            deliver()

    jobs = [threading.Thread(target=sends) for _ in range(2)]
    for method, path, body in (
        ("GET", "/api/v1/messages", {}),
        ("GET", "/api/v1/message/latest", {}),
        ("GET", "/", {}),
        ("DELETE", "/api/v1/messages", {"json": {"IDs": [str(n) for n in range(1, 80, 3)]}}),
        ("PUT", "/api/v1/messages", {"json": {"Read": True}}),
    ):
        jobs.append(threading.Thread(target=does, args=(method, path, 25), kwargs=body))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)

    assert wrong == []
    assert not any(job.is_alive() for job in jobs)
