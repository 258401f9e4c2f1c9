"""The inactivity timer of ten minutes (RFC 1939 section 3), by a clock of the test's own, on a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest
from tests.fastloop import run

from mailtrap_lite.message import Ending
from mailtrap_lite.pop3.server import Pop3Door
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store

ALICE = "alice@x.test"
LARGE = b"x" * 78 + b"\r\n"

Act = Callable[["Client"], Awaitable[None]]


class Client:
    """A client that reads when it wants to."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()

    async def ask(self, data: bytes) -> bytes:
        await self._loop.sock_sendall(self._socket, data)
        return await self._loop.sock_recv(self._socket, 1024)

    async def read(self, octets: int) -> bytes:
        return await self._loop.sock_recv(self._socket, octets)

    async def end(self) -> float:
        """Read to the end; return when that was."""
        try:
            while await self.read(65536):
                continue
        except ConnectionResetError:
            pass
        return self._loop.time()


async def session(sandbox: Sandbox, act: Act) -> float:
    """Log in, act, and be silent; return after how many seconds the server ended it."""
    loop = asyncio.get_running_loop()
    door = Pop3Door(Sandboxes(sandbox), sandbox.settings)
    server = await loop.create_server(door, "127.0.0.1", 0)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await loop.sock_connect(sock, server.sockets[0].getsockname())
    client = Client(sock)
    await client.read(1024)
    for line in (b"USER alice\r\n", b"PASS x\r\n"):
        assert (await client.ask(line)).startswith(b"+OK")
    await act(client)
    ended = await client.end()
    sock.close()
    server.close()
    await door.close(0)
    return ended


async def delete(client: Client) -> None:
    assert await client.ask(b"DELE 1\r\n") == b"+OK message 1 deleted\r\n"


async def delete_and_ask_now_and_then(client: Client) -> None:
    await delete(client)
    for _ in range(3):
        await asyncio.sleep(599)
        assert await client.ask(b"NOOP\r\n") == b"+OK\r\n"


async def delete_and_read_slowly(client: Client) -> None:
    await delete(client)
    await client.ask(b"RETR 2\r\n")
    for _ in range(20):
        await asyncio.sleep(300)
        assert await client.read(100_000)


async def delete_and_read_no_more(client: Client) -> None:
    await delete(client)
    await client.ask(b"RETR 2\r\n")
    await asyncio.sleep(700)


# As these minutes take no time, the system may not have heard yet that the client has what was sent, which looks like a
# client that still takes it: then it is asked once or twice more. tests/door/test_patience.py has it to the second.
@pytest.mark.parametrize(
    ("act", "least", "looks"),
    [
        (delete, 600, 1),
        (delete_and_ask_now_and_then, 3 * 599 + 600, 1),
        (delete_and_read_slowly, 20 * 300, 3),
        (delete_and_read_no_more, 700, 3),
    ],
    ids=["silent", "NOOP each 599 seconds", "a slow RETR that moves", "a RETR that nobody reads"],
)
def test_ten_minutes_of_silence_end_a_session_without_update(act: Act, least: int, looks: int) -> None:
    settings = Settings(store="memory")
    with closing(open_store(settings)) as store:
        sandbox = Sandbox(store, settings=settings)
        sandbox.deliver(b"one\r\n", to=ALICE)
        sandbox.deliver(LARGE * 100_000, to=ALICE)

        ended = run(session(sandbox, act))

        assert least <= ended <= least + looks * 600 + 1
        assert len(sandbox.waiting(ALICE)) == 2
        (told,) = sandbox.sessions
        assert (told.ending, told.deleted, told.count("QUIT")) == (Ending.IDLE, (), 0)


def test_the_timer_has_the_ten_minutes_that_the_rfc_asks_for() -> None:
    assert Settings().pop3_idle >= 600
