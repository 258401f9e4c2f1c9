"""What is remembered of an SMTP conversation, whatever became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Ending

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
