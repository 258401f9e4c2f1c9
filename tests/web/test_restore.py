"""What POP3 deleted is shown and put back: on the page, in a form without scripts, and through the API."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox

OURS = {"Origin": "http://localhost"}
PAYLOAD = "<script>alert(1)</script>{{7*7}}"


@pytest.fixture
def deleted(sandbox: Sandbox) -> Message:
    """A mail for two that each has deleted over POP3, and for a third who has not."""
    message = sandbox.deliver(b"Subject: gone\r\n\r\n", to=["b@x.test", "b@y.test", "c@x.test"])
    for user in ("b@x.test", "b@y.test"):
        maildrop = sandbox.open_maildrop(user)
        maildrop.update(fetched=[1], deleted=[1])
        maildrop.close()
    return message


def waiting(sandbox: Sandbox) -> list[str]:
    return [mailbox.name for mailbox in sandbox.mailboxes() if mailbox.waiting]


def test_the_page_says_who_deleted_it_and_offers_to_put_it_back(client: FlaskClient, deleted: Message) -> None:
    text = client.get("/message/1?tab=envelope&start=50").text

    assert "Deleted over POP3 from <bdi>b@x.test</bdi> by <bdi>b@x.test</bdi> and from 1 more" in text
    assert re.findall(r'<button [^>]*name="mailbox" value="([^"]+)"', text) == ["b@x.test", "b@y.test"]
    assert text.count('action="/message/1/restore?start=50"') == 3
    assert "Restore to all 2 mailboxes" in text


def test_what_nobody_deleted_offers_nothing(client: FlaskClient, rich: Message) -> None:
    text = client.get("/message/1?tab=envelope").text

    assert "restore" not in text.lower()
    assert "Deleted over POP3 from" not in text


def test_a_form_puts_it_back_into_one_mailbox(client: FlaskClient, sandbox: Sandbox, deleted: Message) -> None:
    answer = client.post("/message/1/restore?start=50", data={"mailbox": "b@x.test"}, headers=OURS)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/message/1?start=50&tab=envelope")
    assert waiting(sandbox) == ["b@x.test", "c@x.test"]
    assert "Deleted over POP3 from <bdi>b@y.test</bdi>" in client.get("/message/1").text


def test_a_form_puts_it_back_into_all(client: FlaskClient, sandbox: Sandbox, deleted: Message) -> None:
    client.post("/message/1/restore", headers=OURS)

    assert waiting(sandbox) == ["b@x.test", "b@y.test", "c@x.test"]


def test_a_form_means_the_mailbox_and_not_those_of_its_local_part(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(b"\r\n", to=["postmaster", "postmaster@x.test"])
    maildrop = sandbox.open_maildrop("postmaster")
    maildrop.update(fetched=[], deleted=[1])

    client.post("/message/1/restore", data={"mailbox": "postmaster"}, headers=OURS)

    assert waiting(sandbox) == ["postmaster"]


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/message/99/restore", {}, 404),
        ("/message/1/restore", {"mailbox": "nobody@x.test"}, 404),
        ("/message/1/restore", {"mailbox": PAYLOAD}, 404),
    ],
    ids=["no message", "no such mailbox", "hostile"],
)
def test_what_is_not_there_is_not_put_back(
    client: FlaskClient, sandbox: Sandbox, deleted: Message, path: str, data: dict[str, str], status: int
) -> None:
    answer = client.post(path, data=data, headers=OURS)

    assert answer.status_code == status
    assert PAYLOAD not in answer.text
    assert waiting(sandbox) == ["c@x.test"]


FOREIGN = ({"Origin": "https://evil.test"}, {"Origin": "null"}, {**OURS, "Sec-Fetch-Site": "cross-site"})


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/message/1/restore", {}),
        *((path, headers) for path in ("/message/1/restore", "/api/v1/message/1/restore") for headers in FOREIGN),
    ],
)
def test_no_other_site_puts_anything_back(
    client: FlaskClient, sandbox: Sandbox, deleted: Message, path: str, headers: dict[str, str]
) -> None:
    assert client.post(path, headers=headers).status_code == 403
    assert waiting(sandbox) == ["c@x.test"]


def test_a_get_puts_nothing_back(client: FlaskClient, sandbox: Sandbox, deleted: Message) -> None:
    assert client.get("/message/1/restore").status_code == 405
    assert waiting(sandbox) == ["c@x.test"]


@pytest.mark.parametrize(
    ("body", "restored", "now"),
    [
        (None, 2, ["b@x.test", "b@y.test", "c@x.test"]),
        ({}, 2, ["b@x.test", "b@y.test", "c@x.test"]),
        ({"Mailbox": "*"}, 2, ["b@x.test", "b@y.test", "c@x.test"]),
        ({"Mailbox": "B"}, 2, ["b@x.test", "b@y.test", "c@x.test"]),
        ({"Mailbox": "B+tag@Y.test"}, 1, ["b@y.test", "c@x.test"]),
        ({"Mailbox": "c@x.test"}, 0, ["c@x.test"]),
    ],
    ids=["no body", "nothing said", "all", "a local part", "an address", "nothing deleted"],
)
def test_the_api_puts_back_what_a_name_opens(
    client: FlaskClient,
    sandbox: Sandbox,
    deleted: Message,
    body: dict[str, str] | None,
    restored: int,
    now: list[str],
) -> None:
    answer = (
        client.post("/api/v1/message/latest/restore", json=body)
        if body is not None
        else client.post("/api/v1/message/1/restore")
    )

    assert (answer.status_code, answer.json) == (200, {"ID": "1", "Restored": restored})
    assert waiting(sandbox) == now


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"Mailbox": "d@x.test"}, 404, "the message 1 was not delivered to d@x.test"),
        ({"Mailbox": ""}, 400, "Mailbox: this is no address, no local part and not *"),
        ({"Mailbox": 7}, 400, "Mailbox: this is not a text"),
        ({"mailbox": "b"}, 400, "body: 'mailbox' is not known here; the names are Mailbox"),
        ([], 400, "body: this is not a JSON object"),
    ],
    ids=["not delivered there", "empty", "no text", "misspelt", "no object"],
)
def test_the_api_says_what_it_cannot_put_back(
    client: FlaskClient, sandbox: Sandbox, deleted: Message, body: object, status: int, text: str
) -> None:
    answer = client.post("/api/v1/message/1/restore", json=body)

    assert (answer.status_code, answer.json) == (status, {"Error": text})
    assert waiting(sandbox) == ["c@x.test"]


def test_the_api_lists_what_a_client_would(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message], deleted: Message
) -> None:
    sandbox.deliver(b".\r\nx", to="b+tag@x.test", uid="a-1")
    sandbox.deliver(b"\r\n", to="b/c@x.test", uid="a-2")

    def listed(name: str) -> object:
        return client.get(f"/api/v1/mailbox/{name}").json

    assert listed("B@x.test") == {"Name": "b@x.test", "Waiting": [{"ID": "2", "UID": "a-1", "Size": 6}]}
    assert listed("b") == {"Name": "b", "Waiting": [{"ID": "2", "UID": "a-1", "Size": 6}]}
    assert listed("b/c@x.test") == {"Name": "b/c@x.test", "Waiting": [{"ID": "3", "UID": "a-2", "Size": 2}]}
    assert [each["ID"] for each in client.get("/api/v1/mailbox/*").json["Waiting"]] == ["1", "2", "3"]  # type: ignore[index]
    assert client.get("/api/v1/mailbox/%20").status_code == 400


def test_the_list_of_a_mailbox_is_named_as_a_client_names_it(client: FlaskClient, deleted: Message) -> None:
    for name in ("B%2Btag@x.test", "b", "*", ""):
        assert 'href="/message/1' in client.get(f"/?mailbox={name}").text
    assert "No mail here." in client.get("/?mailbox=d").text
