from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Envelope, Recorder
from mailtrap_lite.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor

MAIL = b"Subject: hello\r\n\r\nhi\r\n"
FAREWELL = "421 4.3.2 Service shutting down"


class Slow(Sandbox):
    """Commits when it is told to."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever the real one takes
        self.asked = threading.Event()
        self.commit = asyncio.Event()
        self.cancelled = False

    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        self.asked.set()
        try:
            await self.commit.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return await super().accept(envelope, raw, recorder=recorder)


def closing(door: Door, grace: float) -> threading.Thread:
    thread = threading.Thread(target=door.close, args=(grace,))
    thread.start()
    return thread


@pytest.mark.parametrize("grace", [0.0, 20.0])
def test_idle_sessions_get_421_at_once(grace: float, door: Door) -> None:
    clients = [door.greeted(), door.greeted(), door.connect()]
    clients[2].reply()
    start = time.monotonic()

    door.close(grace)

    assert [client.rest() for client in clients] == [f"{FAREWELL}\r\n"] * 3
    assert time.monotonic() - start < 5
    assert len(door.sandbox.sessions) == 3


def test_a_mail_that_is_being_received_may_end_within_the_grace(door: Door) -> None:
    client, idle = door.connect().begin(), door.greeted()

    thread = closing(door, 20)
    assert idle.rest() == f"{FAREWELL}\r\n"
    client.send(MAIL + b".\r\nNOOP\r\n")

    assert client.rest().splitlines() == ["250 2.0.0 Ok: stored as 1", FAREWELL]
    thread.join(20)
    assert [message.raw for message in door.messages()] == [MAIL]


def test_a_mail_that_is_too_large_may_end_within_the_grace_too(open_door: OpenDoor) -> None:
    door = open_door(message_size=5)
    client, idle = door.connect().begin(), door.greeted()

    thread = closing(door, 20)
    idle.rest()
    client.send(MAIL + b".\r\n")

    assert client.rest().splitlines() == ["552 5.3.4 Message too big", FAREWELL]
    thread.join(20)


def test_a_commit_may_end_within_the_grace(open_door: OpenDoor) -> None:
    door = open_door(sandbox=Slow)
    assert isinstance(door.sandbox, Slow)
    client, idle = door.connect().begin(), door.greeted()
    client.send(MAIL + b".\r\n")
    assert door.sandbox.asked.wait(20)

    thread = closing(door, 20)
    assert idle.rest() == f"{FAREWELL}\r\n"
    door.loop.loop.call_soon_threadsafe(door.sandbox.commit.set)

    assert client.rest().splitlines() == ["250 2.0.0 Ok: stored as 1", FAREWELL]
    thread.join(20)


@pytest.mark.parametrize("grace", [0.0, 0.1])
def test_a_mail_that_does_not_end_is_cut(grace: float, door: Door) -> None:
    client = door.connect().begin()
    client.send(b"Subject: to be continued\r\n")
    start = time.monotonic()

    door.close(grace)

    assert time.monotonic() - start < 5
    assert client.rest() == f"{FAREWELL}\r\n"
    assert door.messages() == []
    assert door.door.connections == 0


@pytest.mark.parametrize("grace", [0.0, 0.1])
def test_a_commit_that_may_succeed_is_never_called_a_failure(grace: float, open_door: OpenDoor) -> None:
    door = open_door(sandbox=Slow)
    assert isinstance(door.sandbox, Slow)
    client = door.connect().begin()
    client.send(MAIL + b".\r\n")
    assert door.sandbox.asked.wait(20)

    door.close(grace)

    assert _all(client) == ""
    assert door.sandbox.cancelled
    assert door.door.connections == 0


def test_a_client_that_never_reads_holds_nothing_up(door: Door) -> None:
    client = door.connect(receive_buffer=4096)
    client.flood(b"HELP\r\n")
    start = time.monotonic()

    door.close(0.1)

    assert time.monotonic() - start < 5
    assert door.door.connections == 0


def test_who_comes_while_it_closes_gets_421(door: Door) -> None:
    busy, idle = door.connect().begin(), door.greeted()

    async def close_door_only() -> None:
        await door.door.close(20)

    thread = threading.Thread(target=door.loop.run, args=(close_door_only(),))
    thread.start()
    idle.rest()

    assert door.connect().rest() == f"{FAREWELL}\r\n"
    busy.send(b".\r\n")
    assert busy.reply().startswith("250 ")
    thread.join(20)


def test_closing_twice_and_with_nobody_there_is_fine(door: Door) -> None:
    door.close(5)
    door.close()


def _all(client: Client) -> str:
    """Read what there is; a reset instead of an end is fine where somebody was aborted."""
    try:
        return client.rest()
    except ConnectionResetError:
        return ""
