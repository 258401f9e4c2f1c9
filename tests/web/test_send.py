"""Mail sent as JSON: it says what was named, and nothing named can become a header field of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import PNG

from mailtrap_lite.message import Content
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web.compose import BadField, Draft, File, Person, compose

FROM = {"Email": "ann@x.test", "Name": "Ann Grüße, Ltd."}
TO = [{"Email": "bob@x.test", "Name": 'Bob "B" O\'Neil'}, {"Email": "üser@exämple.test"}]
CONTROLS = {"CR": "a\rb", "LF": "a\nX-Injected: y", "NUL": "a\0b", "U+2028": "a\u2028b", "U+0085": "a\x85b"}
FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "From.Name": lambda bad: {"From": {"Email": "a@x.test", "Name": bad}},
    "From.Email": lambda bad: {"From": {"Email": f"a{bad}@x.test"}},
    "To[0].Name": lambda bad: {"To": [{"Email": "b@x.test", "Name": bad}]},
    "To[0].Email": lambda bad: {"To": [{"Email": f"{bad}@x.test"}]},
    "Cc[0].Name": lambda bad: {"Cc": [{"Email": "b@x.test", "Name": bad}]},
    "ReplyTo[0].Name": lambda bad: {"ReplyTo": [{"Email": "b@x.test", "Name": bad}]},
    "Bcc[0]": lambda bad: {"Bcc": [f"{bad}@x.test"]},
    "Subject": lambda bad: {"Subject": bad},
    "Headers.X-A": lambda bad: {"Headers": {"X-A": bad}},
    "Tags[0]": lambda bad: {"Tags": [bad]},
    "Attachments[0].Filename": lambda bad: {"Attachments": [{"Filename": bad, "Content": ""}]},
    "Attachments[0].ContentType": lambda bad: {"Attachments": [{"Filename": "a", "Content": "", "ContentType": bad}]},
    "Attachments[0].ContentID": lambda bad: {"Attachments": [{"Filename": "a", "Content": "", "ContentID": bad}]},
}


def send(client: FlaskClient, **values: Any) -> Any:
    return client.post("/api/v1/send", json={"From": {"Email": "a@x.test"}, "To": [{"Email": "b@x.test"}], **values})


def test_a_mail_says_all_that_was_named(client: FlaskClient, sandbox: Sandbox) -> None:
    content = base64.encodebytes(PNG).decode()
    answer = client.post(
        "/api/v1/send",
        json={
            "From": FROM,
            "To": TO,
            "Cc": [{"Email": "c@x.test"}],
            "Bcc": ["secret@x.test"],
            "ReplyTo": [{"Email": "r@x.test", "Name": "=?utf-8?q?R?="}],
            "Subject": "Grüße " * 60,
            "Text": "Hello\n.dot\r\nlone \r end",
            "HTML": '<p>é <img src="cid:logo"></p>',
            "Headers": {"X-Order": "7", "References": "<a@x> <b@x>", "X-Long": "word " * 500},
            "Attachments": [
                {"Filename": "logo.png", "Content": content, "ContentID": "logo"},
                {"Filename": "résumé \u202e.txt", "Content": "aGk=", "ContentType": "text/plain"},
            ],
        },
    )

    assert answer.status_code == 200
    assert answer.json is not None
    message = sandbox.message(int(answer.json["ID"]))
    mail = message.content
    assert (mail.sender.name, mail.sender.address) == (FROM["Name"], FROM["Email"])
    assert [(each.name, each.address) for each in mail.to] == [
        ('Bob "B" O\'Neil', "bob@x.test"),
        ("", "üser@exämple.test"),
    ]
    assert [(each.name, each.address) for each in mail.reply_to] == [("=?utf-8?q?R?=", "r@x.test")]
    assert mail.subject == "Grüße " * 60
    assert (mail.text, mail.html) == ("Hello\n.dot\nlone \n end\n", '<p>é <img src="cid:logo"></p>\n')
    assert (mail.headers.get("X-Order"), mail.headers.get("References")) == ("7", "<a@x> <b@x>")
    assert [part.data for part in mail.inline] == [PNG]
    assert [(part.filename, part.data, part.content_type) for part in mail.attachments] == [
        ("résumé \u202e.txt", b"hi", "text/plain")
    ]
    assert message.envelope.addresses == ("bob@x.test", "üser@exämple.test", "c@x.test", "secret@x.test")
    assert message.envelope.sender == "ann@x.test"
    assert b"secret" not in message.raw
    assert (mail.defects, message.lint) == ((), ())
    assert max(map(len, message.raw.split(b"\r\n"))) <= 998
    assert b"\n" not in message.raw.replace(b"\r\n", b"")


def test_the_id_is_usable_at_once(client: FlaskClient) -> None:
    identity = send(client, Subject="now").json["ID"]

    assert b'"Subject":"now"' in client.get(f"/api/v1/message/{identity}").data


def test_a_mail_has_the_tags_that_it_was_sent_with(client: FlaskClient) -> None:
    identity = send(client, Tags=["Orders", "Very Urgent"]).json["ID"]

    assert b'"Tags":["Orders","Very Urgent"]' in client.get(f"/api/v1/message/{identity}").data
    assert client.get("/api/v1/tags").json == ["Orders", "Very Urgent"]


@pytest.mark.parametrize("bad", CONTROLS.values(), ids=CONTROLS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_control_in_a_value_is_a_422_that_names_the_field(
    client: FlaskClient, sandbox: Sandbox, field: str, bad: str
) -> None:
    answer = send(client, **FIELDS[field](bad))

    assert answer.status_code == 422
    assert answer.json["Error"].startswith(f"{field}: U+")
    assert sandbox.counts().total == 0


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"To": []}, 400, "To, Cc and Bcc name 0 recipients"),
        ({"To": [{"Email": "nobody"}]}, 422, "To[0].Email: 'nobody' is no address"),
        ({"To": [{"Email": "a@x.test, b@x.test"}]}, 422, "To[0].Email: 'a@x.test, b@x.test' is no address"),
        ({"To": [{"Name": "Bob"}]}, 400, "To[0]: Email is missing"),
        ({"To": "b@x.test"}, 400, "To: this is not a list"),
        ({"From": "a@x.test"}, 400, "From: this is not a JSON object"),
        ({"Subject": 7}, 400, "Subject: this is not a text"),
        ({"Headers": {"X A": "1"}}, 422, "Headers.X A: this is no name"),
        ({"Headers": {"X-A\r\nX-B": "1"}}, 422, "Headers.X-A\\r\\nX-B: this is no name"),
        ({"Headers": {"content-type": "text/html"}}, 422, "Headers.content-type: this field is written"),
        ({"Headers": {"Subject": "x"}}, 422, "Headers.Subject: this field is written"),
        ({"Headers": {"X-A": 1}}, 400, "Headers.X-A: this is not a text"),
        ({"Attachments": [{"Filename": "a", "Content": "!"}]}, 422, "Attachments[0].Content: this is not base64"),
        ({"Attachments": [{"Filename": "a"}]}, 400, "Attachments[0]: Content is missing"),
        ({"Attachments": [{"Filename": "a", "Content": "", "ContentType": "x"}]}, 422, "Attachments[0].ContentType"),
        ({"Attachments": [{"Filename": "a", "Content": "", "ContentID": "a b"}]}, 422, "Attachments[0].ContentID"),
        ({"Tags": ["<b>"]}, 400, "'<b>' cannot be a tag"),
        ({"to": []}, 400, "body: 'to' is not known here"),
        ({"Bcc": [f"u{n}@x.test" for n in range(1001)]}, 400, "To, Cc and Bcc name 1,002 recipients"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    client: FlaskClient, sandbox: Sandbox, values: dict[str, Any], status: int, text: str
) -> None:
    answer = send(client, **values)

    assert answer.status_code == status
    assert answer.json["Error"].startswith(text)
    assert sandbox.counts().total == 0


def test_half_a_character_is_refused(client: FlaskClient) -> None:
    body = b'{"From": {"Email": "a@x.test"}, "To": [{"Email": "b@x.test"}], "Text": "\\ud800"}'

    answer = client.post("/api/v1/send", data=body, content_type="application/json")

    assert answer.status_code == 400


class TestSmallMail:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(message_size=10_000, json_body=1_000)

    def test_the_body_may_be_as_large_as_a_message(self, client: FlaskClient) -> None:
        assert send(client, Text="x" * 5_000).status_code == 200
        assert send(client, Text="x" * 11_000).status_code == 413
        assert send(client, Text="é" * 4_500).status_code == 413  # as quoted-printable it is larger
        assert client.put("/api/v1/messages", json={"IDs": ["1"] * 1_000}).status_code == 413


def test_a_sent_mail_is_fetched_over_pop3_as_it_is_here(client: FlaskClient, sandbox: Sandbox) -> None:
    identity = int(send(client, Text="hi").json["ID"])

    drop = sandbox.open_maildrop("b@x.test")

    assert [entry.message for entry in drop.entries] == [identity]
    drop.close()


names = st.text(max_size=30)


@given(
    name=names,
    subject=st.text(max_size=200),
    text=st.text(max_size=300),
    html=st.text(max_size=300),
    value=st.text(max_size=200),
    filename=names,
    octets=st.binary(max_size=200),
)
def test_any_values_are_refused_or_read_back(
    name: str, subject: str, text: str, html: str, value: str, filename: str, octets: bytes
) -> None:
    draft = Draft(
        Person("a@x.test", name),
        (Person("b@x.test", name),),
        subject=subject,
        text=text,
        html=html,
        fields=(("X-A", value),),
        files=(File(filename, octets),),
    )

    try:
        raw = compose(draft, now=0)
    except BadField:
        return

    head = raw.partition(b"\r\n\r\n")[0]
    fields = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert fields == [b"from", b"to", b"subject", b"date", b"message-id", b"x-a", b"mime-version", b"content-type"]
    assert Content(raw).attachments[0].data == octets
    assert max(map(len, raw.split(b"\r\n"))) <= 998
