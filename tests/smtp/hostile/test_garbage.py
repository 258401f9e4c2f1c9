"""Connections that are over: nothing of them waits for the garbage collector, which comes late in a large program."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.smtp.protocol import CaptureSMTP

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _hello(client: Client) -> None:
    assert client.reply().startswith("220 ")
    assert client.ask(b"EHLO client.test").startswith("250-")


def _plain(client: Client, door: Door) -> None:
    _hello(client)
    client.ask(b"MAIL FROM:<alice@x.test>")
    client.ask(b"RCPT TO:<bob@x.test>")
    client.ask(b"DATA")
    assert client.ask(b"hi\r\n.").startswith("250 ")
    client.ask(b"QUIT")


def _gone_in_its_mail(client: Client, door: Door) -> None:
    client.begin()
    client.send(b"hi\r\n")


def _gone_in_its_login(client: Client, door: Door) -> None:
    _hello(client)
    client.ask(b"AUTH LOGIN")


def _wrong_to_the_end(client: Client, door: Door) -> None:
    client.send(b"XYZZY\r\n" * 20)


def _over_tls(client: Client, door: Door) -> None:
    _hello(client)
    client.ask(b"STARTTLS")
    client.shake_hands(door.trust())
    client.ask(b"EHLO client.test")
    client.ask(b"QUIT")


def _not_over_tls(client: Client, door: Door) -> None:
    _hello(client)
    client.ask(b"STARTTLS")
    client.send(b"EHLO client.test\r\n")
    with contextlib.suppress(ConnectionResetError, UnicodeDecodeError):  # an alert is no text
        client.rest()


def _gone_in_the_handshake(client: Client, door: Door) -> None:
    _hello(client)
    client.ask(b"STARTTLS")
    client.send(b"\x16\x03\x01\x01\x00")


TALKS = (
    *(_plain, _gone_in_its_mail, _gone_in_its_login, _wrong_to_the_end),
    *(_over_tls, _not_over_tls, _gone_in_the_handshake),
)


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("talk", TALKS)
def test_nothing_of_a_connection_waits_for_the_collector(
    talk: Callable[[Client, Door], None], open_door: OpenDoor
) -> None:
    door = open_door(tls=True)
    client = door.connect()

    talk(client, door)
    client.close()
    door.until(lambda: door.door.connections == 0)
    # Some turns of the loop, in which asyncio lets go of its own part.
    for _ in range(3):
        door.loop.run(asyncio.sleep(0))

    assert [thing for thing in gc.get_objects() if isinstance(thing, CaptureSMTP | SSLProtocol)] == []


@pytest.mark.usefixtures("without_collector")
def test_nothing_of_a_broken_handshake_with_smtps_does(open_door: OpenDoor) -> None:
    door = open_door(name="smtps", tls=True)
    client = door.connect()

    client.send(b"EHLO client.test\r\n")
    with contextlib.suppress(ConnectionResetError, UnicodeDecodeError):  # an alert is no text
        client.rest()
    door.until(lambda: door.door.connections == 0)
    door.loop.run(asyncio.sleep(0))

    assert [thing for thing in gc.get_objects() if isinstance(thing, CaptureSMTP | SSLProtocol)] == []
