"""How much asyncio reads at a time from a client. Knows no protocol."""

from __future__ import annotations

import asyncio

# asyncio asks for 256 KiB at each read, which the C library maps from the system and gives back: 15 µs, as much as all
# the rest that a command costs. What has 64 KiB comes from the heap, and a large mail is not slower for it.
OCTETS = 64 * 1024


def read_in_pieces(transport: asyncio.BaseTransport) -> None:
    """Have up to OCTETS read at a time, where the event loop lets one say so."""
    if hasattr(transport, "max_size"):
        transport.max_size = OCTETS
