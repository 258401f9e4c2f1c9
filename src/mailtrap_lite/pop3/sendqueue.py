"""What is to be sent: collected, written with back-pressure, measured until the client has it. Knows no protocol."""

from __future__ import annotations

import asyncio
import struct
import sys
from contextlib import suppress
from typing import Final

if sys.platform == "linux":
    from fcntl import ioctl
    from termios import TIOCOUTQ  # tcp(7): SIOCOUTQ, the octets in the send queue
else:
    ioctl = None

MOST_COLLECTED: Final = 64 * 1024  # replies that go out in one write


class Gone(Exception):
    """The connection was lost before everything was written."""


class SendQueue:
    """One connection's way out. On the loop.

    The transport's buffer is never added to while something is in it: what a client does not read costs what was
    collected, and no more.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # Writing pauses as soon as anything is left in the buffer, so that `flush` knows when all is with the system.
        transport.set_write_buffer_limits(high=0)
        self._collected = bytearray()
        self.total = 0  # octets ever added
        self._writable = asyncio.Event()
        self._writable.set()

    def pause(self) -> None:
        """The system takes no more now."""
        self._writable.clear()

    def resume(self) -> None:
        """The system has taken everything, or the connection is lost."""
        self._writable.set()

    async def add(self, data: bytes) -> None:
        """Send this soon; raises Gone."""
        self._collected += data
        self.total += len(data)
        if len(self._collected) > MOST_COLLECTED:
            await self.flush()

    async def flush(self) -> None:
        """Return when everything is with the system; raises Gone."""
        data, self._collected = self._collected, bytearray()
        if data:
            self._transport.write(data)
        await self._writable.wait()
        if self._transport.is_closing():
            raise Gone

    def unsent(self) -> int:
        """Return the octets in the transport's buffer and, on Linux, in the system's send queue.

        A client that reads slowly empties megabytes of send queue while our own buffer stays as it is.
        """
        octets = self._transport.get_write_buffer_size()
        sock = self._transport.get_extra_info("socket")
        if ioctl is not None and sock is not None and not self._transport.is_closing():
            with suppress(OSError):
                octets += struct.unpack("i", ioctl(sock.fileno(), TIOCOUTQ, bytes(4)))[0]
        return octets

    def close(self) -> None:
        """End the connection: in good order when everything is with the system, else at once."""
        if self._writable.is_set():
            self._transport.close()
        else:
            self._transport.abort()
