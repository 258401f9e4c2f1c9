"""A wait is answered when its mail comes, holds nobody up, and says what came instead."""

from __future__ import annotations

import json
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

import mailtrap_lite
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings

Deliver = Callable[..., Message]


def test_what_is_here_is_the_answer_at_once(client: FlaskClient, deliver: Deliver) -> None:
    for subject in ("other", "order 1", "order 2"):
        deliver(subject)

    answer = client.get("/api/v1/wait?query=subject:order&timeout=0")

    assert answer.json is not None
    assert (answer.status_code, answer.json["Message"]["Subject"], answer.json["Cursor"]) == (200, "order 1", 2)


def test_the_cursor_leads_to_the_next(client: FlaskClient, deliver: Deliver) -> None:
    for subject in ("order 1", "other", "order 2"):
        deliver(subject)

    first = client.get("/api/v1/wait?query=subject:order&timeout=0").json
    assert first is not None
    second = client.get(f"/api/v1/wait?query=subject:order&timeout=0&after={first['Cursor']}").json

    assert second is not None
    assert second["Message"]["Subject"] == "order 2"
    assert client.get(f"/api/v1/wait?query=subject:order&timeout=0&after={second['Cursor']}").status_code == 408


def test_without_a_query_any_message_will_do(client: FlaskClient, deliver: Deliver) -> None:
    deliver("any")

    assert client.get("/api/v1/wait?timeout=0").status_code == 200


def test_nothing_that_matches_says_what_came(client: FlaskClient, deliver: Deliver) -> None:
    deliver("old")
    deliver("other")

    answer = client.get("/api/v1/wait?query=subject:order&after=1&timeout=0.01")

    assert answer.json is not None
    assert (answer.status_code, answer.json["Cursor"]) == (408, 2)
    assert [row["Subject"] for row in answer.json["Messages"]] == ["other"]
    assert "subject:order" in answer.json["Error"]


def test_mail_that_comes_ends_the_wait(client: FlaskClient, sandbox: Sandbox, deliver: Deliver) -> None:
    deliver("before")
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(client.get, "/api/v1/wait?query=subject:order&timeout=60")
        _until(lambda: threading.active_count() > 1)
        deliver("other")
        deliver("order")

        told = answer.result(30).json

    assert told is not None
    assert told["Message"]["Subject"] == "order"


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize(
    "query",
    [
        "timeout=61",
        "timeout=-1",
        "timeout=x",
        "timeout=nan",
        "timeout=1e1",
        "after=-1",
        "after=x",
        "query=larger:",
        "tz=../x",
    ],
)
def test_what_cannot_be_meant_is_a_400(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/v1/wait?{query}").status_code == 400


class TestFew:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(event_streams=2)

    def test_there_is_a_cap_on_waits_and_others_are_answered(
        self, ask: Callable[..., tuple[int, bytes, object]], sandbox: Sandbox, deliver: Deliver
    ) -> None:
        with ThreadPoolExecutor(3) as pool:
            waits = [pool.submit(ask, "/api/v1/wait?query=subject:last&timeout=60") for _ in range(2)]
            _until(lambda: ask("/api/v1/wait?timeout=0")[0] == 503)
            refused = ask("/api/v1/wait?timeout=0")
            other = ask("/api/v1/messages")
            deliver("last")
            ended = [wait.result(30)[0] for wait in waits]

        assert (refused[0], other[0], ended) == (503, 200, [200, 200])
        assert b"--event-streams" in refused[1]
        assert ask("/api/v1/wait?timeout=0")[0] == 200


@pytest.fixture
def mail() -> Iterator[mailtrap_lite.Server]:
    """A whole server."""
    with mailtrap_lite.Server(smtp="127.0.0.1:0", pop3="127.0.0.1:0", web="127.0.0.1:0") as server:
        yield server


def test_the_id_in_the_smtp_reply_is_usable_at_once(mail: mailtrap_lite.Server) -> None:
    import urllib.request

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp:
        smtp.ehlo()
        for number in range(20):
            smtp.mail("a@x.test")
            smtp.rcpt("b@x.test")
            code, text = smtp.data(f"Subject: {number}\r\n\r\nx\r\n")
            identity = text.decode().rpartition(" ")[2]
            with urllib.request.urlopen(f"{mail.url}/api/v1/message/{identity}", timeout=10) as answer:
                told = json.load(answer)

            assert (code, told["ID"], told["Subject"]) == (250, identity, str(number))


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        ([], "nothing arrived at all"),
        (["old"], "; the 1 that was here before does not match"),
        (["old", "older"], "; the 2 that were here before do not match"),
    ],
    ids=["none", "one", "two"],
)
def test_the_text_of_a_wait_agrees_with_the_list_beside_it(
    client: FlaskClient, deliver: Deliver, subjects: list[str], said: str
) -> None:
    for subject in subjects:
        deliver(subject)

    answer = client.get("/api/v1/wait?query=nix&timeout=0.01").json

    assert answer is not None
    assert answer["Error"].endswith(said)
    assert len(answer["Messages"]) == len(subjects)
