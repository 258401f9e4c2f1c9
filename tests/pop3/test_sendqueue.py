"""The way out of a connection, on a pair of sockets."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, cast  # Any: the send and yield types of a coroutine, which nobody uses

import pytest
import uvloop

from mailtrap_lite.pop3.sendqueue import MOST_COLLECTED, Gone, SendQueue


class Pipe(asyncio.Protocol):
    """A connection whose other end is `peer`."""

    queue: SendQueue
    transport: asyncio.Transport
    peer: socket.socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.queue = SendQueue(self.transport)
        self.queue.begin()

    def pause_writing(self) -> None:
        self.queue.pause()

    def resume_writing(self) -> None:
        self.queue.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        self.queue.resume()


async def opened(ours: socket.socket | None = None, theirs: socket.socket | None = None) -> Pipe:
    if ours is None or theirs is None:
        ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
    theirs.setblocking(False)
    pipe.peer = theirs
    return pipe


async def fill(pipe: Pipe) -> int:
    """Send small pieces until the system takes no more; return how much was sent."""
    sent = 0
    while True:
        await pipe.queue.add(b"x" * 1000)
        sent += 1000
        try:
            async with asyncio.timeout(0.2):
                await pipe.queue.flush()
        except TimeoutError:
            return sent


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


def test_small_pieces_are_collected_for_one_write() -> None:
    async def test() -> None:
        pipe = await opened()
        await pipe.queue.add(b"one")
        await pipe.queue.add(b"two")
        with pytest.raises(BlockingIOError):
            pipe.peer.recv(100)

        await pipe.queue.flush()

        assert pipe.peer.recv(100) == b"onetwo"
        pipe.queue.close()
        assert await asyncio.get_running_loop().sock_recv(pipe.peer, 1) == b""
        pipe.peer.close()

    run(test())


def test_a_flush_returns_only_when_the_system_has_everything() -> None:
    async def test() -> None:
        pipe = await opened()
        loop = asyncio.get_running_loop()

        sent = await fill(pipe)
        assert 0 < pipe.transport.get_write_buffer_size() <= 1000
        assert pipe.queue.unsent() >= pipe.transport.get_write_buffer_size()

        flushing = asyncio.ensure_future(pipe.queue.flush())
        got = 0
        while got < sent:
            got += len(await loop.sock_recv(pipe.peer, 65536))
        await flushing
        assert pipe.transport.get_write_buffer_size() == 0
        pipe.queue.close()
        pipe.peer.close()

    run(test())


def test_much_is_sent_at_once() -> None:
    async def test() -> None:
        pipe = await opened()

        adding = asyncio.ensure_future(pipe.queue.add(b"x" * (MOST_COLLECTED + 1)))
        got = 0
        while got <= MOST_COLLECTED:
            got += len(await asyncio.get_running_loop().sock_recv(pipe.peer, 65536))
        await adding

        assert got == MOST_COLLECTED + 1
        pipe.queue.close()
        pipe.peer.close()

    run(test())


def test_who_waits_for_a_lost_connection_is_told() -> None:
    async def test() -> None:
        pipe = await opened()
        await fill(pipe)
        flushing = asyncio.ensure_future(pipe.queue.flush())

        pipe.peer.close()

        with pytest.raises(Gone):
            await flushing
        with pytest.raises(Gone):
            await pipe.queue.flush()

    run(test())


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_what_comes_after_the_end_of_the_connection_is_not_written(
    new_loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        pipe = await opened()
        pipe.transport.abort()
        await asyncio.sleep(0)

        for _ in range(10):
            await pipe.queue.add(b"too late")
            with pytest.raises(Gone):
                await pipe.queue.flush()

        assert pipe.queue.refused()
        pipe.peer.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(test(), 20))

    assert caplog.records == []


@pytest.mark.parametrize("half", [False, True], ids=["closed", "half-closed"])
def test_who_has_closed_refuses_what_is_sent_and_who_sends_no_more_does_not(half: bool) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
        pipe = await opened(ours, theirs)
        assert not pipe.queue.refused()

        theirs.shutdown(socket.SHUT_WR) if half else theirs.close()
        assert not pipe.queue.refused()  # nothing was sent that could be
        pipe.transport.write(b"x")

        assert pipe.queue.refused() is not half
        pipe.transport.abort()
        theirs.close()

    run(test())


def test_closing_with_octets_left_does_not_wait_for_the_client() -> None:
    async def test() -> None:
        pipe = await opened()
        await fill(pipe)

        pipe.queue.close()

        assert pipe.transport.get_write_buffer_size() == 0
        pipe.peer.close()

    run(test())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_the_system_still_holds_counts_as_unsent() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
        pipe = await opened(ours, theirs)

        await fill(pipe)

        assert pipe.queue.unsent() > pipe.transport.get_write_buffer_size() + 1000
        pipe.transport.abort()
        pipe.peer.close()

    run(test())
