from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Envelope, Recorder
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.smtp.protocol import CaptureSMTP

if TYPE_CHECKING:
    from tests.smtp.conftest import Door, OpenDoor

MAIL = b"Subject: hello\r\n\r\nhi\r\n"


class Slow(Sandbox):
    """Commits when it is told to."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever the real one takes
        self.asked = threading.Event()
        self.commit = asyncio.Event()

    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        self.asked.set()
        await self.commit.wait()
        return await super().accept(envelope, raw, recorder=recorder)


@pytest.fixture
def grown() -> Iterator[Callable[[], int]]:
    """Return a function that says by how many octets this process had grown at most since it was called before.

    Python's own count: what the process has of the system depends on what earlier tests left in its heap.
    """
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]

    def since() -> int:
        nonlocal start
        peak = tracemalloc.get_traced_memory()[1] - start
        gc.collect()
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        return peak

    yield since
    tracemalloc.stop()


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


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


def test_no_command_is_done_while_replies_wait_to_be_read(door: Door) -> None:
    async def talk() -> tuple[int, int]:
        protocol, transport = door.door(), Transport()
        protocol.connection_made(transport)
        protocol.pause_writing()
        protocol.data_received(b"NOOP\r\n" * 3)
        before = transport.written.count(b"\n")
        protocol.resume_writing()
        after = transport.written.count(b"\n")
        protocol.connection_lost(None)
        return before, after

    assert door.loop.run(talk()) == (1, 4)


def test_a_long_pipeline_is_done_in_turns(door: Door) -> None:
    many = 1000

    async def talk() -> int:
        protocol, transport = door.door(), Transport()
        protocol.connection_made(transport)
        protocol.data_received(b"NOOP\r\n" * many)
        turns = 1
        while transport.written.count(b"\n") <= many:
            await asyncio.sleep(0)
            turns += 1
        protocol.connection_lost(None)
        return turns

    assert door.loop.run(talk()) >= 5


@pytest.mark.parametrize("begin", [b"XYZZY\r\n" * 20, b"POST / HTTP/1.1\r\n"], ids=["errors", "HTTP"])
def test_a_client_that_goes_on_sending_gets_its_last_reply(begin: bytes, door: Door) -> None:
    client = door.connect()

    client.send(begin + b"x" * 5 * 1024**2)

    assert client.rest().splitlines()[-1].startswith("421 ")


def test_nothing_is_left_of_a_connection_that_ended(door: Door) -> None:
    client = door.greeted()
    client.close()
    door.until(lambda: door.door.connections == 0)
    # A turn of the loop, in which asyncio lets go of its own part.
    door.loop.run(asyncio.sleep(0))

    gc.collect()

    assert [thing for thing in gc.get_objects() if isinstance(thing, CaptureSMTP)] == []


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


def test_a_client_that_never_reads_is_not_read_from(door: Door, grown: Callable[[], int]) -> None:
    client = door.connect(receive_buffer=4096)
    grown()

    client.flood(b"HELP\r\n")

    assert grown() < 5 * 1024**2
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
def test_a_command_line_of_50_mb_costs_no_memory(begin: bytes, code: str, door: Door, grown: Callable[[], int]) -> None:
    client = door.greeted()
    piece = b"x" * 500_000
    client.send(begin)
    grown()

    for _ in range(100):
        client.send(piece)
    client.send(b"\r\n")

    replies = [client.reply()]
    if replies[0].startswith("334"):
        replies = [client.reply()]
    assert replies[0].startswith(code)
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    assert grown() < 2 * 1024**2


def test_a_line_of_200_mb_costs_less_memory_than_the_limit(open_door: OpenDoor, grown: Callable[[], int]) -> None:
    limit = 10 * 1024**2
    door = open_door(message_size=limit)
    client = door.connect().begin()
    piece = b"x" * 1024**2
    grown()

    for _ in range(200):
        client.send(piece)
    client.send(b"\r\n.\r\n")

    assert client.reply() == "552 5.3.4 Message too big"
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    assert grown() < limit / 2
    assert door.messages() == []


def test_a_large_mail_that_breaks_off_leaves_no_file_behind(door: Door) -> None:
    gc.collect()
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
    idle = 0.8
    client = open_door(smtp_idle=idle).connect().begin()
    client.socket.settimeout(idle / 10)
    end = time.monotonic() + 1.5 * idle

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
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number
    clients = [door.connect() for _ in range(400)]

    assert {client.reply() for client in clients} == {"220 mailtrap.localhost ESMTP"}
    for client in clients:
        client.close()
    door.until(lambda: door.door.connections == 0)

    assert len(os.listdir("/proc/self/fd")) <= descriptors  # noqa: PTH208


def test_1000_aborted_auths_cost_little_memory(door: Door, grown: Callable[[], int]) -> None:
    good = door.greeted()
    grown()

    for _ in range(20):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", door.port)) as client:
                client.sendall(b"EHLO c.test\r\nAUTH LOGIN\r\n" + b"x" * 1000)
        door.until(lambda: door.door.connections == 1)

    assert good.ask(b"NOOP") == "250 2.0.0 Ok"
    assert grown() < 5 * 1024**2
