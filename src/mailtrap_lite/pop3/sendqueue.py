"""What is to be sent: collected, written with back-pressure, measured until the client has it. Knows no protocol."""

from __future__ import annotations

import asyncio
import select
import struct
import sys
from contextlib import suppress
from typing import Final

from mailtrap_lite.door.breaking import break_off

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
        self._below: asyncio.Transport | None = None  # what carries the transport's TLS
        self._collected = bytearray()
        self._broken = False
        self.total = 0  # octets ever added
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(self) -> None:
        """Have the transport tell from now on when it pauses, which it may do at once."""
        # Writing pauses as soon as anything is left in the buffer, so that `flush` knows when all is with the system;
        # what carries TLS may have taken one slice that the system has not. TLS pauses from `high` on, not beyond it.
        high = 0 if self._transport.get_extra_info("ssl_object") is None else 1
        self._transport.set_write_buffer_limits(high=high, low=0)

    def lift(self, transport: asyncio.Transport) -> None:
        """Go on over TLS, which the transport so far carries. Nothing may wait to be sent."""
        self._below, self._transport = self._transport, transport
        self.begin()

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
        if data and not self._transport.is_closing():  # uvloop would complain
            self._transport.write(data)
        await self._writable.wait()
        if self._transport.is_closing():
            raise Gone

    def unsent(self) -> int:
        """Return the octets in the transport's buffer and, on Linux, in the system's send queue.

        A client that reads slowly empties megabytes of send queue while our own buffer stays as it is.
        """
        octets = self._transport.get_write_buffer_size()
        if self._below is not None:
            octets += self._below.get_write_buffer_size()
        sock = self._transport.get_extra_info("socket")
        if ioctl is not None and sock is not None and not self._transport.is_closing():
            with suppress(OSError):
                octets += struct.unpack("i", ioctl(sock.fileno(), TIOCOUTQ, bytes(4)))[0]
        return octets

    def refused(self) -> bool:
        """Return whether the client's system has said that nobody is there who would take what was sent (RST)."""
        sock = self._transport.get_extra_info("socket")
        if self._transport.is_closing() or sock is None or not hasattr(select, "poll"):
            return self._transport.is_closing()
        poll = select.poll()
        poll.register(sock.fileno(), 0)  # errors and the end of both directions are told unasked
        return bool(poll.poll(0))

    def read_on(self) -> None:
        """Have the transport tell when the client leaves, even if it was told to read no more."""
        self._transport.resume_reading()

    def break_off_at_end(self) -> None:
        """End the connection with RST when it is closed."""
        self._broken = True

    def close(self) -> None:
        """End the connection: in good order when everything is with the system, else at once."""
        if self._broken:
            break_off(self._transport)
        elif self._writable.is_set():
            self._transport.close()
        else:
            self._transport.abort()
