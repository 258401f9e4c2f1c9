"""`mailtrap-lite release` and `mailtrap-lite queue`, as a person types them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any  # Any: JSON

import pytest

from mailtrap_lite import Server
from mailtrap_lite.message import Message

Ask = Callable[..., subprocess.CompletedProcess[str]]
MAIL = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: hello\r\n\r\nhi\r\n"


@pytest.fixture
def mailtrap_settings() -> dict[str, str]:
    """Mail may be sent on to x.test, where nobody listens."""
    return {"relay": "127.0.0.1:9", "relay_hosts": "127.0.0.1", "relay_to": "*@x.test"}


@pytest.fixture
def message(mailtrap: Server) -> Message:
    """A mail to release, at a server whose queue is paused."""
    mailtrap.queue.pause()
    return mailtrap.deliver(MAIL, to="b@x.test", sender="a@x.test")


def said(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def document(done: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    return json.loads(said(done, code))


def test_a_release_is_in_the_queue_when_it_ends(mailtrap: Server, ask: Ask, message: Message) -> None:
    mailtrap.release(message)
    told = document(ask("release", "--to", "c@x.test", "--to", "d@x.test", "--sender", "qa@x.test", "--json"))
    null = document(ask("release", str(message.id), "--sender", "<>", "--json"))

    assert [(each["ID"], each["Sender"], each["Recipient"]) for each in told["Entries"]] == [
        ("2", "qa@x.test", "c@x.test"),
        ("3", "qa@x.test", "d@x.test"),
    ]
    assert [(each["ID"], each["Sender"]) for each in null["Entries"]] == [("4", "")]
    assert len(mailtrap.queue) == 4


def test_a_preview_sends_nothing(mailtrap: Server, ask: Ask, message: Message) -> None:
    text = said(ask("release", "--preview"))
    refused = said(ask("release", "--to=far@y.test", "--to=c@x.test", "--preview"), 4)

    assert "from <a@x.test>\n  to b@x.test by 127.0.0.1:9\n" in text
    assert "\n  Received:\n" in text
    assert "  not to far@y.test: far@y.test is not among relay_to (*@x.test)\n  to c@x.test by" in refused
    assert document(ask("release", "--preview", "--json"))["Possible"] is True
    assert len(mailtrap.queue) == 0


def test_what_may_not_leave_stays_with_the_reason(mailtrap: Server, ask: Ask, message: Message) -> None:
    done = ask("release", "--to", "far@y.test", "--json")

    assert (done.returncode, done.stdout) == (4, "")
    assert "the message 1 stays here: far@y.test is not among relay_to (*@x.test)" in done.stderr
    assert len(mailtrap.queue) == 0


def test_without_a_relay_the_settings_are_named(ask: Ask) -> None:
    with Server() as closed:
        closed.deliver(MAIL, to="b@x.test")

        done = ask("release", "--url", closed.url)

    assert done.returncode == 4
    assert "give relay (or relay_routes), relay_hosts and relay_to" in done.stderr


def test_the_queue_is_shown_with_what_waits_and_why(mailtrap: Server, ask: Ask, message: Message) -> None:
    empty = said(ask("queue"))
    mailtrap.release(message, to=["b@x.test", "c@x.test"])
    mailtrap.queue.resume()
    mailtrap.queue.wait_until_settled()
    mailtrap.queue.cancel(2)

    lines = said(ask("queue")).splitlines()
    whole = document(ask("queue", "list", "--all", "--message=latest", "--json"))

    assert empty == "the queue is empty (it is paused)\n"
    assert lines[0].split(maxsplit=2)[:2] == ["1", "#1"]
    assert lines[0].endswith("b@x.test  Connection refused")
    assert lines[1:] == ["1 waiting, 1 cancelled"]
    assert [entry["State"] for entry in whole["Entries"]] == ["waiting", "cancelled"]


def test_an_entry_is_shown_with_each_attempt(mailtrap: Server, ask: Ask, message: Message) -> None:
    mailtrap.release(message)
    mailtrap.queue.resume()
    mailtrap.queue.wait_until_settled()

    text = said(ask("queue", "show", "1"))
    (entry,) = document(ask("queue", "show", "1", "--json"))

    assert text.startswith("1: message 1 to b@x.test is waiting\nsender:     <a@x.test>\nqueued:     ")
    assert "\nattempt 1, " in text
    assert entry["Attempts"][0]["Said"] == "Connection refused"


def test_entries_are_paused_resumed_cancelled_and_tried_again(mailtrap: Server, ask: Ask, message: Message) -> None:
    mailtrap.release(message, to=["b@x.test", "c@x.test"])

    seen = [
        (said(ask("queue", what, "2")), str(mailtrap.queue.entry(2).state))
        for what in ("pause", "resume", "cancel", "retry")
    ]

    assert seen == [
        ("1 entry is paused\n", "paused"),
        ("1 entry is resumed\n", "waiting"),
        ("1 entry is cancelled\n", "cancelled"),
        ("1 entry is tried now\n", "waiting"),
    ]
    assert document(ask("queue", "cancel", "--all", "--json")) == {"Count": 2}


def test_the_whole_queue_goes_on(mailtrap: Server, ask: Ask, message: Message) -> None:
    said(ask("queue", "resume", "--all"))
    resumed = mailtrap.queue.paused
    said(ask("queue", "pause", "--all"))

    assert (resumed, mailtrap.queue.paused) == (False, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["queue", "show"], 2),
        (["queue", "show", "99"], 1),
        (["queue", "show", "../messages"], 1),
        (["queue", "cancel"], 2),
        (["queue", "cancel", "1", "--all"], 2),
        (["queue", "retry", "99"], 1),
        (["queue", "list", "1"], 2),
        (["queue", "show", "1", "--message=1"], 2),
        (["queue", "drop", "1"], 2),
        (["release", "99"], 1),
        (["release", "--to", "nobody"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_and_nothing_is_done(
    mailtrap: Server, ask: Ask, message: Message, words: list[str], code: int
) -> None:
    mailtrap.release(message)

    done = ask(*words)

    assert done.returncode == code
    assert done.stderr.startswith("mailtrap-lite: ")
    assert [str(entry.state) for entry in mailtrap.queue] == ["waiting"]
