"""What keeps tests apart that share a server, over the API."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any  # Any: JSON documents

import pytest
from flask.testing import FlaskClient
from tests.conftest import Loop

from mailtrap_lite.message import Ending, Protocol, Recorder, Speaker
from mailtrap_lite.message.envelope import Envelope, Recipient
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import create_app


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Recorder]:
    """A session that has begun a mail."""
    recorder = sandbox.begin_session(Protocol.SMTP, client="127.0.0.1:52344")
    for who, line in ((Speaker.CLIENT, b"MAIL FROM:<a@x.test>"), (Speaker.SERVER, b"250 Ok")):
        recorder.note(who, line, sandbox.clock())
    yield recorder
    sandbox.end_session(recorder, Ending.LEFT)


def accepted(sandbox: Sandbox, loop: Loop, session: Recorder) -> int:
    envelope = Envelope("a@x.test", (Recipient("b@x.test"),), session=session.id, client="127.0.0.1:52344")
    return loop.run(sandbox.accept(envelope, b"Subject: late\r\n\r\n", recorder=session))


def test_mail_for_an_earlier_test_is_told_of_and_not_kept(
    client: FlaskClient, sandbox: Sandbox, loop: Loop, session: Recorder
) -> None:
    first: Any = client.post("/api/v1/test", json={"Name": "one"}).json
    second = client.post("/api/v1/test", json={"Name": "two"}).json
    number = accepted(sandbox, loop, session)

    told: Any = client.get("/api/v1/strays").json

    assert first == second == {"Strays": []}
    [stray] = told["Strays"]
    assert (stray["BeganIn"], stray["CameIn"]) == ("nothing yet", "two")
    assert b64decode(stray["Raw"]) == b"Subject: late\r\n\r\n"
    assert (stray["Envelope"]["ID"], stray["Envelope"]["Sender"]) == (str(number), "a@x.test") == ("-1", "a@x.test")
    assert sandbox.messages() == []
    assert client.post("/api/v1/test", json={"Name": "three"}).json == told
    assert client.get("/api/v1/strays").json == {"Strays": []}


def test_a_test_begins_with_nothing(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"", to="b@x.test", uid="a-1")
    sandbox.faults.read("MAIL drop")

    client.post("/api/v1/test", json={"Name": "one", "Pooled": True})

    assert (sandbox.messages(), list(sandbox.faults)) == ([], [])
    assert sandbox.deliver(b"", to="b@x.test", uid="a-1").deliveries[0].uid == "a-1"


def test_a_mail_under_way_is_listed_unless_it_will_be_a_stray(client: FlaskClient, session: Recorder) -> None:
    before: Any = client.get("/api/v1/underway").json

    client.post("/api/v1/test", json={"Name": "one"})

    assert [each["ID"] for each in before["Sessions"]] == [session.id]
    assert client.get("/api/v1/underway").json == {"Sessions": []}


def test_messages_are_listed_with_all_but_their_source(client: FlaskClient, sandbox: Sandbox) -> None:
    ids = [sandbox.deliver(b"", to=f"{name}@x.test").id for name in ("a", "b", "c")]
    sandbox.mark_read(ids[1:2])

    page: Any = client.get(f"/api/v1/envelopes?after={ids[0]}&limit=1").json

    whole: Any = client.get(f"/api/v1/message/{ids[1]}/envelope").json
    assert page == {"Envelopes": [{**whole, "Read": True, "Tags": []}]}
    assert client.get(f"/api/v1/envelopes?after={ids[2]}").json == {"Envelopes": []}


def test_the_doors_are_listed(sandbox: Sandbox) -> None:
    doors = {"smtp": "127.0.0.1:1025", "pop3": "127.0.0.1:1110"}
    client = create_app(sandbox, settings=sandbox.settings, addresses=lambda: doors).test_client()

    told: Any = client.get("/api/v1/doors").json

    assert told == {"Doors": doors}
