from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Envelope
from mailtrap_lite.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.smtp.conftest import Door, OpenDoor

MAIL = b"Subject: hello\r\n\r\nhi\r\n"


class Slow(Sandbox):
    """Commits when it is told to."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever the real one takes
        self.asked = threading.Event()
        self.commit = asyncio.Event()

    async def accept(self, envelope: Envelope, raw: bytes) -> int:
        self.asked.set()
        await self.commit.wait()
        return await super().accept(envelope, raw)


def resident() -> int:
    """Return the octets of memory that this process really uses now."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - a pseudo file
        return int(statm.read().split()[1]) * resource.getpagesize()


# Half-closed clients.


@pytest.mark.parametrize("sandbox", [Sandbox, Slow])
@pytest.mark.parametrize(("behind", "replies"), [(b"", 1), (b"QUIT\r\n", 2), (b"NOOP\r\nQUIT\r\n", 3), (b"NOOP", 1)])
def test_a_client_that_half_closes_gets_its_mail_stored_and_its_replies(
    sandbox: type[Sandbox], behind: bytes, replies: int, open_door: OpenDoor
) -> None:
    door = open_door(sandbox=sandbox)
    client = door.connect().begin()

    client.send(MAIL + b".\r\n" + behind)
    client.half_close()
    if isinstance(door.sandbox, Slow):
        assert door.sandbox.asked.wait(20)
        door.loop.loop.call_soon_threadsafe(door.sandbox.commit.set)

    said = client.rest().splitlines()
    assert said[0] == "250 2.0.0 Ok: stored as 1"
    assert len(said) == replies
    assert [message.raw for message in door.messages()] == [MAIL]
    assert door.session().messages == (1,)


def test_a_client_that_half_closes_in_its_mail_has_sent_none(door: Door) -> None:
    client = door.connect().begin()

    client.send(MAIL + b".\r")
    client.half_close()

    assert client.rest() == ""
    assert door.session().messages == ()
    assert door.messages() == []


def test_a_mail_is_stored_though_its_client_has_gone(open_door: OpenDoor) -> None:
    door = open_door(sandbox=Slow)
    assert isinstance(door.sandbox, Slow)
    client = door.connect().begin()
    client.send(MAIL + b".\r\n")
    assert door.sandbox.asked.wait(20)

    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a close
    client.close()
    door.loop.loop.call_soon_threadsafe(door.sandbox.commit.set)

    assert door.session().messages == (1,)
    assert [message.raw for message in door.messages()] == [MAIL]


# Order and pace.


def test_what_is_pipelined_behind_a_slow_commit_waits(open_door: OpenDoor) -> None:
    door = open_door(sandbox=Slow)
    assert isinstance(door.sandbox, Slow)
    client = door.connect().begin()

    client.send(MAIL + b".\r\nXYZZY\r\nNOOP\r\n")
    assert door.sandbox.asked.wait(20)
    client.send(b"RSET\r\nQUIT\r\n")
    client.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.socket.recv(1)
    client.socket.settimeout(20)
    door.loop.loop.call_soon_threadsafe(door.sandbox.commit.set)

    assert [line[:3] for line in client.rest().splitlines()] == ["250", "500", "250", "250", "221"]


def test_a_long_pipeline_lets_others_have_their_turn(door: Door) -> None:
    many = 20_000
    greedy, other = door.greeted(), door.greeted()
    taken: list[str] = []

    reader = threading.Thread(target=lambda: taken.extend(greedy.reply() for _ in range(many)))
    reader.start()
    greedy.send(b"NOOP\r\n" * many)
    assert other.ask(b"NOOP") == "250 2.0.0 Ok"

    reader.join(20)
    assert taken == ["250 2.0.0 Ok"] * many


def test_a_client_that_never_reads_is_not_read_from(door: Door) -> None:
    client = door.connect(receive_buffer=4096)
    before = resident()

    client.flood(b"HELP\r\n")

    assert resident() - before < 5 * 1024**2
    assert door.greeted().ask(b"NOOP") == "250 2.0.0 Ok"


def test_replies_come_when_the_client_reads_again(door: Door) -> None:
    many = 60_000
    client = door.connect(receive_buffer=4096)

    writer = threading.Thread(target=client.send, args=(b"HELP\r\n" * many + b"QUIT\r\n",))
    writer.start()
    said = client.rest().splitlines()
    writer.join(20)

    assert len(said) == many + 2
    assert said[-1].startswith("221 ")


def test_a_client_that_pipelines_and_half_closes_gets_every_reply(door: Door) -> None:
    many = 5_000
    client = door.connect()

    client.send(b"NOOP\r\n" * many)
    client.half_close()

    assert len(client.rest().splitlines()) == many + 1


# Memory.


@pytest.mark.parametrize(
    ("begin", "code"), [(b"NOOP ", "500 5.5.6"), (b"AUTH PLAIN ", "500 5.5.6"), (b"AUTH PLAIN\r\n", "500 5.5.6")]
)
def test_a_command_line_of_50_mb_costs_no_memory(begin: bytes, code: str, door: Door) -> None:
    client = door.greeted()
    piece = b"x" * 500_000
    client.send(begin)
    before = resident()

    for _ in range(100):
        client.send(piece)
    grown = resident() - before
    client.send(b"\r\n")

    replies = [client.reply()]
    if replies[0].startswith("334"):
        replies = [client.reply()]
    assert replies[0].startswith(code)
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    assert grown < 2 * 1024**2


def test_a_line_of_200_mb_costs_less_memory_than_the_limit(open_door: OpenDoor) -> None:
    limit = 10 * 1024**2
    door = open_door(message_size=limit)
    client = door.connect().begin()
    piece = b"x" * 1024**2
    before = peak = resident()

    for _ in range(200):
        client.send(piece)
        peak = max(peak, resident())
    client.send(b"\r\n.\r\n")

    assert client.reply() == "552 5.3.4 Message too big"
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    assert peak - before < limit
    assert door.messages() == []


def test_a_large_mail_that_breaks_off_leaves_no_file_behind(door: Door) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number
    client = door.connect().begin()

    client.send(b"x" * 3 * 1024**2)
    door.until(lambda: len(os.listdir("/proc/self/fd")) == descriptors + 3)  # noqa: PTH208 - two sockets and a file
    client.close()
    door.until(lambda: door.door.connections == 0)

    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208


# Time.


def test_an_idle_client_gets_421(open_door: OpenDoor) -> None:
    client = open_door(smtp_idle=0.05).connect()

    assert client.rest().splitlines()[1:] == ["421 4.4.2 Idle for too long"]


def test_a_command_that_never_ends_is_idle(open_door: OpenDoor) -> None:
    client = open_door(smtp_idle=0.2).connect()
    client.reply()

    client.socket.settimeout(0.02)
    said = b""
    for _ in range(500):
        try:
            client.send(b"x")
            said = client.socket.recv(100)
            break
        except TimeoutError:
            continue

    assert said.startswith(b"421 4.4.2 ")


def test_a_mail_that_makes_progress_is_not_idle(open_door: OpenDoor) -> None:
    idle = 0.3
    client = open_door(smtp_idle=idle).connect().begin()
    client.socket.settimeout(idle / 10)
    end = time.monotonic() + 3 * idle

    while time.monotonic() < end:
        client.send(b"x")
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
    client.socket.settimeout(20)
    client.send(b"\r\n.\r\n")

    assert client.reply().startswith("250 ")


def test_a_mail_that_makes_no_progress_is(open_door: OpenDoor) -> None:
    door = open_door(smtp_idle=0.05)
    client = door.connect().begin()

    client.send(b"Subject: to be continued\r\n")

    assert client.rest() == "421 4.4.2 Idle for too long\r\n"
    assert door.messages() == []


def test_a_client_that_waits_for_a_commit_is_not_idle(open_door: OpenDoor) -> None:
    door = open_door(sandbox=Slow, smtp_idle=0.1)
    assert isinstance(door.sandbox, Slow)
    client = door.connect().begin()
    client.send(MAIL + b".\r\n")

    client.socket.settimeout(0.4)
    with pytest.raises(TimeoutError):
        client.socket.recv(1)
    client.socket.settimeout(20)
    door.loop.loop.call_soon_threadsafe(door.sandbox.commit.set)

    assert client.reply() == "250 2.0.0 Ok: stored as 1"


# Numbers of clients.


def test_one_connection_too_many_gets_421_and_room_is_found_again(open_door: OpenDoor) -> None:
    door = open_door(connections=2)
    first, _ = door.greeted(), door.greeted()

    assert door.connect().rest() == "421 4.3.2 Too many connections\r\n"
    first.close()
    door.until(lambda: door.door.connections == 1)
    assert door.connect().reply().startswith("220 ")


def test_400_clients_at_once_are_greeted_and_leave_nothing_behind(door: Door) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number
    clients = [door.connect() for _ in range(400)]

    assert {client.reply() for client in clients} == {"220 mailtrap.localhost ESMTP"}
    for client in clients:
        client.close()
    door.until(lambda: door.door.connections == 0)

    assert len(os.listdir("/proc/self/fd")) <= descriptors  # noqa: PTH208


def test_1000_aborted_auths_leave_no_memory_behind(door: Door) -> None:
    good = door.greeted()
    gc.collect()
    before = resident()

    for _ in range(20):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", door.port)) as client:
                client.sendall(b"EHLO c.test\r\nAUTH LOGIN\r\n" + b"x" * 1000)
        door.until(lambda: door.door.connections == 1)
    gc.collect()

    assert good.ask(b"NOOP") == "250 2.0.0 Ok"
    assert resident() - before < 5 * 1024**2
