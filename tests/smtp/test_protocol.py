from __future__ import annotations

import asyncio
import base64
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.errors import ServerClosed, StoreFull
from mailtrap_lite.message import Envelope, Origin, Recipient, Recorder
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.smtp.verbs import VERBS

if TYPE_CHECKING:
    from tests.smtp.conftest import Door, OpenDoor

MAIL = b"Subject: hello\r\n\r\nhi\r\n"


def test_250_means_stored_and_visible(door: Door) -> None:
    client = door.connect().begin()

    client.send(MAIL + b".\r\n")

    assert client.reply() == "250 2.0.0 Ok: stored as 1"
    assert door.sandbox.message(1).raw == MAIL
    assert [found.name for found in door.sandbox.mailboxes()] == ["bob@x.test"]


def test_the_envelope_is_what_was_said(door: Door) -> None:
    client = door.connect()
    client.reply()
    host, port = client.socket.getsockname()
    client.ask(b"EHLO me.test")
    client.ask(b"AUTH PLAIN " + base64.b64encode(b"\0alice\0secret"))
    client.ask(b"MAIL FROM:<@relay.test:Alice@X.test> size=22 Body=8BITMIME AUTH=<>")
    client.ask(b"RCPT TO:<Bob@x.test>")
    client.ask(b"RCPT TO:<Bob@x.test>")
    client.ask(b"DATA")
    client.ask(MAIL + b".")
    client.ask(b"QUIT")

    session = door.session()

    assert session.id
    assert door.messages()[0].envelope == Envelope(
        sender="Alice@X.test",
        recipients=(Recipient("Bob@x.test"), Recipient("Bob@x.test")),
        options=("size=22", "Body=8BITMIME", "AUTH=<>"),
        client=f"{host}:{port}",
        helo="me.test",
        user="alice",
        tls=None,
        session=session.id,
        origin=Origin.SMTP,
    )


def test_the_null_sender_is_empty(door: Door) -> None:
    with door.smtplib() as smtp:
        smtp.sendmail("", ["bob@x.test"], MAIL)

    assert door.messages()[0].envelope.sender == ""


def test_a_second_mail_knows_nothing_of_the_first(door: Door) -> None:
    with door.smtplib() as smtp:
        smtp.sendmail("a@x.test", ["b@x.test"], MAIL, mail_options=["BODY=8BITMIME"])
        smtp.sendmail("c@x.test", ["d@x.test"], MAIL)

    first, second = (message.envelope for message in door.messages())
    assert (first.sender, first.addresses, "BODY=8BITMIME" in first.options) == ("a@x.test", ("b@x.test",), True)
    assert (second.sender, second.addresses, "BODY=8BITMIME" in second.options) == ("c@x.test", ("d@x.test",), False)


def test_smtputf8_from_smtplib(door: Door) -> None:
    with door.smtplib() as smtp:
        smtp.ehlo()
        smtp.sendmail("jürgen@x.test", ["用户@例子.测试"], MAIL, mail_options=["SMTPUTF8"])

    envelope = door.messages()[0].envelope
    assert (envelope.sender, envelope.addresses) == ("jürgen@x.test", ("用户@例子.测试",))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_smtplib_logs_in(mechanism: str, initial: bool, door: Door) -> None:
    with door.smtplib() as smtp:
        smtp.ehlo()
        smtp.user, smtp.password = "alice", "secret"
        method = smtp.auth_plain if mechanism == "PLAIN" else smtp.auth_login
        assert smtp.auth(mechanism, method, initial_response_ok=initial)[0] == 235

    assert door.session().user == "alice"


BODIES = {
    "empty": b"",
    "no header": b"just text\r\n",
    "dots": b".\r\n..\r\n.a\r\n\r\n.\r\n",
    "8-bit": bytes(range(256)).replace(b"\r\n", b"") + b"\r\n",
    "NUL": b"\0\0\0\r\n",
    "bare CR and LF": b"a\rb\nc\n\r\n\n\r\r\n",
    "a long line": b"x" * 1_000_000 + b"\r\n",
    "3 MB": b"0123456789abcdef" * 200_000 + b"\r\n",
}


@pytest.mark.parametrize("raw", BODIES.values(), ids=BODIES.keys())
def test_raw_equals_what_was_sent(raw: bytes, door: Door) -> None:
    client = door.connect().begin()

    client.send(re.sub(rb"(\A|\r\n)\.", rb"\1..", raw) + b".\r\n")

    assert client.reply() == "250 2.0.0 Ok: stored as 1"
    assert door.messages()[0].raw == raw


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary(max_size=300), pieces=st.lists(st.integers(1, 40), max_size=8))
def test_raw_equals_what_was_sent_in_any_pieces_over_a_socket(text: bytes, pieces: list[int], door: Door) -> None:
    raw = text + b"\r\n"
    client = door.connect().begin()

    stream = re.sub(rb"(\A|\r\n)\.", rb"\1..", raw) + b".\r\nNOOP\r\n"
    for size in pieces:
        client.send(stream[:size])
        stream = stream[size:]
    client.send(stream)

    assert client.reply().startswith("250 2.0.0 Ok: stored as ")
    assert client.reply() == "250 2.0.0 Ok"
    assert door.sandbox.latest().raw == raw
    client.close()


def test_a_session_is_written_down(door: Door) -> None:
    client = door.connect()
    client.reply()
    for command in (b"HELO c.test", b"MAIL FROM:<a@x.test>", b"RCPT TO:<b@x.test>", b"DATA", MAIL + b".", b"QUIT"):
        client.ask(command)

    session = door.session()

    assert (session.protocol, session.client.split(":")[0], session.user) == ("smtp", "127.0.0.1", None)
    assert session.messages == (1,)
    assert session.transcript.splitlines() == [
        "S: 220 mailtrap.localhost ESMTP",
        "C: HELO c.test",
        "S: 250 mailtrap.localhost",
        "C: MAIL FROM:<a@x.test>",
        "S: 250 2.1.0 Sender ok",
        "C: RCPT TO:<b@x.test>",
        "S: 250 2.1.5 Recipient ok",
        "C: DATA",
        "S: 354 End data with <CR><LF>.<CR><LF>",
        "#: 22 octets of data",
        "S: 250 2.0.0 Ok: stored as 1",
        "C: QUIT",
        "S: 221 2.0.0 Bye",
    ]


SECRET = base64.b64encode(b"\0alice\0secret")


@pytest.mark.parametrize(
    "commands",
    [
        [b"AUTH PLAIN " + SECRET],
        [b"auth  plain  " + SECRET],
        [b" AUTH PLAIN " + SECRET],
        [b"AUTH\tPLAIN\t" + SECRET],
        [b"AUTH PLAIN " + SECRET + b" " + SECRET],
        [b"AUTH FOO " + SECRET],
        [b"AUTH FOO", SECRET],
        [b"AUTH PLAIN", SECRET],
        [b"AUTH PLAIN", SECRET + b"!"],
        [b"AUTH LOGIN", b"YWxpY2U=", SECRET],
        [b"AUTH LOGIN !", b"YWxpY2U=", SECRET],
        [b"AUTH PLAIN " + SECRET * 1000],
        [b"AUTH PLAIN", SECRET * 1000],
        [b"MAIL FROM:<a@x.test>", b"AUTH PLAIN", SECRET],
    ],
    ids=lambda commands: " / ".join(command[:20].decode() for command in commands).replace("\t", " "),
)
def test_no_secret_is_written_down(commands: list[bytes], door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = door.greeted()
    for command in commands:
        client.ask(command)
    client.close()

    transcript = door.session().transcript

    assert SECRET.decode() not in transcript
    assert SECRET.decode() not in caplog.text
    assert "AUTH" in transcript.upper() or "too long" in transcript


def test_giving_up_is_written_down_as_said(door: Door) -> None:
    client = door.greeted()
    client.ask(b"AUTH LOGIN YWxpY2U=")
    client.ask(b"*")
    client.close()

    assert door.session().transcript.splitlines()[-4:] == [
        "C: AUTH LOGIN ***",
        "S: 334 UGFzc3dvcmQ6",
        "C: *",
        "S: 501 5.7.0 Authentication cancelled",
    ]


def test_a_file_store_commits_for_many_clients(open_door: OpenDoor, tmp_path: Path) -> None:
    door = open_door(store=str(tmp_path / "mail.db"))
    clients = [door.connect().begin() for _ in range(20)]

    for number, client in enumerate(clients):
        client.send(b"mail %d\r\n.\r\nQUIT\r\n" % number)

    assert {client.reply()[:30] for client in clients} == {f"250 2.0.0 Ok: stored as {n}" for n in range(1, 21)}
    assert {message.raw for message in door.messages()} == {b"mail %d\r\n" % n for n in range(20)}
    assert all(client.rest() == "221 2.0.0 Bye\r\n" for client in clients)


class Waiting(Sandbox):
    """Waits in every way that a coroutine can."""

    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        await asyncio.to_thread(bytes)
        async with asyncio.timeout(20):
            await asyncio.sleep(0)
        failing = asyncio.get_running_loop().create_future()
        failing.get_loop().call_soon(failing.set_exception, KeyError("caught"))
        try:
            await failing
        except KeyError:
            if raw == MAIL:
                raise
        return await super().accept(envelope, raw, recorder=recorder)


def test_a_commit_may_wait_in_any_way(open_door: OpenDoor) -> None:
    door = open_door(sandbox=Waiting)
    client = door.connect().begin()

    assert client.ask(MAIL + b".").startswith("451 4.3.0 ")
    client.send(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nother\r\n.\r\nQUIT\r\n")
    assert client.rest().splitlines()[-2:] == ["250 2.0.0 Ok: stored as 1", "221 2.0.0 Bye"]


class Broken(Sandbox):
    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        if raw == MAIL:
            raise RuntimeError("the secret of the house")
        return await super().accept(envelope, raw, recorder=recorder)


def test_an_exception_is_in_the_log_and_not_in_the_reply(open_door: OpenDoor, caplog: pytest.LogCaptureFixture) -> None:
    door = open_door(sandbox=Broken)
    client = door.connect().begin()

    reply = client.ask(MAIL + b".")

    found = re.fullmatch(r"451 4\.3\.0 Internal error ([0-9a-f]{8}), see the log", reply)
    assert found
    assert found[1] in caplog.text
    assert "the secret of the house" in caplog.text
    assert client.ask(b"RCPT TO:<b@x.test>").startswith("503 5.5.1 ")  # the transaction is gone, the session is not
    client.ask(b"MAIL FROM:<a@x.test>")
    client.ask(b"RCPT TO:<b@x.test>")
    client.ask(b"DATA")
    assert client.ask(b"other\r\n.") == "250 2.0.0 Ok: stored as 1"


class Full(Sandbox):
    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        raise StoreFull("no room")


def test_an_error_of_ours_has_its_own_reply(open_door: OpenDoor) -> None:
    client = open_door(sandbox=Full).connect().begin()

    assert client.ask(MAIL + b".") == "452 4.3.1 Insufficient system storage"
    assert client.ask(b"DATA").startswith("503 5.5.1 ")
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"


class Stopped(Sandbox):
    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        raise ServerClosed("the server was stopped")


def test_a_reply_of_421_ends_the_session(open_door: OpenDoor) -> None:
    client = open_door(sandbox=Stopped).connect().begin()

    client.send(MAIL + b".\r\nNOOP\r\n")

    assert client.rest() == "421 4.3.2 Service shutting down\r\n"


def test_a_bug_in_a_command_is_451_too(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("the secret of the house")

    monkeypatch.setitem(VERBS, "NOOP", broken)
    client = door.greeted()

    assert client.ask(b"NOOP").startswith("451 4.3.0 Internal error ")
    assert client.ask(b"RSET") == "250 2.0.0 Ok"
    assert "the secret of the house" in caplog.text


def test_a_bug_in_a_stock_command_is_451_too(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("mailtrap_lite.smtp.protocol.CaptureSMTP.smtp_EXPN", broken)
    client = door.greeted()

    assert client.ask(b"EXPN x").startswith("451 4.3.0 Internal error ")
    assert "the secret of the house" in caplog.text


def test_every_reply_has_an_enhanced_code_of_its_class(door: Door) -> None:
    client = door.greeted()
    commands = [
        b"NOOP",
        b"HELP",
        b"VRFY a",
        b"VRFY",
        b"VRFY ((",
        b"EXPN a",
        b"STARTTLS",
        b"STARTTLS x",
        b"RSET",
        b"MAIL",
    ]
    commands += [b"RCPT", b"DATA", b"AUTH", b"AUTH X", b"X", b"", b"\0", b"MAIL FROM:<>", b"RCPT TO:<a>", b"RSET"]

    for reply in [*map(client.ask, commands), client.ask(b"QUIT")]:
        assert re.match(r"([245])\d\d \1\.\d+\.\d+ ", reply), reply


VERBS_AND_NOISE = st.one_of(
    st.sampled_from([b"EHLO c", b"HELO c", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b".", b"RSET", b"VRFY a"]),
    st.sampled_from([b"AUTH LOGIN", b"AUTH PLAIN", b"*", b"YQ==", b"NOOP", b"HELP", b"EXPN", b"STARTTLS", b"x" * 3000]),
    st.binary(max_size=30),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(VERBS_AND_NOISE, max_size=30))
def test_whatever_is_said_the_replies_are_replies(lines: list[bytes], door: Door) -> None:
    client = door.connect()

    client.send(b"".join(line + b"\r\n" for line in lines))
    client.half_close()

    for reply in client.rest().splitlines():
        assert re.fullmatch(r"([245])\d\d \1\.\d+\.\d+ .+|220 .+|250[- ].+|3[35]4 .*|421 5\.7\.0 .+", reply), reply
        assert not reply.startswith("451")
    client.close()


def test_nothing_of_the_client_is_in_a_stock_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with door.smtplib() as smtp:
        smtp.sendmail("a@x.test", ["b@x.test"], MAIL)
        smtp.verify("a@x.test")

    assert [record for record in caplog.records if record.name == "mail.log"] == []


def test_limits_belong_to_the_connection(door: Door) -> None:
    before = dict(SMTP.command_size_limits)

    for _ in range(3):
        door.greeted()

    assert dict(SMTP.command_size_limits) == before
