"""The TLS handshake of a connection (RFC 3207, RFC 2595, RFC 8314): what the loop's start_tls() needs around it.

Knows no command and no reply. On the loop's thread.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, cast

from mailtrap_lite.message import Ending

# Seconds in which a handshake has to be done, if an idle client is not cut before.
LONGEST: Final = 30.0
# What a server answers that cannot agree with a client: a fatal alert, handshake_failure (RFC 8446 section 6.2, with
# the record version of appendix D.1). The loop's start_tls() says nothing when it fails.
ALERT: Final = b"\x15\x03\x01\x00\x02\x02\x28"
# Seconds that a client has for its own goodbye to TLS at the end.
FAREWELL: Final = 2.0


class NotSecured(Exception):
    """The handshake failed, and nothing more can be said on this connection.

    The text says why; ending: how the connection ended.
    """

    def __init__(self, why: str, ending: Ending) -> None:
        super().__init__(why)
        self.ending = ending


async def shake_hands(
    transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext, *, early: bytes, idle: float
) -> asyncio.Transport:
    """Return the transport to use from now on; raises NotSecured.

    early: octets of the handshake that were read already. idle: seconds after which an idle client is cut.
    Pause reading before the client is told to begin, so that nothing is read in between but what is `early`.
    """
    loop = asyncio.get_running_loop()
    if early:
        loop.call_soon(_hand_on, transport, early)  # runs between the two steps of start_tls()
    try:
        secured = await loop.start_tls(
            transport,
            protocol,
            context,
            server_side=True,
            ssl_handshake_timeout=min(LONGEST, idle),
            ssl_shutdown_timeout=FAREWELL,
        )
    except OSError as error:  # a failed, a broken and a slow handshake all are
        why, ending = str(getattr(error, "reason", None) or error or "broken"), _ending_of(error)
        # The frames of start_tls() hold the error too: 256 KiB of buffers until the garbage collector finds out.
        error.__traceback__ = None
    else:
        # None, whatever its type says, or a dead one: the client left in the middle, or we ended the connection.
        if secured is not None and not secured.is_closing():
            return secured
        why, ending = "the client left", Ending.LEFT
    # Not inside the except clause: the error would be kept as the context. In no name of this frame, which it holds.
    raise NotSecured(why, ending)


def described(transport: asyncio.Transport) -> tuple[str | None, str | None]:
    """Return the TLS version and the cipher suite of a transport."""
    tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
    cipher = tls.cipher()
    return tls.version(), cipher[0] if cipher else None


def _ending_of(error: OSError) -> Ending:
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
