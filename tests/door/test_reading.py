"""How much is read at a time, on the transports that asyncio really makes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailtrap_lite.door.reading import OCTETS, read_in_pieces

if TYPE_CHECKING:
    from tests.conftest import Loop


class Received(asyncio.Protocol):
    """Notes how large each piece is."""

    def __init__(self) -> None:
        self.pieces: list[int] = []
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        read_in_pieces(transport)

    def data_received(self, data: bytes) -> None:
        self.pieces.append(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


def test_pieces_have_64_kib_at_most_and_nothing_is_lost(loop: Loop) -> None:
    async def transfer(octets: int) -> list[int]:
        made: list[Received] = []

        def protocol() -> Received:
            made.append(Received())
            return made[-1]

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"x" * octets)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await made[0].ended
        server.close()
        return made[0].pieces

    pieces = loop.run(transfer(4 * 1024**2))

    assert sum(pieces) == 4 * 1024**2
    assert max(pieces) == OCTETS


def test_a_transport_that_cannot_be_told_is_left_alone() -> None:
    transport = asyncio.BaseTransport()

    read_in_pieces(transport)

    assert not hasattr(transport, "max_size")
