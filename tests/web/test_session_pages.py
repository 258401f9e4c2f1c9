"""The pages of sessions without scripts: what they show, where they lead, and that a client's words are only text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Ending, Envelope, Message, Protocol, Recipient, Recorder
from mailtrap_lite.sandbox import Sandbox

PAYLOAD = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7777*7777}}"


def links(text: str) -> list[str]:
    """Return the sessions that a page leads to."""
    return re.findall(r'href="/session/([^"]+)"', text)


def words(text: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_no_session_is_said_in_words(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    assert "No session yet: nobody spoke SMTP, LMTP or POP3 to this server." in client.get("/sessions").text

    talk(messages=[1])

    assert "No session is like that." in client.get("/sessions?delivered=no").text
    assert "No session is as far back as this." in client.get("/sessions?start=50").text


def test_the_sessions_are_reached_from_every_page(client: FlaskClient, rich: Message) -> None:
    for path in ("/", "/message/1", "/delete-all", "/sessions"):
        assert '<a href="/sessions"' in client.get(path).text


def test_the_list_tells_of_each_session(
    client: FlaskClient, talk: Callable[..., Recorder], deliver: Callable[..., Message]
) -> None:
    message = deliver()
    first = talk("S: 550 no", messages=[message.id], user="ann")
    first.tls, first.octets_in, first.octets_out = "TLSv1.3", 4_200, 900
    second = talk(protocol=Protocol.POP3, ending=Ending.LEFT)

    text = client.get("/sessions").text

    assert links(text) == [second.id, first.id]
    newer, older = (words(row) for row in text.split("<tbody>")[1].split("</tr>")[:2])
    for shown in ("POP3", "127.0.0.1:52344", "no TLS", "left without QUIT", "0 B / 0 B", "retrieved nothing"):
        assert shown in newer
    for shown in ("SMTP", "ann", "TLSv1.3", "QUIT", "4.2 kB / 900 B", "#1", "1 refused"):
        assert shown in older
    assert "nothing" not in older
    assert 'href="/message/1"' in text


def test_a_session_that_delivered_nothing_is_marked(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    talk()
    talk(ending=None)

    text = client.get("/sessions").text

    assert text.count('<tr class="fruitless">') == 2
    assert re.findall(r'class="tag([^"]*)">([^<]+)', text) == [
        (" mild", "delivered nothing yet"),
        ("", "delivered nothing"),
    ]


def test_the_list_can_be_narrowed(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    sent, failed, polled = talk(messages=[1]).id, talk().id, talk(protocol=Protocol.POP3).id

    assert links(client.get("/sessions").text) == [polled, failed, sent]
    nothing = client.get("/sessions?delivered=no").text
    assert links(nothing) == [polled, failed]
    assert '<a href="/sessions?delivered=no" aria-current="true">Delivered nothing</a>' in nothing
    assert 'href="/sessions?protocol=smtp&amp;delivered=no"' in nothing
    assert links(client.get("/sessions?delivered=no&protocol=smtp").text) == [failed]


def test_the_list_is_paged_and_stays_narrowed(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    ids = [talk().id for _ in range(120)][::-1]
    talk(messages=[1])

    def page(query: str) -> tuple[list[str], list[str]]:
        text = client.get(f"/sessions{query}").text
        return links(text), re.findall(r'rel="(?:prev|next)" href="([^"]+)"', text)

    narrowed = "/sessions?delivered=no"
    assert page("?delivered=no") == (ids[:50], [f"{narrowed}&amp;start=50"])
    assert page("?delivered=no&start=50") == (ids[50:100], [narrowed, f"{narrowed}&amp;start=100"])
    assert page("?delivered=no&start=100") == (ids[100:], [f"{narrowed}&amp;start=50"])
    assert page("?start=100")[1] == ["/sessions?start=50"]


def test_a_session_has_its_facts(
    client: FlaskClient, talk: Callable[..., Recorder], deliver: Callable[..., Message]
) -> None:
    message = deliver("Your order")
    recorder = talk("C: EHLO app.test", "S: 250 hello", messages=[message.id, 99], user="ann", ending=Ending.IDLE)
    recorder.tls, recorder.cipher, recorder.pipelined = "TLSv1.3", "TLS_AES_256_GCM_SHA384", True
    recorder.octets_in, recorder.octets_out = 1_234, 56

    text = client.get(f"/session/{recorder.id}").text

    said = words(text)
    for shown in (
        "Client 127.0.0.1:52344",
        "Said its name is app.test",
        "User ann",
        "TLS TLSv1.3, TLS_AES_256_GCM_SHA384",
        "Pipelining used",
        "Ended silent for too long",
        "From the client 1,234 octets",
        "To the client 56 octets",
        "#1 Your order",
        "#99, deleted",
    ):
        assert shown in said
    assert 'href="/message/1"' in text
    assert 'href="/message/99"' not in text


def test_a_session_that_said_nothing_has_a_page(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    text = words(client.get(f"/session/{talk(ending=None).id}").text)

    for shown in ("delivered nothing yet", "User nobody logged in", "TLS no", "still going on", "Nothing was said."):
        assert shown in text


def test_who_said_what_is_told_in_words(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    said = ("S: 220 ready", "C: NOOP", "S: 250 fine", "#: TLSv1.3", "C: X", "S: 500 what")

    text = client.get(f"/session/{talk(*said).id}").text

    assert re.findall(r'<td class="who">(\w+)</td>', text) == ["server", "client", "server", "note", "client", "server"]
    assert re.findall(r'<td class="at">([^<]+)</td>', text)[:3] == ["0.000", "0.250", "0.500"]
    assert text.count("refused: ") == 1
    assert re.findall(r'<tr class="server refused">.*?<bdi>([^<]+)', text) == ["500 what"]


def test_omitted_lines_are_shown_at_the_gap(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    session = talk(*(f"C: NOOP {number}" for number in range(600))).id

    said = words(client.get(f"/session/{session}").text)

    assert "client NOOP 199 100 more lines, not kept 75.000 client NOOP 300" in said


def test_many_messages_are_named_up_to_a_bound(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    session = talk(messages=range(1, 302)).id

    listed, whole = words(client.get("/sessions").text), words(client.get(f"/session/{session}").text)

    assert "#5 +296" in listed
    assert "#20, deleted #21 #22" in whole
    assert "#200 and 101 more" in whole


@pytest.mark.parametrize("session", ["nowhere", PAYLOAD.replace("/", "")])
def test_an_unknown_session_leads_back(client: FlaskClient, session: str) -> None:
    answer = client.get(f"/session/{session}")

    assert answer.status_code == 404
    assert "no session has the id" in answer.text
    assert 'href="/"' in answer.text
    assert "<script>alert" not in answer.text


async def accepted(sandbox: Sandbox, envelope: Envelope) -> int:
    return await sandbox.accept(envelope, b"Subject: x\r\n\r\n")


def test_the_envelope_shows_what_was_asked_for_and_its_session(
    client: FlaskClient, sandbox: Sandbox, talk: Callable[..., Recorder]
) -> None:
    recorder = talk("C: EHLO app.test", "S: 250 hello", messages=[1])
    recorder.tls, recorder.cipher = "TLSv1.3", "TLS_AES_256_GCM_SHA384"
    recipient = Recipient("b@x.test", ("NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;first@x.test"))
    options = ("BODY=8BITMIME", "SMTPUTF8", "REQUIRETLS", "RET=HDRS", "ENVID=id+2B1")
    envelope = Envelope("a@x.test", (recipient,), options, tls="TLSv1.3", session=recorder.id, remarks=("bare-lf",))
    asyncio.run(accepted(sandbox, envelope))

    text = client.get("/message/1?tab=envelope").text

    said = words(text)
    for shown in (
        "notify SUCCESS, DELAY",
        "first sent to rfc822;first@x.test",
        "Body 8BITMIME, SMTPUTF8, REQUIRETLS",
        "RET HDRS",
        "ENVID id+1",
        "TLS TLSv1.3, TLS_AES_256_GCM_SHA384",
        "Remarks bare-lf",
        "SMTP, QUIT after",
    ):
        assert shown in said
    assert links(text) == [recorder.id]
    assert "client EHLO app.test" in words(client.get("/message/1?tab=sessions").text)


def test_a_forgotten_session_is_no_link(client: FlaskClient, sandbox: Sandbox) -> None:
    asyncio.run(accepted(sandbox, Envelope("a@x.test", (Recipient("b@x.test"),), session="old-1")))

    text = client.get("/message/1?tab=envelope").text

    assert "old-1 , forgotten" in words(text)
    assert links(text) == []


HOSTILE = [PAYLOAD, "\x1b[2J\x00\x07", "\u202egnp.exe\u2066", "\ud800", "x" * 100_000]


@pytest.mark.parametrize("hostile", HOSTILE, ids=["markup", "controls", "bidi", "surrogate", "long"])
def test_what_a_client_says_is_only_ever_text(
    client: FlaskClient, sandbox: Sandbox, talk: Callable[..., Recorder], hostile: str
) -> None:
    on_the_wire = hostile.encode("utf-8", "replace").decode()
    recorder = talk(f"C: EHLO {on_the_wire}", "S: 250 hello", f"C: {on_the_wire}", user=hostile, messages=[1])
    recorder.client = hostile
    envelope = Envelope(
        "a@x.test",
        (Recipient("b@x.test", (f"ORCPT={hostile}", f"NOTIFY={hostile}")),),
        (f"ENVID={hostile}", f"RET={hostile}", f"BODY={hostile}"),
        client=hostile,
        helo=hostile,
        user=hostile,
        session=recorder.id,
        remarks=(hostile,),
    )
    asyncio.run(accepted(sandbox, envelope))

    for path in ("/sessions", f"/session/{recorder.id}", "/message/1?tab=envelope"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert len(answer.data) < 2_000_000
        assert not re.search(r"<script>alert|<img src=x|[\x00-\x08\x0b\x0c\x0e-\x1f\u202e\u2066]", answer.text)
    for path in ("sessions", f"session/{recorder.id}", "message/1/session", "message/1/envelope"):
        assert client.get(f"/api/v1/{path}").status_code == 200
