"""What is remembered of an SMTP conversation, whatever became of it."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Ending, Protocol, Recorder
from mailtrap_lite.smtp.protocol import CaptureSMTP

if TYPE_CHECKING:
    from tests.smtp.conftest import Door, OpenDoor

MAIL = b"Subject: x\r\n\r\nhi\r\n"


def test_who_reads_the_goodbye_finds_the_session_ended(door: Door) -> None:
    client = door.greeted()

    client.ask(b"QUIT")

    (session,) = door.sandbox.sessions
    assert (session.ending, session.ended is None) == (Ending.QUIT, False)


def test_a_session_can_be_looked_at_while_it_goes_on(door: Door) -> None:
    client = door.greeted()

    client.ask(b"NOOP")

    (session,) = door.sandbox.sessions
    assert (session.ending, session.ended) == (Ending.OPEN, None)
    assert session.commands == ("EHLO client.test", "NOOP")
    assert session.exchanges[-1].replies == ("250 2.0.0 Ok",)


def test_a_message_leads_to_its_session_before_that_ends(door: Door) -> None:
    client = door.connect().begin()

    client.ask(MAIL + b".")

    (message,) = door.messages()
    session = message.session
    assert session is not None
    assert session.messages == (message.id,)
    assert session.id == message.envelope.session


def test_octets_are_counted(door: Door) -> None:
    client = door.connect()
    said = client.reply() + "\r\n"
    said += client.ask(b"HELO c.test") + "\r\n"
    said += client.ask(b"QUIT") + "\r\n"

    session = door.session()

    assert (session.octets_in, session.octets_out) == (len(b"HELO c.test\r\nQUIT\r\n"), len(said))


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one piece"])
def test_pipelining_is_seen(together: bool, door: Door) -> None:
    client = door.greeted()
    commands = [b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n"]

    for piece in [b"".join(commands)] if together else commands:
        client.send(piece)
        for _ in range(piece.count(b"\n")):
            client.reply()

    (session,) = door.sandbox.sessions
    assert session.pipelined is together


def test_a_refused_session_is_there(open_door: OpenDoor) -> None:
    door = open_door(session_errors=2)
    client = door.greeted()
    client.ask(b"XYZZY")
    client.ask(b"XYZZY")

    session = door.sandbox.sessions[0]

    assert (session.ending, session.delivered) == (Ending.REFUSED, False)
    assert session.errors == ("500 5.5.2 Command not recognized", "421 4.7.0 Too many errors")


def test_one_connection_too_many_is_there(open_door: OpenDoor) -> None:
    door = open_door(connections=1)
    door.greeted()

    assert door.connect().reply().startswith("421 4.3.2 ")

    assert [session.ending for session in door.sandbox.sessions] == [Ending.OPEN, Ending.REFUSED]


def test_a_client_that_leaves_in_the_middle_is_there(door: Door) -> None:
    client = door.connect().begin()
    client.send(b"half a mail")
    client.close()

    session = door.session()

    assert (session.ending, session.delivered) == (Ending.LEFT, False)
    assert session.commands[-1] == "DATA"


def test_an_idle_client_is_there(open_door: OpenDoor) -> None:
    door = open_door(smtp_idle=0.1)
    client = door.greeted()

    assert client.rest().startswith("421 4.4.2 Idle")

    assert door.session().ending is Ending.IDLE


@pytest.mark.parametrize("command", [b"DATA", b"BDAT 100000"])
def test_a_mail_that_takes_too_long_is_cut_though_it_moves(command: bytes, open_door: OpenDoor) -> None:
    door = open_door(smtp_transfer=0.2, smtp_idle=20)
    client = door.greeted()
    client.ask(b"MAIL FROM:<a@x.test>")
    client.ask(b"RCPT TO:<b@x.test>")
    client.send(command + b"\r\n")
    client.socket.settimeout(0.01)

    said = b""
    while not said.endswith(b"\r\n") or said.startswith(b"354"):
        client.send(b"x")
        try:
            said = client.socket.recv(100)
        except TimeoutError:
            continue

    assert said == b"421 4.4.2 The mail takes too long\r\n"
    assert door.messages() == []


def test_a_shutdown_is_told_from_other_ends(door: Door) -> None:
    client = door.greeted()

    door.close(grace=0.1)

    assert client.reply() == "421 4.3.2 Service shutting down"
    assert door.session().ending is Ending.SHUTDOWN


def test_secrets_of_each_mechanism_are_hidden(door: Door) -> None:
    for argument, *answers in (
        (b"PLAIN AGJvYgBzZXNhbWU=",),
        (b"LOGIN", b"Ym9i", b"c2VzYW1l"),
        (b"CRAM-MD5", b"Ym9iIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"),
        (b"XOAUTH2", b"dXNlcj1ib2IBYXV0aD1CZWFyZXIgc2VzYW1lAQE="),
    ):
        client = door.greeted()
        reply = client.ask(b"AUTH " + argument)
        for answer in answers:
            assert reply.startswith("334 ")
            reply = client.ask(answer)
        assert reply.startswith("235 2.7.0 ")

    for session in door.sandbox.sessions:
        assert session.user == "bob"
        for secret in ("AGJv", "Ym9i", "c2Vz", "dXNl"):
            assert secret not in session.transcript


@pytest.mark.parametrize("store", ["memory", "file"])
def test_whoever_sees_a_message_sees_it_in_its_session(store: str, open_door: OpenDoor, tmp_path: Path) -> None:
    door = open_door(store=store if store == "memory" else str(tmp_path / "mail.db"))
    linked: list[bool] = []

    def watch() -> None:
        last = 0
        while len(linked) < 100:
            message = door.sandbox.wait_for(after=last, timeout=20)
            last = message.id
            session = message.session
            linked.append(session is not None and message.id in session.messages)

    watcher = threading.Thread(target=watch)
    watcher.start()
    client = door.greeted()
    for _ in range(100):
        client.send(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nBDAT 0 LAST\r\n")
        assert client.reply() + client.reply() + client.reply()
    watcher.join(20)

    assert linked == [True] * 100


def test_how_much_came_of_a_mail_that_was_broken_off_is_noted(door: Door) -> None:
    client = door.connect().begin()
    client.send(b"half a mail")
    client.half_close()
    client.rest()

    assert door.session().transcript.endswith("#: 11 octets of data, and no end")


def test_a_chunk_that_was_broken_off_is_noted_too(door: Door) -> None:
    client = door.greeted()
    client.ask(b"MAIL FROM:<a@x.test>")
    client.ask(b"RCPT TO:<b@x.test>")
    client.send(b"BDAT 100 LAST\r\nabc")
    client.half_close()
    client.rest()

    assert door.session().transcript.endswith("C: BDAT 100 LAST\n#: 3 octets of data, and no end")


def test_the_envelope_keeps_what_the_extensions_said(open_door: OpenDoor) -> None:
    door = open_door(tls=True)
    client = door.greeted()
    client.ask(b"STARTTLS")
    client.shake_hands(door.trust())
    client.ask(b"EHLO c.test")
    client.ask(b"MAIL FROM:<a@x.test> BODY=BINARYMIME RET=HDRS ENVID=QQ+2B3 REQUIRETLS SMTPUTF8")
    client.ask(b"RCPT TO:<b@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2Btag@x.test")
    client.ask(b"RCPT TO:<c@x.test> ORCPT=utf-8;j\\x{FC}rgen@x.test")
    assert client.ask(b"BDAT 0 LAST").startswith("250 2.0.0 ")

    (message,) = door.messages()

    said = message.envelope
    assert (said.body, said.ret, said.envid) == ("BINARYMIME", "HDRS", "QQ+3")
    assert (said.require_tls, said.smtputf8, said.tls) == (True, True, "TLSv1.3")
    assert [each.notify for each in said.recipients] == [("SUCCESS", "DELAY"), ()]
    assert [each.original for each in said.recipients] == ["rfc822;Bob+tag@x.test", "utf-8;jürgen@x.test"]


def test_the_transfer_of_a_chunk_that_was_refused_ends_with_it(open_door: OpenDoor) -> None:
    door = open_door(smtp_transfer=0.1, smtp_idle=1.0)
    client = door.greeted()
    client.send(b"BDAT 5\r\nabcde")
    assert client.reply().startswith("503 ")

    assert client.rest() == "421 4.4.2 Idle for too long\r\n"


def test_replies_to_a_group_come_in_one_piece(door: Door) -> None:
    client = door.greeted()

    client.send(b"NOOP\r\n" * 20)

    assert client.socket.recv(65536) == b"250 2.0.0 Ok\r\n" * 20


def test_an_answer_to_a_challenge_may_be_longer_than_a_command(door: Door) -> None:
    for octets, reply in ((12_288, "501 5.5.2 "), (12_289, "500 5.5.6 ")):
        client = door.greeted()
        assert client.ask(b"AUTH PLAIN").startswith("334 ")
        assert client.ask(b"A" * (octets - 2)).startswith(reply)
        assert client.ask(b"NOOP").startswith("250 ")


def test_many_messages_of_one_session_cost_a_bounded_list() -> None:
    recorder = Recorder("x", Protocol.SMTP, client="", started=0.0)

    for number in range(50_000):
        recorder.note_message(number)

    assert recorder.session().messages == tuple(range(40_000, 50_000))
    assert len(recorder.messages) <= 20_000


def test_a_connection_is_freed_without_the_garbage_collector(open_door: OpenDoor) -> None:
    door = open_door(tls=True)
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, CaptureSMTP) for each in gc.get_objects())
        for commands in (b"QUIT\r\n", b"EHLO c\r\nAUTH LOGIN\r\n", b"EHLO c\r\nSTARTTLS\r\nrubbish\r\n"):
            client = door.connect()
            client.send(commands)
            client.half_close()
            client.rest_of_anything()
            client.close()
        door.until(lambda: door.door.connections == 0)
        door.until(lambda: sum(isinstance(each, CaptureSMTP) for each in gc.get_objects()) == before)
    finally:
        gc.enable()
