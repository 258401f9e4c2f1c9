"""Search, count and tags over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web.api.served import SortBy
from mailtrap_lite.web.place import Sort

Deliver = Callable[..., Message]
HOSTILE = {
    "SQL": "' OR 1=1--",
    "a quote": '"',
    "a star": "*",
    "NEAR": "NEAR(",
    "an unknown word": "a:b",
    "NUL": "a\0b",
    "wildcards": "%_\\",
    "100 KB": "x" * 100_000,
    "half a character": "\udc80",
    "parentheses": "(" * 1000,
    "nothing in a group": "()",
}


@pytest.fixture
def mails(deliver: Deliver, sandbox: Sandbox) -> None:
    for number in range(1, 6):
        deliver(f"order {number}")
    deliver("other")
    sandbox.mark_read([1, 2])


def subjects(answer: Any) -> list[str]:
    return [row["Subject"] for row in answer.json["messages"]]


@pytest.mark.usefixtures("mails")
def test_a_search_is_paged_and_counts_what_it_found(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?query=subject:order&start=1&limit=2")

    assert subjects(answer) == ["order 4", "order 3"]
    assert answer.json is not None
    counts = [answer.json[name] for name in ("total", "unread", "messages_count", "messages_unread", "start")]
    assert counts == [6, 4, 5, 3, 1]


@pytest.mark.usefixtures("mails")
def test_messages_are_counted(client: FlaskClient) -> None:
    assert client.get("/api/v1/count").json == {"Total": 6, "Unread": 4}
    assert client.get("/api/v1/count?query=subject:order").json == {"Total": 5, "Unread": 3}
    assert client.get("/api/v1/count?query=is:read").json == {"Total": 2, "Unread": 0}


@pytest.mark.usefixtures("mails")
def test_what_a_search_finds_is_deleted(client: FlaskClient, sandbox: Sandbox) -> None:
    answer = client.delete("/api/v1/search?query=subject:order")

    assert (answer.text, [message.subject for message in sandbox.messages()]) == ("ok", ["other"])


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("query", ["", "query=", "query=%20%20", "query=()", "Query=x", "query=%22", "query=larger:"])
def test_a_query_that_says_nothing_deletes_nothing(client: FlaskClient, sandbox: Sandbox, query: str) -> None:
    answer = client.delete(f"/api/v1/search?{query}")

    assert (answer.status_code, sandbox.counts().total) == (400, 6)


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_meant_literally_or_refused(client: FlaskClient, sandbox: Sandbox, query: str) -> None:
    given = {"query": query.encode("utf-8", "surrogateescape")}

    answers = [
        client.get("/api/v1/search", query_string=given),
        client.get("/api/v1/count", query_string=given),
        client.get("/api/v1/export", query_string=given),
        client.get("/api/v1/wait", query_string={**given, "timeout": "0"}),
        client.delete("/api/v1/search", query_string=given),
        client.put("/api/v1/messages", json={"Search": query.encode("utf-8", "replace").decode(), "Read": True}),
    ]

    assert {answer.status_code for answer in answers} <= {200, 400, 408, 414, 431}
    assert (sandbox.counts().total, sandbox.counts().unread) == (6, 4)


@pytest.mark.usefixtures("mails")
def test_a_bad_query_says_where_it_is_wrong(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?query=subject:order%20larger:x")

    assert answer.json is not None
    assert "at character" in answer.json["Error"]


@pytest.mark.parametrize(
    ("zone", "status"),
    [("Pacific/Auckland", 200), ("", 200), ("Nowhere/X", 400), ("../etc/passwd", 400), ("/etc", 400), ("a%00b", 400)],
)
def test_a_time_zone_is_known_or_refused(client: FlaskClient, zone: str, status: int) -> None:
    for method, path in (("GET", "search"), ("GET", "count"), ("GET", "wait"), ("DELETE", "search")):
        answer = client.open(f"/api/v1/{path}?query=before:2020-01-01&timeout=0&tz={zone}", method=method)

        assert answer.status_code in {status, 408 if path == "wait" and status == 200 else status}


def test_a_day_begins_where_the_zone_says(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"Subject: x\r\n\r\n", to="b@x.test", received_at=1577836800.0 - 3600)  # 2019-12-31 23:00 UTC

    found = [
        client.get(f"/api/v1/count?query=before:2020-01-01&tz={zone}").json
        for zone in ("UTC", "Pacific/Auckland", "America/New_York")
    ]

    assert [each["Total"] if each else None for each in found] == [1, 0, 1]


@pytest.mark.usefixtures("mails")
def test_tags_are_set_listed_counted_renamed_and_deleted(client: FlaskClient) -> None:
    assert client.put("/api/v1/tags", json={"IDs": ["1", "2", "99", "x"], "Tags": ["Orders", "a b"]}).text == "ok"
    assert client.get("/api/v1/tags").json == ["a b", "Orders"]
    listed = client.get("/api/v1/messages").json
    assert listed is not None
    assert (listed["tags"], listed["messages"][-1]["Tags"]) == (["a b", "Orders"], ["a b", "Orders"])
    information = client.get("/api/v1/info").json
    assert information is not None
    assert information["Tags"] == {"a b": 2, "Orders": 2}

    assert client.put("/api/v1/tags/a%20b", json={"Name": "Later"}).text == "ok"
    assert client.get("/api/v1/tags").json == ["Later", "Orders"]
    assert subjects(client.get("/api/v1/search?query=tag:later")) == ["order 2", "order 1"]

    assert client.delete("/api/v1/tags/orders").text == "ok"
    assert client.put("/api/v1/tags", json={"IDs": ["1", "2"], "Tags": []}).text == "ok"
    assert client.get("/api/v1/tags").json == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/api/v1/tags/nothing", {"Name": "x"}, 404),
        ("PUT", "/api/v1/tags/Orders", {"Name": "<b>"}, 400),
        ("PUT", "/api/v1/tags/Orders", {}, 400),
        ("PUT", "/api/v1/tags/Orders", {"Name": 1}, 400),
        ("DELETE", "/api/v1/tags/nothing", None, 404),
        ("DELETE", "/api/v1/tags/%00", None, 404),
        ("PUT", "/api/v1/tags", {"IDs": ["1"]}, 400),
        ("PUT", "/api/v1/tags", {"Tags": ["x"]}, 400),
        ("PUT", "/api/v1/tags", {"IDs": ["1"], "Tags": ["x" * 101]}, 400),
        ("PUT", "/api/v1/tags", {"IDs": ["1"], "Tags": ["a\nb\0"]}, 400),
    ],
)
def test_bad_tags_change_nothing(
    client: FlaskClient, deliver: Deliver, method: str, path: str, body: Any, status: int
) -> None:
    deliver()
    client.put("/api/v1/tags", json={"IDs": ["1"], "Tags": ["Orders"]})

    answer = client.open(path, method=method, json=body) if body is not None else client.open(path, method=method)

    assert (answer.status_code, client.get("/api/v1/tags").json) == (status, ["Orders"])
    assert answer.is_json


def test_tags_come_with_the_mail(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"X-Tags: Urgent, Orders\r\n\r\n", to="b+plus@x.test")

    told = client.get("/api/v1/message/1").json
    listed = client.get("/api/v1/messages").json

    assert told is not None
    assert listed is not None
    assert sorted(told["Tags"]) == sorted(listed["messages"][0]["Tags"]) == sorted(listed["tags"])
    assert {"Urgent", "Orders"} <= set(told["Tags"])


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("path", ["messages?", "search?query=subject:order&"], ids=["list", "search"])
@pytest.mark.parametrize(
    ("sort", "first"),
    [("newest", None), ("oldest", "1"), ("largest", None), ("sender", "1"), ("subject", "1")],
)
def test_pages_go_on_behind_the_last_message_whatever_comes_and_goes(
    client: FlaskClient, sandbox: Sandbox, deliver: Deliver, path: str, sort: str, first: str | None
) -> None:
    whole = [row["ID"] for row in listed(client, f"{path}sort={sort}")["messages"]]

    seen, behind = [], ""
    while True:
        page = listed(client, f"{path}sort={sort}&limit=2&behind={behind}")
        seen += [row["ID"] for row in page["messages"]]
        if not (behind := page["next"]):
            break
        sandbox.delete([int(seen[-1])])
        if sort == "newest":
            deliver("order of later")

    assert seen == whole
    assert first in {None, whole[0]}


def listed(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["complete"] is True
    return answer.json


@pytest.mark.parametrize("asked", ["sort=size", "behind=x", "sort=subject&behind=7", "sort=largest&behind=7-x"])
@pytest.mark.parametrize("path", ["messages?", "search?query=a&"], ids=["list", "search"])
def test_an_order_or_a_cursor_that_cannot_be_is_refused(client: FlaskClient, path: str, asked: str) -> None:
    assert client.get(f"/api/v1/{path}{asked}").status_code == 400


def test_each_order_of_the_inspector_is_one_of_the_api() -> None:
    assert set(get_args(get_args(SortBy)[0])) == set(Sort)
