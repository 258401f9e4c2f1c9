"""Event streams: what is told, when, to how many, and that it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailtrap_lite.errors import StoreUnusable
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app
from mailtrap_lite.web.events import Events, TooManyStreams


@pytest.fixture
def events(sandbox: Sandbox) -> Iterator[Events]:
    """News over the sandbox; at most three streams."""
    events = Events(sandbox, most=3, heartbeat=30.0)
    yield events
    events.close()


def told(chunk: bytes) -> tuple[str, dict[str, Any]]:
    """Return the id and the data of an event."""
    fields = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    assert fields["event"] == "change"
    assert chunk.endswith(b"\n\n")
    return fields["id"], json.loads(fields["data"])


def subjects(chunk: bytes) -> list[str]:
    return [row["Subject"] for row in told(chunk)[1]["Messages"]]


def test_a_stream_begins_with_how_things_are(events: Events, deliver: Callable[..., Message]) -> None:
    deliver("one")
    stream = events.open(0)

    first = next(stream)

    assert first.startswith(b"retry: 1000\n")
    cursor, news = told(first)
    assert (cursor, news["Total"], news["Unread"], news["Cursor"], news["Complete"]) == ("1", 1, 1, 1, True)
    assert subjects(first) == ["one"]
    stream.close()


def test_each_change_is_told_once(events: Events, deliver: Callable[..., Message], sandbox: Sandbox) -> None:
    deliver("old")
    stream = events.open(1)
    assert subjects(next(stream)) == []

    deliver("new")
    assert subjects(next(stream)) == ["new"]
    sandbox.mark_read([2])
    read = told(next(stream))[1]
    sandbox.delete([1])
    deleted = told(next(stream))[1]

    assert (read["Unread"], read["Messages"]) == (1, [])
    assert (deleted["Total"], deleted["Messages"]) == (1, [])
    stream.close()


def test_news_wakes_a_stream_that_waits(events: Events, deliver: Callable[..., Message]) -> None:
    stream = events.open(0)
    next(stream)
    heard: list[bytes] = []
    listener = threading.Thread(target=lambda: heard.append(next(stream)))
    listener.start()

    deliver("wake up")
    listener.join(10)

    assert [subjects(chunk) for chunk in heard] == [["wake up"]]
    stream.close()


def test_a_flood_is_told_in_part_and_says_so(events: Events, deliver: Callable[..., Message]) -> None:
    for number in range(60):
        deliver(f"{number}")
    stream = events.open(0)

    news = told(next(stream))[1]

    assert (len(news["Messages"]), news["Complete"], news["Cursor"]) == (50, False, 60)
    stream.close()


def test_silence_is_broken_by_a_heartbeat(sandbox: Sandbox) -> None:
    events = Events(sandbox, most=1, heartbeat=0.01)
    stream = events.open(0)
    next(stream)

    assert next(stream) == b": still here\n\n"
    stream.close()
    events.close()


def test_there_is_a_cap_and_a_closed_stream_makes_room(events: Events) -> None:
    streams = [events.open(0) for _ in range(3)]
    with pytest.raises(TooManyStreams):
        events.open(0)

    streams[0].close()
    streams[0].close()

    assert events.streams == 2
    events.open(0)
    with pytest.raises(TooManyStreams):
        events.open(0)


def test_closing_ends_the_streams_that_wait(events: Events) -> None:
    streams = [events.open(0) for _ in range(3)]
    ended = [threading.Thread(target=list, args=(stream,)) for stream in streams]
    for thread in ended:
        thread.start()

    events.close()
    for thread in ended:
        thread.join(10)

    assert not any(thread.is_alive() for thread in ended)


def test_a_store_that_is_closed_or_fails_ends_the_stream(
    events: Events, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable() -> None:
        raise StoreUnusable("store: it is gone")

    stream = events.open(0)
    monkeypatch.setattr(sandbox, "counts", unusable)

    assert list(stream) == []


def test_nobody_listens_when_there_is_no_stream(sandbox: Sandbox, deliver: Callable[..., Message]) -> None:
    before = set(threading.enumerate())
    events = Events(sandbox, most=1)
    assert set(threading.enumerate()) <= before
    stream = events.open(0)

    (listener,) = set(threading.enumerate()) - before
    stream.close()
    deliver()
    listener.join(10)

    assert not listener.is_alive()
    again = events.open(0)
    next(again)
    deliver("later")
    assert subjects(next(again)) == ["later"]
    events.close()


@pytest.mark.parametrize(
    ("query", "last", "expected"),
    [
        ("", None, []),
        ("?after=0", None, ["c", "b", "a"]),
        ("?after=1", None, ["c", "b"]),
        ("?after=0", "2", ["c"]),
        ("?after=1", "nonsense", ["c", "b"]),
        ("", "0", ["c", "b", "a"]),
        ("", "99", ["c", "b", "a"]),  # of a server that had more mail and was started again
    ],
)
def test_a_client_says_where_it_was(
    client: FlaskClient, deliver: Callable[..., Message], query: str, last: str | None, expected: list[str]
) -> None:
    for subject in "abc":
        deliver(subject)

    response = client.get(f"/api/v1/events{query}", headers={"Last-Event-ID": last} if last else {}, buffered=False)
    first = next(iter(response.iter_encoded()))

    assert response.content_type == "text/event-stream; charset=utf-8"
    assert subjects(first) == expected
    response.close()


def test_a_wrong_cursor_is_a_400(client: FlaskClient) -> None:
    assert client.get("/api/v1/events?after=x").status_code == 400


def test_too_many_pages_are_told_to_come_back(sandbox: Sandbox) -> None:
    app: Flask = create_app(sandbox, settings=Settings(event_streams=1))
    client = app.test_client()
    first = client.get("/api/v1/events", buffered=False)

    second = client.get("/api/v1/events", buffered=False)

    assert (second.status_code, second.headers["Retry-After"]) == (503, "5")
    assert second.json is not None
    assert "--event-streams" in second.json["Error"]
    first.close()
    third = client.get("/api/v1/events", buffered=False)
    assert third.status_code == 200
    third.close()


def test_asking_for_the_head_leaves_no_stream_open(app: Flask) -> None:
    response = app.test_client().head("/api/v1/events")
    response.close()

    assert app.extensions[Events.NAME].streams == 0
