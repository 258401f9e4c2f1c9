"""Listening sockets: bound before anybody serves them, so that a port is known and an error is immediate."""

from __future__ import annotations

import errno
import logging
import os
import socket
import stat
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from mailtrap_lite.errors import CannotListen
from mailtrap_lite.settings import Endpoint, Settings

log = logging.getLogger(__name__)

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]

# A burst of a thousand clients waits in the kernel instead of being refused.
BACKLOG = 1024

# Ports given out lately. A client that is late for one server of this process must meet a closed port, never the
# next server's door, so a free port that the system hands out again too soon is not taken.
_recent: deque[int] = deque(maxlen=2000)
_MOST_TRIES = 50


def listen(endpoint: Endpoint, *, setting: str) -> socket.socket:
    """Return a non-blocking socket that listens; its port is known from here on.

    setting: what the address is called in an error. Raises CannotListen, which names the way out.
    """
    if endpoint.path:
        return _listen_at(Path(endpoint.path), setting)
    # A name of ASCII needs none of the tables of idna, whose import the first server of a suite would pay for.
    host = endpoint.host.encode() if endpoint.host.isascii() else endpoint.host
    try:
        found = socket.getaddrinfo(
            host, endpoint.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        if endpoint.port:
            return _bound(family, address)
        for _ in range(_MOST_TRIES):
            listener = _bound(family, address)
            port = listener.getsockname()[1]
            if port not in _recent:
                break
            listener.close()
        else:
            listener = _bound(family, address)
        _recent.append(listener.getsockname()[1])
    except (OSError, UnicodeError) as err:
        raise CannotListen(_explain(endpoint, setting, err)) from err
    return listener


def listen_twin(endpoint: Endpoint, *, setting: str) -> socket.socket | None:
    """Return a listener on ::1 beside a fixed port of 127.0.0.1: many clients try it first for "localhost"."""
    if endpoint.host != "127.0.0.1" or not endpoint.port or not socket.has_ipv6:
        return None
    try:
        return listen(Endpoint("::1", endpoint.port), setting=setting)
    except CannotListen as err:
        log.info("only on 127.0.0.1: %s", err)
        return None


def silence(listener: socket.socket) -> socket.socket:
    """Return a socket that holds the port of a listening one and refuses connections; the listening one is used up.

    Nobody else can listen there meanwhile; `revive` makes it listen again.
    """
    if sys.platform == "linux":
        # tcp_disconnect(): a socket that listened goes back to CLOSE and keeps the port that it was bound to.
        listener.shutdown(socket.SHUT_RD)
        # With it, whoever sets it too could bind the port of a socket that does not listen.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        return listener
    family, address = listener.family, listener.getsockname()
    listener.close()
    return _prepared(family, address)


def revive(silent: socket.socket) -> None:
    """Make a socket that `silence` returned listen again."""
    if os.name == "posix":
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    silent.listen(BACKLOG)
    silent.setblocking(False)


def remove_path(listener: socket.socket) -> None:
    """Remove the path of a Unix socket at the end, unless it is another's by now."""
    name = listener.getsockname()
    if isinstance(name, str):
        with suppress(OSError):
            if _identity(Path(name)) == _made.pop(name, None):
                Path(name).unlink()


# The socket files of this process, by path: device and inode.
_made: dict[str, tuple[int, int]] = {}


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _listen_at(path: Path, setting: str) -> socket.socket:
    """Return a Unix socket that only this user may connect to. What a dead server left behind is removed."""
    if not hasattr(socket, "AF_UNIX"):
        raise CannotListen(f"{setting}: this system has no Unix sockets; give an address with --{setting} HOST:PORT")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_stale(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o600)  # before it listens, so that nobody else ever gets through
        _made[str(path)] = _identity(path)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as err:
        listener.close()
        raise CannotListen(_explain_path(path, setting, err)) from err
    return listener


def _is_stale(path: Path) -> bool:
    """Return whether a socket is there that nobody listens at."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            client.connect(str(path))
    except ConnectionRefusedError:
        return True
    except OSError:  # nothing there, or somebody who is too busy to answer
        return False
    return False


def _explain_path(path: Path, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        reason = "another program listens there, or it is no socket; stop that one, or give another path"
    else:
        reason = f"{error.strerror or error}; give a path in a directory that this user may write"
    return f"{setting}: cannot listen at unix:{path}: {reason} with --{setting} unix:PATH"


def _bound(family: int, address: Address) -> socket.socket:
    listener = _prepared(family, address)
    try:
        if not address[1]:
            # Bound by its number, a socket keeps its port also while it does not listen; see `silence`.
            with listener as found:
                listener = _prepared(family, found.getsockname())
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _prepared(family: int, address: Address) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that say IPPROTO_TCP; without it each
    # small mail waits 40 ms for a delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere this option lets two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except BaseException:
        listener.close()
        raise
    return listener


def endpoint_of(listener: socket.socket) -> Endpoint:
    """Return the address that a socket is really bound to."""
    name = listener.getsockname()
    if isinstance(name, str):
        return Endpoint("", 0, name)
    host, port = name[:2]
    return Endpoint(host, port)


def url_of(endpoint: Endpoint, settings: Settings) -> str:
    """Return the URL of the web door at an endpoint, without a slash at the end."""
    scheme = "https" if settings.web_tls else "http"
    # The form that requests-unixsocket and others take.
    where = f"{scheme}+unix://{quote(endpoint.path, safe='')}" if endpoint.path else f"{scheme}://{endpoint}"
    return where + settings.web_base_path


def _explain(endpoint: Endpoint, setting: str, error: OSError | UnicodeError) -> str:
    flag = f"--{setting} HOST:PORT"
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            reason = "it is in use by another program"
            way_out = f"stop that one, or give another address with {flag} (port 0 takes a free one)"
        case errno.EACCES:
            reason = "this user may not listen there"
            way_out = f"give a port above 1023 with {flag}"
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME | socket.EAI_AGAIN | None:
            reason = "this machine has no such address"
            way_out = f"give an address of this machine with {flag}, for example 127.0.0.1:{endpoint.port}"
        case _:
            reason = str(getattr(error, "strerror", None) or error)
            way_out = f"give another address with {flag}"
    return f"{setting}: cannot listen on {endpoint}: {reason}; {way_out}"
