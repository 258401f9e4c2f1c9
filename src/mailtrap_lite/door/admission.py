"""Whether one connection more is let in. Knows no reply; who is turned away, and with which words, is the door's."""

from __future__ import annotations

import asyncio
import sys

if sys.platform != "win32":
    import resource

# Descriptors that are left to the web, the store and the other doors when the system gives no more, or a quarter of
# them all.
_MOST_SPARED = 32


class Admission:
    """The same rule for each door. most: how many connections a door may have."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._highest = _highest_descriptor()

    def refuses(self, transport: asyncio.BaseTransport, *, present: int) -> bool:
        """Return whether a new connection is one too many. present: how many there are, this one included."""
        # The system gives the lowest descriptor that is free, so a high one says that few are left.
        socket = transport.get_extra_info("socket")
        scarce = socket is not None and socket.fileno() > self._highest
        return scarce or present > self._most


def _highest_descriptor() -> int:
    """Return the highest descriptor that a connection may have, so that the web and the store find some too."""
    if sys.platform == "win32":
        return sys.maxsize
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if most == resource.RLIM_INFINITY else most - 1 - min(_MOST_SPARED, most // 4)
