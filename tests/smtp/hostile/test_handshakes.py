"""TLS handshakes that fail: each ends its own connection, and nothing of it stays."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.hostile.conftest import Client, StartVictim, Victim

MB = 1024**2


def _hello() -> bytes:
    """Return what a client says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


HELLO = _hello()
GARBAGE = {
    "nothing": b"",
    "plain text": b"EHLO client.test\r\nMAIL FROM:<a@x.test>\r\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": b"\0" * 5000,
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "half a hello": HELLO[: len(HELLO) // 2],
    "a hello": HELLO,
    "two hellos": HELLO + HELLO,
    "a hello and noise": HELLO + b"\xff" * 1000,
}


@pytest.mark.parametrize("door", ["smtp", "smtps"])
def test_200_broken_handshakes_end_their_own_connections_and_leave_nothing(door: str, start: StartVictim) -> None:
    victim = start("--tls=yes").settled()
    good = _at(door, victim).shake_hands()
    if door == "smtps":
        assert good.reply().startswith("220 ")
    assert good.ask(b"EHLO client.test").startswith("250 ")
    descriptors, before = victim.descriptors(), victim.resident()

    for number in range(200):
        client = _at(door, victim)
        client.send([*GARBAGE.values()][number % len(GARBAGE)])
        if number % 2:
            client.reset()
        else:
            client.socket.shutdown(socket.SHUT_WR)
            assert not client.rest().startswith(b"220 ")

    victim.until(lambda: victim.descriptors() <= descriptors)
    assert victim.resident() - before <= 5 * MB
    assert good.mail().startswith("250 ")


def test_a_client_that_does_not_speak_tls_is_closed(start: StartVictim) -> None:
    victim = start("--tls=yes")

    for door in ("smtp", "smtps"):
        for garbage in ("plain text", "HTTP", "zeros", "an alert", "a hello and noise"):
            client = _at(door, victim)
            client.send(GARBAGE[garbage])
            assert not client.rest().startswith(b"220 "), garbage


def test_a_client_that_stops_in_the_handshake_is_cut(start: StartVictim) -> None:
    victim = start("--tls=yes", "--smtp-idle=0.4")
    sockets = victim.sockets()

    clients = []
    for door in ("smtp", "smtps"):
        for garbage in ("nothing", "half a hello", "a hello"):
            clients.append(_at(door, victim))
            clients[-1].send(GARBAGE[garbage])

    assert [client.rest().startswith(b"220 ") for client in clients] == [False] * 6
    victim.until(lambda: victim.sockets() == sockets)


def test_a_server_ends_in_peace_during_handshakes(start: StartVictim) -> None:
    victim = start("--tls=yes")

    clients = [_at(door, victim) for door in ("smtp", "smtps")]
    for client in clients:
        client.send(GARBAGE["half a hello"])

    victim.end()

    assert [client.rest() for client in clients] == [b"", b""]


@pytest.mark.parametrize("door", ["smtp", "smtps"])
def test_handshakes_come_about_however_fast_the_client_is(door: str, start: StartVictim) -> None:
    victim = start("--tls=yes")

    for _ in range(50):
        client = _at(door, victim).shake_hands()
        if door == "smtps":
            assert client.reply().startswith("220 ")
        assert client.ask(b"EHLO client.test").startswith("250 ")
        assert client.ask(b"QUIT").startswith("221 ")


def _at(door: str, victim: Victim) -> Client:
    """Return a client that has to shake hands now."""
    client = victim.connect(door=door)
    if door == "smtp":
        assert client.greeted().ask(b"STARTTLS").startswith("220 ")
    return client
