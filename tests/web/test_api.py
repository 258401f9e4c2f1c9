"""The API: what it answers, and what a client can do wrong."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.errors import StoreFull
from mailtrap_lite.message import Envelope, Message, Protocol, Recipient, Speaker, Summary
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.store import Order
from mailtrap_lite.version import __version__


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


@pytest.mark.parametrize(
    "query",
    [
        "start=-1",
        "limit=x",
        "limit=1.5",
        "start=1e3",
        "limit=\u0663",
        "start=" + "9" * 100,
        "limit=+1",
        "start=%00",
    ],
)
def test_a_number_that_is_none_is_a_400(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/messages?{query}")

    assert answer.status_code == 400
    assert answer.json is not None
    assert query[:5] in answer.json["Error"]


def test_a_limit_beyond_the_cap_counts_as_the_cap(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def summaries(*, start: int, limit: int, order: Order) -> list[Summary]:
        asked.append((start, limit))
        return []

    monkeypatch.setattr(sandbox, "summaries", summaries)

    client.get("/api/v1/messages?limit=1001")

    assert asked == [(0, 1000)]


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
    for user, deleted in (("secret", []), ("secret@x.test", [1])):
        drop = sandbox.open_maildrop(user)
        drop.update(fetched=[1], deleted=deleted)
        drop.close()

    told = client.get("/api/v1/message/1/envelope").json

    assert told is not None
    assert told["Sender"] == "bounce@x.test"
    assert [item["Address"] for item in told["Recipients"]] == ["b@x.test", "secret@x.test"]
    assert [(item["Mailbox"], item["FetchedBy"], item["DeletedBy"]) for item in told["Deliveries"]] == [
        ("b@x.test", "", ""),
        ("secret@x.test", "secret@x.test", "secret@x.test"),
    ]
    assert [bool(item["DeletedAt"]) for item in told["Deliveries"]] == [False, True]
    assert told["Deliveries"][0]["Fetches"] == []
    first, last = told["Deliveries"][1]["Fetches"]
    assert (first["By"], last["By"]) == ("secret", "secret@x.test")
    assert last["At"] == told["Deliveries"][1]["FetchedAt"]


async def accepted(sandbox: Sandbox, session: str) -> int:
    return await sandbox.accept(Envelope("a@x.test", (Recipient("b@x.test", ("NOTIFY=NEVER",)),), session=session), b"")


def test_the_transcript_is_that_of_the_session(client: FlaskClient, sandbox: Sandbox) -> None:
    recorder = sandbox.begin_session(Protocol.SMTP, client="127.0.0.1:1")
    recorder.note(Speaker.CLIENT, b"DATA", 0.0)
    recorder.note(Speaker.SERVER, b"354 go on", 0.1)
    for session in ("of an older process", recorder.id):
        asyncio.run(accepted(sandbox, session))

    first, second = (client.get(f"/api/v1/message/{n}/envelope").json for n in (1, 2))

    assert first is not None
    assert second is not None
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


def test_threads_that_do_everything_at_once_see_no_error(client: FlaskClient, sandbox: Sandbox) -> None:
    wrong: list[str] = []

    def does(method: str, path: str, times: int, **body: Any) -> None:
        own = client.application.test_client()
        for _ in range(times):
            answer = own.open(path, method=method, **body)
            if answer.status_code >= 500 or b'":-' in answer.data:
                wrong.append(f"{method} {path}: {answer.status} {answer.text}")

    def sends() -> None:
        for _ in range(40):
            asyncio.run(accepted(sandbox, ""))

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


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/api/v1/nothing", "There is no such path in this API"),
        ("GET", "/api/v2/messages", "There is no such path in this API"),
        ("PUT", "/api/v1/info", "This path does not take this method"),
    ],
    ids=["path", "version", "method"],
)
def test_what_is_no_route_is_refused_in_our_words(client: FlaskClient, method: str, path: str, said: str) -> None:
    answer = client.open(path, method=method)

    assert answer.json is not None
    assert answer.json["Error"].startswith(said)
