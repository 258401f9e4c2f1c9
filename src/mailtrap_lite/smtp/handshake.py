"""The TLS handshake of a connection (RFC 3207, RFC 8314): what the loop's start_tls() needs around it.

Knows no SMTP. On the loop's thread.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from mailtrap_lite.message import Ending

# Seconds in which a handshake has to be done, if an idle client is not cut before.
_LONGEST = 30.0


async def shake_hands(
    transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext, *, early: bytes, idle: float
) -> asyncio.Transport:
    """Return the transport to use from now on, which is dead if the connection was ended meanwhile.

    early: octets of the handshake that were read already. idle: seconds after which an idle client is cut.
    Raises OSError: a failed, a broken and a slow handshake all are.
    """
    loop = asyncio.get_running_loop()
    if early:
        loop.call_soon(_hand_on, transport, early)  # runs between the two steps of start_tls()
    try:
        secured = await loop.start_tls(
            transport, protocol, context, server_side=True, ssl_handshake_timeout=min(_LONGEST, idle)
        )
    except OSError as error:
        # The frames of start_tls() hold the error too: 256 KiB of buffers until the garbage collector finds out.
        error.__traceback__ = None
        raise
    if secured is None:  # whatever its type says: the client left in the middle
        raise ConnectionResetError("the client left")
    return secured


def ending_of(error: OSError) -> Ending:
    """Return how a connection ended whose handshake raised this."""
    match error:
        case ConnectionAbortedError():  # what asyncio raises when its time is over
            return Ending.IDLE
        case ConnectionError() | ssl.SSLEOFError():
            return Ending.LEFT
    return Ending.REFUSED


def _hand_on(transport: asyncio.Transport, early: bytes) -> None:
    """Give the handshake what came before it: it is the transport's protocol by now, and has not begun.

    uvloop reads from a new connection at once, and no protocol can keep it from that.
    """
    handshake = cast(asyncio.BufferedProtocol, transport.get_protocol())
    while early:
        room = memoryview(handshake.get_buffer(len(early)))
        taken = min(len(room), len(early))
        room[:taken] = early[:taken]
        handshake.buffer_updated(taken)
        early = early[taken:]
