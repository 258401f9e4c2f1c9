"""The TLS handshake of one POP3 connection: STLS (RFC 2595), or TLS from the first octet (RFC 8314). Knows no reply."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from mailtrap_lite.pop3.sendqueue import Gone

# Seconds in which it has to be done, if an idle client is not cut before.
MOST_SECONDS: Final = 30.0
# Seconds that a client has for its own goodbye to TLS at the end.
FAREWELL: Final = 2.0


class NotSecured(Exception):
    """The handshake failed, and nothing more can be said on this connection. The text says why."""


async def shake_hands(
    transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext, *, idle: float
) -> asyncio.Transport:
    """Return the transport to go on with; raises NotSecured, or Gone when the client left.

    Do not read from the client since before it was told to begin: octets that come in between would be lost.
    """
    loop = asyncio.get_running_loop()
    try:
        secured = await loop.start_tls(
            transport,
            protocol,
            context,
            server_side=True,
            ssl_handshake_timeout=min(MOST_SECONDS, idle),
            ssl_shutdown_timeout=FAREWELL,
        )
    except OSError as error:  # a failed, a broken and a slow handshake all are
        why = str(getattr(error, "reason", None) or error or "broken")
        # Its frames hold buffers of 256 KiB until the garbage collector comes.
        error.__traceback__ = None
    else:
        # None, though no type says so, or a dead one: the client left in the middle.
        if secured is None or secured.is_closing():
            raise Gone
        return secured
    # Not inside the except clause: the error would be kept as the context.
    raise NotSecured(why)


def described(transport: asyncio.Transport) -> tuple[str | None, str | None]:
    """Return the TLS version and the cipher suite of a transport."""
    tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
    cipher = tls.cipher()
    return tls.version(), cipher[0] if cipher else None
