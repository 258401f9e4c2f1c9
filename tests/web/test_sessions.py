"""Sessions over the API: which ones, in which order, and what is said of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Ending, Envelope, Message, Protocol, Recipient, Recorder, Speaker
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import sessions

SAID = (
    "S: 220 ready",
    "C: EHLO app.test",
    "S: 250-hello",
    "S: 250 PIPELINING",
    "C: RCPT TO:<nobody@x.test>",
    "S: 550-5.1.1 nobody",
    "S: 550 5.1.1 is here",
    "C: QUIT",
    "S: 221 bye",
)


def listed(client: FlaskClient, query: str = "") -> tuple[int, list[str]]:
    """Return how many there are and the ids of those on this page."""
    told: Any = client.get(f"/api/v1/sessions{query}").json
    return told["total"], [item["ID"] for item in told["sessions"]]


def test_the_sessions_are_listed_newest_first_in_pages(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    ids = [talk().id for _ in range(60)][::-1]

    assert listed(client) == (60, ids[:50])
    assert listed(client, "?start=50&limit=3") == (60, ids[50:53])
    assert listed(client, "?limit=0") == (60, [])
    assert listed(client, "?limit=999999999") == (60, ids)
    assert listed(client, "?start=1000") == (60, [])


def test_the_list_is_narrowed_by_protocol_and_by_what_came_of_it(
    client: FlaskClient, talk: Callable[..., Recorder]
) -> None:
    sent = talk(messages=[1]).id
    failed = talk().id
    local = talk(protocol=Protocol.LMTP, messages=[2]).id
    polled = talk(protocol=Protocol.POP3).id

    assert listed(client, "?protocol=smtp") == (2, [failed, sent])
    assert listed(client, "?protocol=lmtp") == (1, [local])
    assert listed(client, "?protocol=pop3&delivered=yes") == (0, [])
    assert listed(client, "?delivered=yes") == (2, [local, sent])
    assert listed(client, "?delivered=no") == (2, [polled, failed])
    assert listed(client, "?delivered=no&limit=1&start=1") == (2, [failed])
    assert listed(client, "?protocol=&delivered=") == (4, [polled, local, failed, sent])


BAD = ["protocol=imap", "protocol=SMTP", "delivered=true", "delivered=1", "delivered=%00", "start=-1", "start=x"]


@pytest.mark.parametrize(
    ("path", "query"),
    [*((path, query) for path in ("/api/v1/sessions", "/sessions") for query in BAD), ("/api/v1/sessions", "limit=x")],
)
def test_a_query_that_cannot_be_meant_is_a_400(client: FlaskClient, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


def test_a_session_is_told_whole(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    recorder = talk(*SAID, messages=[3, 12], user="ann")
    recorder.tls, recorder.cipher, recorder.pipelined = "TLSv1.3", "TLS_AES_256_GCM_SHA384", True
    recorder.octets_in, recorder.octets_out = 120, 340

    told: Any = client.get(f"/api/v1/session/{recorder.id}").json

    times = {told.pop(name) for name in ("Started", "Ended")}
    assert all(time.endswith("Z") for time in times)
    assert told.pop("Duration") >= 0
    assert told == {
        "ID": recorder.id,
        "Protocol": "smtp",
        "Client": "127.0.0.1:52344",
        "Helo": "app.test",
        "User": "ann",
        "TLS": "TLSv1.3",
        "Cipher": "TLS_AES_256_GCM_SHA384",
        "Ending": "quit",
        "OctetsIn": 120,
        "OctetsOut": 340,
        "Pipelined": True,
        "Delivered": True,
        "Messages": ["3", "12"],
        "Refused": 1,
        "Retrieved": [],
        "Downloads": [],
        "Deleted": [],
        "Said": {"EHLO": 1, "RCPT": 1, "QUIT": 1},
        "Lint": [],
        "Lines": [{"Speaker": line[0], "At": n / 4, "Text": line[3:], "Fault": False} for n, line in enumerate(SAID)],
        "Exchanges": [
            {"Command": "", "Replies": ["220 ready"], "At": 0.0, "Took": 0.0},
            {"Command": "EHLO app.test", "Replies": ["250-hello", "250 PIPELINING"], "At": 0.25, "Took": 0.5},
            {
                "Command": "RCPT TO:<nobody@x.test>",
                "Replies": ["550-5.1.1 nobody", "550 5.1.1 is here"],
                "At": 1.0,
                "Took": 0.5,
            },
            {"Command": "QUIT", "Replies": ["221 bye"], "At": 1.75, "Took": 0.25},
        ],
        "Omitted": 0,
        "Gap": 9,
    }


def test_a_pop3_session_tells_what_was_retrieved_and_deleted(client: FlaskClient, sandbox: Sandbox) -> None:
    recorder = sandbox.begin_session(Protocol.POP3, client="127.0.0.1:52344")
    for number in (2, 1, 2):
        recorder.note(Speaker.CLIENT, b"RETR %d" % number, sandbox.clock())
        recorder.note(Speaker.SERVER, b"+OK", sandbox.clock())
    recorder.note_deleted([2])
    sandbox.end_session(recorder, Ending.QUIT)

    told: Any = client.get(f"/api/v1/session/{recorder.id}").json

    assert (told["Retrieved"], told["Deleted"]) == ([2, 1, 2], [2])


def test_the_list_leaves_out_what_was_said(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    session = talk(*SAID).id

    whole: Any = client.get(f"/api/v1/session/{session}").json
    summary: Any = client.get("/api/v1/sessions").json

    left_out = {"Retrieved", "Downloads", "Deleted", "Said", "Lint", "Lines", "Exchanges", "Omitted", "Gap"}
    assert summary["sessions"] == [{name: value for name, value in whole.items() if name not in left_out}]


def test_a_session_that_goes_on_has_no_end(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    session = talk("S: 220 ready", ending=None).id

    told: Any = client.get(f"/api/v1/session/{session}").json

    assert (told["Ended"], told["Duration"], told["Ending"]) == ("", None, "open")
    assert listed(client, "?delivered=no") == (1, [session])


def test_lines_that_were_left_out_are_counted_where_they_were(
    client: FlaskClient, talk: Callable[..., Recorder]
) -> None:
    session = talk(*(f"C: NOOP {number}" for number in range(600))).id

    told: Any = client.get(f"/api/v1/session/{session}").json

    assert (told["Omitted"], told["Gap"], len(told["Lines"])) == (100, 200, 500)
    assert [told["Lines"][n]["Text"] for n in (199, 200)] == ["NOOP 199", "NOOP 300"]


@pytest.mark.parametrize("session", ["nowhere", "0", "x" * 5000, "%00", "%3Cscript%3E"])
def test_an_unknown_session_is_a_404(client: FlaskClient, session: str) -> None:
    answer = client.get(f"/api/v1/session/{session}")

    assert answer.status_code == 404
    assert answer.json is not None
    assert "no session has the id" in answer.json["Error"]


async def accepted(sandbox: Sandbox, session: str, recorder: Recorder | None = None) -> int:
    envelope = Envelope("a@x.test", (Recipient("b@x.test"),), session=session)
    return await sandbox.accept(envelope, b"", recorder=recorder)


def test_the_session_of_a_message(client: FlaskClient, sandbox: Sandbox, talk: Callable[..., Recorder]) -> None:
    recorder = talk(*SAID)
    message = asyncio.run(accepted(sandbox, recorder.id, recorder))

    of_message, latest = (client.get(f"/api/v1/message/{key}/session") for key in (message, "latest"))

    assert of_message.json == latest.json == client.get(f"/api/v1/session/{recorder.id}").json


def test_a_message_without_a_session_says_why(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    forgotten = asyncio.run(accepted(sandbox, "of-an-older-process"))

    answers = [client.get(f"/api/v1/message/{key}/session") for key in (rich.id, forgotten, 99)]

    assert [(answer.status_code, answer.json) for answer in answers] == [
        (404, {"Error": "the message 1 was planted; no session delivered it"}),
        (404, {"Error": "the session that delivered the message 2 was forgotten"}),
        (404, {"Error": "no message has the id 99, or it was deleted"}),
    ]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (["C: EHLO a.test", "S: 250 a"], "a.test"),
        (["C: helo  [127.0.0.1] ", "S: 250 a"], "[127.0.0.1]"),
        (["C: LHLO a", "S: 250 a"], "a"),
        (["C: EHLO a", "S: 250 a", "C: EHLO b", "S: 250 b"], "b"),
        (["C: EHLO a", "S: 250 a", "C: EHLO b c", "S: 501 no"], "a"),
        (["C: EHLO a", "C: NOOP", "S: 250 a", "S: 250 b"], "a"),
        (["S: 250 EHLO a"], ""),
        (["C: EHLO", "S: 501 no"], ""),
        (["C: XEHLO a", "S: 250 no"], ""),
        ([], ""),
    ],
    ids=["EHLO", "HELO", "LHLO", "again", "refused", "pipelined", "the server", "no name", "another", "nothing"],
)
def test_the_name_that_a_client_gave(talk: Callable[..., Recorder], said: list[str], name: str) -> None:
    assert sessions.helo(talk(*said).session()) == name


def test_refusals_are_counted_by_reply(talk: Callable[..., Recorder]) -> None:
    smtp = talk("C: 550 no", "S: 450 later", "S: 550-a", "S: 550 b", "#: 550 x", "S: 250 5 fine", ending=Ending.LEFT)
    pop3 = talk("S: +OK", "S: -ERR no", "S: -ERR [AUTH] no", protocol=Protocol.POP3)

    assert (len(smtp.session().errors), len(pop3.session().errors)) == (2, 2)


def test_the_envelope_tells_what_was_asked_for(client: FlaskClient, sandbox: Sandbox) -> None:
    options = ("SIZE=9", "BODY=8bitmime", "SMTPUTF8", "REQUIRETLS", "RET=hdrs", "ENVID=a+2Bb")
    recipient = Recipient("b@x.test", ("NOTIFY=success,FAILURE", "ORCPT=rfc822;b+2Bc@x.test"))
    envelope = Envelope("a@x.test", (recipient, Recipient("c@x.test")), options, remarks=("bare-lf", "no-quit"))
    asyncio.run(sandbox.accept(envelope, b""))

    told: Any = client.get("/api/v1/message/1/envelope").json

    assert told["Recipients"] == [
        {
            "Address": "b@x.test",
            "Options": ["NOTIFY=success,FAILURE", "ORCPT=rfc822;b+2Bc@x.test"],
            "Notify": ["SUCCESS", "FAILURE"],
            "Original": "rfc822;b+c@x.test",
        },
        {"Address": "c@x.test", "Options": [], "Notify": [], "Original": ""},
    ]
    assert (told["Body"], told["SMTPUTF8"], told["RequireTLS"]) == ("8BITMIME", True, True)
    assert (told["Ret"], told["EnvID"], told["Remarks"]) == ("HDRS", "a+b", ["bare-lf", "no-quit"])


def test_the_envelope_of_a_plain_mail_asks_for_nothing(client: FlaskClient, rich: Message) -> None:
    told: Any = client.get("/api/v1/message/1/envelope").json

    found = [told[name] for name in ("Body", "SMTPUTF8", "RequireTLS", "Ret", "EnvID", "Remarks")]
    assert found == ["7BIT", False, False, "", "", []]
