"""TLS at the SMTP door: handshakes that fail, clients that vanish, and what is forgotten."""

from __future__ import annotations

import smtplib
import socket
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Ending

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor

MAIL = b"Subject: x\r\n\r\nhi\r\n"


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    return open_door(tls=True)


@pytest.fixture
def smtps(open_door: OpenDoor) -> Door:
    return open_door(tls=True, name="smtps")


def shaking(door: Door) -> Client:
    """Return a client that has said STARTTLS."""
    client = door.greeted()
    assert client.ask(b"STARTTLS").startswith("220 2.0.0 ")
    return client


def test_garbage_in_the_handshake_closes_only_that_connection(door: Door) -> None:
    other = door.greeted()
    client = shaking(door)

    client.send(b"GET / HTTP/1.1\r\n\r\n")

    client.rest_of_anything()
    door.until(lambda: door.door.connections == 1)
    assert other.ask(b"NOOP").startswith("250 ")
    session = door.sandbox.sessions[-1]
    assert session.ending is Ending.REFUSED
    assert "TLS handshake failed" in session.transcript


def test_plain_text_at_the_tls_port_gets_no_word(smtps: Door) -> None:
    client = smtps.connect()

    client.send(b"EHLO c.test\r\n")

    assert b"250" not in client.rest_of_anything()
    assert smtps.session().ending is Ending.REFUSED


def test_a_client_that_vanishes_in_the_handshake_is_forgotten(door: Door) -> None:
    client = shaking(door)

    client.close()

    assert door.session().delivered is False


def test_a_client_that_is_silent_in_the_handshake_is_cut(open_door: OpenDoor) -> None:
    door = open_door(tls=True, smtp_idle=0.2)

    assert shaking(door).rest_of_anything() == b""
    assert door.session().ending in (Ending.IDLE, Ending.REFUSED)


@pytest.mark.parametrize("name", ["smtp", "smtps"])
@pytest.mark.parametrize("grace", [0.0, 0.2])
def test_a_shutdown_ends_handshakes(name: str, grace: float, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    client = shaking(door) if name == "smtp" else door.connect()
    door.until(lambda: door.door.connections == 1)

    door.close(grace)

    assert client.rest_of_anything() == b""
    assert door.door.connections == 0


def test_one_connection_too_many_is_closed_at_the_tls_port(open_door: OpenDoor) -> None:
    door = open_door(tls=True, name="smtps", connections=1)
    first = door.connect()
    first.shake_hands(door.trust())
    assert first.reply().startswith("220 ")

    assert door.connect().rest_of_anything() == b""
    assert first.ask(b"NOOP").startswith("250 ")


def test_what_was_said_before_tls_is_forgotten(door: Door) -> None:
    client = door.greeted()
    client.ask(b"MAIL FROM:<a@x.test>")
    client.send(b"STARTTLS\r\nRCPT TO:<injected@x.test>\r\nDATA\r\n")
    assert client.reply().startswith("220 ")

    client.shake_hands(door.trust())

    assert client.ask(b"DATA").startswith("503 ")
    assert client.ask(b"EHLO c.test").startswith("250-")
    assert client.ask(b"RCPT TO:<b@x.test>").startswith("503 ")
    assert door.messages() == []


def test_a_large_mail_goes_through_tls(door: Door) -> None:
    mail = MAIL + b"0123456789" * 7 * 100_000 + b"\r\n"

    with smtplib.SMTP("localhost", door.port) as client:
        client.starttls(context=door.trust())
        client.sendmail("a@x.test", ["b@x.test"], mail)

    assert door.messages()[0].raw == mail


def test_a_client_that_closes_behind_its_mail_has_it_stored(door: Door) -> None:
    client = shaking(door)
    client.shake_hands(door.trust())
    client.ask(b"EHLO c.test")
    client.send(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n")
    client.reply(), client.reply(), client.reply()
    client.send(MAIL + b".\r\n")

    client.socket.shutdown(socket.SHUT_RDWR)

    door.until(lambda: len(door.messages()) == 1)


def test_too_many_errors_over_tls_end_it(open_door: OpenDoor) -> None:
    door = open_door(tls=True, name="smtps", session_errors=1)
    client = door.connect()
    client.shake_hands(door.trust())
    client.reply()

    assert client.ask(b"XYZZY").startswith("421 4.7.0 ")
    assert client.rest() == ""


def test_an_idle_client_over_tls_gets_421(open_door: OpenDoor) -> None:
    door = open_door(tls=True, name="smtps", smtp_idle=0.3)
    client = door.connect()
    client.shake_hands(door.trust())
    client.reply()

    assert client.reply().startswith("421 4.4.2 ")
