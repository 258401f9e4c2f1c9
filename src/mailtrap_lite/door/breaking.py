"""How a connection misbehaves below its protocol: it breaks, or gives its octets in drops. Knows no reply."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

# Seconds between two drops at least, so that a fast drip costs no timer for each octet.
_LEAST_PAUSE: Final = 0.02


def break_off(transport: asyncio.Transport) -> None:
    """End a connection with RST, whatever waits to be sent."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError):  # the client was faster
            # With a linger time of 0, close() resets the connection (POSIX: SO_LINGER).
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def drops(data: bytes, rate: float) -> tuple[Iterator[bytes], float]:
    """Return data in pieces, and the seconds from one to the next. rate: octets in a second."""
    size = max(1, int(rate * _LEAST_PAUSE))
    return (data[at : at + size] for at in range(0, len(data), size)), size / rate
