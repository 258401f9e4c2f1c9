"""Release and the queue over the API: what would leave, what waits and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient
from tests.web.documented import DocumentedClient

from mailtrap_lite import Server
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Endpoint, Settings
from mailtrap_lite.web import create_app

NOWHERE = Endpoint("127.0.0.1", 9)  # nothing is sent in these tests: no relay runs over this sandbox
RELAYED = Settings(relay=NOWHERE, relay_hosts=("127.0.0.1",), relay_to=("*@x.test",))


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Mail may leave to x.test, unless a test says otherwise."""
    return getattr(request, "param", RELAYED)


@pytest.fixture
def message(deliver: Callable[..., Message]) -> Message:
    """A mail to b@x.test, of a@x.test."""
    return deliver()


@pytest.fixture
def queued(client: FlaskClient, message: Message) -> list[str]:
    """Two entries that wait; their ids."""
    client.post("/api/v1/message/latest/release", json={"To": ["b@x.test", "c@x.test"]})
    return [entry["ID"] for entry in of_queue(client)["Entries"]]


def of_queue(client: FlaskClient, query: str = "") -> Any:
    return client.get(f"/api/v1/queue{query}").json


def states(client: FlaskClient) -> list[str]:
    return [entry["State"] for entry in of_queue(client)["Entries"]]


def test_a_release_is_in_the_queue_when_it_is_answered(client: FlaskClient, message: Message) -> None:
    answer = client.post(
        f"/api/v1/message/{message.id}/release", json={"To": ["c@x.test"], "Sender": "releases@x.test"}
    )

    assert (answer.status_code, answer.text) == (200, "ok")
    (entry,) = of_queue(client)["Entries"]
    assert (entry["Message"], entry["Sender"], entry["Recipient"]) == (str(message.id), "releases@x.test", "c@x.test")
    assert (entry["Why"], entry["State"], entry["Tries"]) == ("release", "waiting", 0)
    assert entry["NextTry"] == entry["Queued"]


@pytest.mark.parametrize(("said", "sender"), [({}, "a@x.test"), ({"Sender": "<>"}, ""), ({"Sender": ""}, "")])
def test_the_sender_is_kept_or_replaced(
    client: FlaskClient, message: Message, said: dict[str, str], sender: str
) -> None:
    client.post("/api/v1/message/latest/release", json={"To": ["b@x.test"], **said})

    assert of_queue(client)["Entries"][0]["Sender"] == sender


def test_a_preview_says_what_would_be_sent_and_sends_nothing(client: FlaskClient, message: Message) -> None:
    shown = client.get("/api/v1/message/latest/release").json

    assert shown is not None
    assert (shown["ID"], shown["Possible"], shown["Refusal"]) == (str(message.id), True, "")
    assert shown["Sender"] == "a@x.test"
    assert shown["Recipients"] == [{"Address": "b@x.test", "Server": "127.0.0.1:9", "Refusal": ""}]
    assert shown["Field"].startswith("Received:")
    assert shown["Size"] == len(message.raw) + len(shown["Field"])
    assert of_queue(client)["Entries"] == []


def test_a_recipient_who_is_not_allowed_keeps_all_of_it_here(client: FlaskClient, message: Message) -> None:
    both = ["b@x.test", "far@y.test"]

    shown = client.get("/api/v1/message/latest/release", query_string={"to": both, "sender": "<>"}).json
    answer = client.post("/api/v1/message/latest/release", json={"To": both})

    reason = "far@y.test is not among relay_to (*@x.test)"
    assert shown is not None
    assert (shown["Possible"], shown["Sender"]) == (False, "")
    assert [leg["Refusal"] for leg in shown["Recipients"]] == ["", reason]
    assert answer.status_code == 409
    assert answer.json == {"Error": f"the message {message.id} stays here: {reason}"}
    assert of_queue(client)["Entries"] == []


@pytest.mark.parametrize("settings", [Settings()], indirect=True, ids=["no relay"])
def test_without_a_relay_the_answer_names_the_settings(client: FlaskClient, message: Message) -> None:
    shown = client.get("/api/v1/message/latest/release").json
    answer = client.post("/api/v1/message/latest/release", json={"To": ["b@x.test"]})

    assert shown is not None
    assert answer.json is not None
    assert (shown["Possible"], answer.status_code) == (False, 409)
    for text in (shown["Refusal"], answer.json["Error"]):
        assert "give relay (or relay_routes), relay_hosts and relay_to" in text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(), {"Enabled": False, "SMTPServer": "", "AllowedRecipients": ""}),
        (RELAYED, {"Enabled": True, "SMTPServer": "127.0.0.1:9", "AllowedRecipients": "*@x.test"}),
    ],
    indirect=["settings"],
    ids=["no relay", "relay"],
)
def test_a_page_is_told_whether_mail_may_leave(client: FlaskClient, told: dict[str, object]) -> None:
    found = client.get("/api/v1/webui").json

    assert found is not None
    assert {name: found["MessageRelay"][name] for name in told} == told


def test_the_queue_is_listed_in_pages_oldest_first(client: FlaskClient, queued: list[str]) -> None:
    first = of_queue(client, "?limit=1")
    second = of_queue(client, f"?limit=1&after={first['Entries'][0]['ID']}")

    assert [entry["ID"] for page in (first, second) for entry in page["Entries"]] == queued
    assert (first["More"], second["More"]) == (True, False)
    assert first["Counts"]["Waiting"] == 2
    assert first["Paused"] is False


@pytest.mark.parametrize(
    ("query", "count"),
    [("state=unfinished", 2), ("state=sent", 0), ("state=in+flight", 0), ("message=1", 2), ("message=2", 0)],
)
def test_the_queue_is_listed_by_state_and_message(
    client: FlaskClient, queued: list[str], query: str, count: int
) -> None:
    assert len(of_queue(client, f"?{query}")["Entries"]) == count


@pytest.mark.parametrize("query", ["state=lost", "message=latest", "after=x", "limit=-1"])
def test_what_cannot_be_meant_of_the_queue_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/v1/queue?{query}").status_code == 400


@pytest.mark.parametrize("key", ["99", "x", "0", "9" * 30])
def test_an_entry_that_is_not_there_is_404(client: FlaskClient, queued: list[str], key: str) -> None:
    assert client.get(f"/api/v1/queue/{key}").status_code == 404


def test_some_are_paused_resumed_cancelled_and_tried_again(client: FlaskClient, queued: list[str]) -> None:
    some = {"IDs": queued[:1]}
    seen = []
    for what in ("pause", "resume", "cancel", "retry"):
        done = client.post(f"/api/v1/queue/{what}", json=some)
        assert done.json == {"Count": 1}
        seen.append(states(client))

    assert seen == [["paused", "waiting"], ["waiting"] * 2, ["cancelled", "waiting"], ["waiting"] * 2]


def test_the_whole_queue_is_paused_and_resumed(client: FlaskClient, queued: list[str]) -> None:
    paused = client.post("/api/v1/queue/pause", json={"All": True}).json, of_queue(client)["Paused"]
    client.post("/api/v1/queue/resume", json={"All": True})

    assert paused == ({"Count": 2}, True)
    assert of_queue(client)["Paused"] is False
    assert client.post("/api/v1/queue/cancel", json={"All": True}).json == {"Count": 2}


@pytest.mark.parametrize("body", [{}, {"IDs": []}, {"All": False}, {"IDs": ["1"], "All": True}, {"ids": ["1"]}])
def test_a_body_that_names_no_entry_never_means_all(client: FlaskClient, queued: list[str], body: Any) -> None:
    assert client.post("/api/v1/queue/cancel", json=body).status_code == 400
    assert states(client) == ["waiting", "waiting"]


def test_ids_of_no_entry_are_left_out(client: FlaskClient, queued: list[str]) -> None:
    assert client.post("/api/v1/queue/cancel", json={"IDs": ["x", "99"]}).json == {"Count": 0}
    assert states(client) == ["waiting", "waiting"]


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """The next server, and one that sends mail on to it."""
    with (
        Server(hostname="next.test") as after,
        Server(relay=f"127.0.0.1:{after.smtp.port}", relay_hosts="127.0.0.1", relay_to="*@x.test") as before,
    ):
        yield before, after


def test_an_entry_has_the_transcript_of_each_attempt(servers: tuple[Server, Server]) -> None:
    before, after = servers
    after.faults.add("RCPT", "450 4.2.1 mailbox busy", times=1)
    mail = before.deliver(b"Subject: secret words\r\n\r\nhi\r\n", to="b@x.test", sender="a@x.test")
    before.release(mail)
    before.queue.wait_until_settled()
    before.queue.retry_now()
    before.queue.wait_until_empty()

    shown = client_of(before.sandbox).get("/api/v1/queue/1").json

    assert shown is not None
    assert (shown["State"], shown["Tries"], shown["NextTry"]) == ("sent", 2, "")
    assert [attempt["Said"][:3] for attempt in shown["Attempts"]] == ["450", "250"]
    assert shown["Attempts"][0]["Server"] == f"127.0.0.1:{after.smtp.port}"
    assert "< 450 4.2.1 mailbox busy" in shown["Attempts"][0]["Transcript"]
    assert "secret words" not in str(shown)


def client_of(sandbox: Sandbox) -> FlaskClient:
    app = create_app(sandbox, settings=sandbox.settings)
    app.test_client_class = DocumentedClient
    return app.test_client()
