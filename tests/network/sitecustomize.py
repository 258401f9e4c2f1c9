"""Keeps a Python process on this machine: what would go anywhere else is refused, and noted for the test to fail.

conftest.py puts it in place in its own process, and on the path of all that its tests start.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import Any  # Any: what an audit hook is told

LOG = "NOT_ON_THIS_MACHINE"  # the environment's name for the file in which it is noted
OUR_NAME = platform.node().lower()  # smtplib, for one, asks for the long form of it
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


def elsewhere(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return which host of another machine an event of sys.audit is about; None if there is none."""
    if event in _CONNECTING:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in _ASKING:
        host = arguments[0]
        if host is None or _needs_nobody(host):
            return None
    else:
        return None
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host if isinstance(host, str) and not _is_here(host) else None


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what leaves this machine."""
    if event[:7] != "socket." or (host := elsewhere(event, arguments)) is None:
        return
    if path := os.environ.get(LOG):
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(log, f"{event} {host}\n".encode())
        os.close(log)
    raise PermissionError(f"{event} {host}: tests talk to this machine only")


def _is_here(host: str) -> bool:
    name = host.lower().rstrip(".").removeprefix("::ffff:")
    return name in {"", "localhost", "0.0.0.0", "::", "::1"} or name.startswith("127.") or name.endswith(".localhost")


def _needs_nobody(host: str | bytes) -> bool:
    """Return whether a host is an address, in any spelling, this machine, or no name at all (RFC 6761 section 6.4)."""
    text = (host.decode("ascii", "replace") if isinstance(host, bytes) else host).lower()
    return (
        ":" in text
        or text.replace(".", "").isdigit()
        or text.startswith("0x")
        or text == OUR_NAME
        or text.endswith(".invalid")
    )


if __name__ == "sitecustomize":
    sys.addaudithook(watch)
