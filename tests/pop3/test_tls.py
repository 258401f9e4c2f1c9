"""TLS at the POP3 door, on each event loop: handshakes that fail, clients that vanish, and what is forgotten."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Ending

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, Line, OpenDoor

ALICE = "alice@x.test"

pytestmark = [
    pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"]),
    pytest.mark.parametrize("kind", ["memory"]),
]


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    return open_door(tls=True)


@pytest.fixture
def pop3s(open_door: OpenDoor) -> Door:
    return open_door(tls=True, name="pop3s")


def shaking(door: Door) -> Line:
    """Return a client that has said STLS."""
    client = door.connect()
    client.line()
    assert client.ask(b"STLS") == b"+OK begin TLS\r\n"
    return client


def secured(door: Door, name: str) -> Line:
    """Return a client that speaks TLS and was greeted."""
    client = shaking(door) if name == "pop3" else door.connect()
    client.shake_hands(door.trust())
    if name == "pop3s":
        assert client.line().startswith(b"+OK")
    return client


def log_in(client: Line, user: bytes = b"alice@x.test") -> Line:
    assert client.ask(b"USER " + user).startswith(b"+OK")
    assert client.ask(b"PASS x").startswith(b"+OK")
    return client


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_the_session_knows_its_tls(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)

    log_in(secured(door, name)).ask(b"QUIT")

    session = door.ended[-1]
    assert (session.tls, session.user, session.ending) == ("TLSv1.3", ALICE, Ending.QUIT)
    assert session.cipher is not None
    assert f"#: TLSv1.3 with {session.cipher}" in session.transcript


def test_a_session_without_tls_says_so(door: Door) -> None:
    door.connect().log_in().ask(b"QUIT")

    assert door.ended[-1].tls is None


def test_garbage_in_the_handshake_closes_only_that_connection(door: Door) -> None:
    other = door.connect().log_in()
    client = shaking(door)

    client.send(b"GET / HTTP/1.1\r\n\r\n")

    client.rest_of_anything()
    assert door.until(lambda: len(door.door.crowd) == 1)
    assert other.ask(b"NOOP") == b"+OK\r\n"
    session = door.ended[-1]
    assert session.ending is Ending.REFUSED
    assert "#: TLS handshake failed: " in session.transcript


def test_a_failed_handshake_leaves_no_garbage(door: Door) -> None:
    def fail() -> None:
        client = shaking(door)
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        client.rest_of_anything()
        assert door.until(lambda: not door.door.crowd)

    fail()
    gc.collect()
    gc.disable()
    try:
        fail()
        left = [
            each for each in gc.get_objects() if isinstance(each, bytearray | memoryview) and len(each) >= 256 * 1024
        ]
    finally:
        gc.enable()

    assert left == []


def test_plain_text_at_the_tls_port_gets_no_word(pop3s: Door) -> None:
    client = pop3s.connect()

    client.send(b"CAPA\r\n")

    assert b"OK" not in client.rest_of_anything()
    assert pop3s.until(lambda: not pop3s.door.crowd)


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
@pytest.mark.parametrize("data", [b"", b"\x16\x03\x01"], ids=["before the hello", "within the hello"])
def test_a_client_that_vanishes_in_the_handshake_is_forgotten(name: str, data: bytes, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    client = shaking(door) if name == "pop3" else door.connect()
    client.send(data)

    client.close()

    later = log_in(secured(door, name))
    assert later.ask(b"QUIT") == b"+OK bye\r\n"
    later.close()
    assert door.until(lambda: not door.door.crowd)


def test_a_client_that_does_not_wait_for_the_reply_is_not_understood(open_door: OpenDoor) -> None:
    door = open_door(tls=True, pop3_idle=0.3)
    client = door.connect()
    client.line()

    client.send(b"STLS\r\nUSER alice\r\nPASS x\r\nSTAT\r\n")

    assert client.line() == b"+OK begin TLS\r\n"
    assert b"OK" not in client.rest_of_anything()
    assert door.until(lambda: not door.door.crowd)
    assert door.ended[-1].user is None


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_client_that_is_silent_in_the_handshake_is_cut(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name, pop3_idle=0.2)
    client = shaking(door) if name == "pop3" else door.connect()

    assert client.rest_of_anything() == b""
    assert door.until(lambda: len(door.ended) == 1)
    assert door.ended[0].ending is Ending.IDLE


def test_plain_text_in_the_segment_of_stls_is_dropped(door: Door) -> None:
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    client = door.connect()
    client.line()

    client.send(b"STLS\r\nUSER mallory\r\nPASS x\r\nDELE 1\r\nQUIT\r\n")  # the injection of CVE-2011-0411
    assert client.line() == b"+OK begin TLS\r\n"
    client.shake_hands(door.trust())

    assert client.ask(b"PASS x") == b"-ERR USER first\r\n"
    assert log_in(client).ask(b"STAT") == b"+OK 1 5\r\n"
    client.ask(b"QUIT")
    session = door.ended[-1]
    assert (session.user, session.pipelined) == (ALICE, True)
    assert session.commands == ("STLS", "PASS ***", f"USER {ALICE}", "PASS ***", "STAT", "QUIT")


class Packets:
    """TLS of which a test decides what goes into one packet."""

    def __init__(self, client: Line, context: ssl.SSLContext) -> None:
        self._client = client
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                self.send()
                self._incoming.write(client.socket.recv(65536))

    def say(self, data: bytes) -> None:
        """Say it with the next packet; the end of the handshake is in the first one."""
        self._tls.write(data)

    def say_goodbye(self) -> None:
        """End TLS with the next packet."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()

    def send(self) -> None:
        """Send the packet."""
        self._client.send(self._outgoing.read())

    def lines(self, count: int) -> list[bytes]:
        """Read that many lines."""
        got = b""
        while got.count(b"\n") < count:
            try:
                got += self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._incoming.write(self._client.socket.recv(65536))
        return got.splitlines()


def test_what_comes_with_the_end_of_the_handshake_is_heard(door: Door) -> None:
    client = Packets(shaking(door), door.trust())

    client.say(b"USER alice\r\nPASS x\r\n" + b"NOOP\r\n" * 20_000)  # more than what is taken at once
    client.send()

    assert client.lines(20_002) == [b"+OK send PASS", b"+OK maildrop has 0 messages (0 octets)", *[b"+OK"] * 20_000]


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_quit_and_the_goodbye_to_tls_in_one_packet_delete_the_mail(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    client = Packets(shaking(door) if name == "pop3" else door.connect(), door.trust())
    client.say(b"USER alice\r\nPASS x\r\n")
    client.send()
    client.lines(2 if name == "pop3" else 3)

    client.say(b"DELE 1\r\nQUIT\r\n")
    client.say_goodbye()
    client.send()

    assert door.until(lambda: not door.door.crowd)
    assert door.sandbox.waiting(ALICE) == []
    assert door.ended[-1].ending is Ending.QUIT


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
@pytest.mark.parametrize("grace", [0.0, 0.2])
def test_a_shutdown_ends_handshakes(name: str, grace: float, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    client = shaking(door) if name == "pop3" else door.connect()
    assert door.until(lambda: len(door.door.crowd) == 1)

    door.close(grace)

    assert not door.door.crowd
    assert client.rest_of_anything() == b""
    assert door.ended[-1].ending is Ending.SHUTDOWN


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_who_is_slow_with_the_handshake_is_a_session_that_one_can_see(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    _client = shaking(door) if name == "pop3" else door.connect()

    assert door.until(lambda: len(door.sandbox.sessions) == 1)

    (session,) = door.sandbox.sessions
    assert (session.ending, session.tls) == (Ending.OPEN, None)


def test_a_handshake_that_comes_octet_by_octet_is_understood(pop3s: Door) -> None:
    client = pop3s.connect()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = pop3s.trust().wrap_bio(incoming, outgoing, server_hostname="localhost")
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            for octet in outgoing.read():
                client.send(bytes([octet]))
            incoming.write(client.socket.recv(65536))

    assert tls.version() == "TLSv1.3"


def test_one_connection_too_many_is_closed_at_the_tls_port(open_door: OpenDoor) -> None:
    door = open_door(tls=True, name="pop3s", connections=1)
    first = secured(door, "pop3s")

    second = door.connect()

    assert second.rest_of_anything() == b""  # nobody would understand a word
    assert log_in(first).ask(b"NOOP") == b"+OK\r\n"


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_mail_of_20_mb_arrives_whole_over_tls(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    raw = b"A: b\r\n\r\n" + (b"." * 76 + b"\r\n") * 260_000
    door.sandbox.deliver(raw, to=ALICE)
    client = log_in(secured(door, name))

    client.send(b"RETR 1\r\n")

    assert client.line() == b"+OK %d octets\r\n" % len(raw)
    assert hashlib.sha256(client.body()).digest() == hashlib.sha256(raw).digest()
    assert client.ask(b"QUIT") == b"+OK bye\r\n"
    assert door.sandbox.latest().deliveries[0].fetched_by == ALICE


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_client_that_never_reads_is_silent_over_tls_too(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name, pop3_idle=0.5)
    door.sandbox.deliver(b"x" * 60_000_000, to=ALICE)

    log_in(secured(door, name)).send(b"RETR 1\r\n")

    assert door.until(lambda: not door.door.crowd)
    assert door.ended[-1].ending is Ending.IDLE
    assert door.sandbox.latest().deliveries[0].fetched_at is None


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_client_that_says_quit_and_closes_has_its_mail_deleted(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    client = log_in(secured(door, name))

    client.send(b"DELE 1\r\nQUIT\r\n")
    client.close()

    assert door.until(lambda: not door.door.crowd)
    assert door.sandbox.waiting(ALICE) == []


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_client_that_closes_without_quit_deletes_nothing(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    client = log_in(secured(door, name))

    assert client.ask(b"DELE 1").startswith(b"+OK")
    client.close()

    assert door.until(lambda: not door.door.crowd)
    assert len(door.sandbox.waiting(ALICE)) == 1


@pytest.mark.parametrize("name", ["pop3", "pop3s"])
def test_a_client_that_does_not_say_goodbye_to_tls_is_let_go(name: str, open_door: OpenDoor) -> None:
    door = open_door(tls=True, name=name)
    client = log_in(secured(door, name))

    assert client.ask(b"QUIT") == b"+OK bye\r\n"

    assert client.rest() == b""
    door.sandbox.open_maildrop(ALICE).close()
    assert door.until(lambda: not door.door.crowd)


def test_tls_belongs_to_the_session(door: Door) -> None:
    secured(door, "pop3")
    plain = door.connect()
    plain.line()

    assert plain.ask(b"CAPA").startswith(b"+OK")
    assert b"STLS\r\n" in plain.body()


def test_who_does_not_trust_the_certificate_is_gone(door: Door) -> None:
    client = shaking(door)

    with pytest.raises(ssl.SSLCertVerificationError):
        client.shake_hands(ssl.create_default_context())

    assert door.until(lambda: not door.door.crowd)
    assert "TLS handshake failed" in door.ended[-1].transcript
