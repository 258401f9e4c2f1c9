"""Connecting to the address that was checked, asking a web server whether something is there, and telling one.

It resolves a name once, so that a second answer of a name server cannot lead elsewhere; follows redirects one by one,
each checked like the first; reads no body; takes no proxy from the environment; and ends in a bounded time, but for the
name server of the system, whose patience is its own.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit

from mailtrap_lite.outbound.rules import Allowed, Forbidden

MOST_HEAD = 64 * 1024  # octets of the head of an answer
MOST_URL = 8 * 1024
MOST_ADDRESSES = 4  # of one host that are tried
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Returns the addresses of a host, as texts, in the order in which they are tried.
Resolver = Callable[[str, int], Sequence[str]]

_STATUS = re.compile(rb"HTTP/[0-9.]{1,5} ([0-9]{3})(?: [^\r\n]*)?\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. status: 0 if nobody answered. reason: for people. url: where redirects led to."""

    status: int
    reason: str
    url: str


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL that may be asked for. target: path and query as they are sent; authority: what Host says."""

    secure: bool
    host: str
    port: int
    authority: str
    target: str


@dataclass(frozen=True, slots=True)
class _Sent:
    """A body and the fields that go with it."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def fields(self) -> str:
        """The lines of the head."""
        return "".join(f"{name}: {value}\r\n" for name, value in (*self.headers, ("Content-Length", len(self.body))))


def resolved(host: str, port: int) -> Sequence[str]:
    """Return what the system says a host's addresses are; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Outbound:
    """Connects where it is allowed. Any thread.

    allow: hosts, addresses and networks that may be private, as the setting outbound_allow has them.
    resolve: who knows the addresses. tls: whom to trust; the system's authorities if None.
    """

    def __init__(
        self, allow: Iterable[str] = (), *, resolve: Resolver = resolved, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = Allowed.of(allow)
        self._resolve = resolve
        self._given_tls = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def connect(self, host: str, port: int, *, timeout: float) -> socket.socket:
        """Return a connection to a checked address of a host; raises Forbidden or another OSError."""
        return self._connect(host, port, time.monotonic() + timeout)

    def head_or_get(self, url: str, *, follow: int = 5, timeout: float = 10.0) -> Outcome:
        """Ask whether something is at a URL: HEAD, and GET where that does not work. Never raises.

        follow: how many redirects. timeout: seconds for everything together.
        """
        deadline = time.monotonic() + timeout
        for hops in range(follow + 1):
            try:
                target = _target(url)
                status, location = self._ask("HEAD", target, deadline)
                if status >= 400:  # many servers answer HEAD wrongly
                    status, location = self._ask("GET", target, deadline)
            except (OSError, UnicodeError) as err:
                return Outcome(0, _reason(err), url)
            if status not in REDIRECTS or not location or not follow:
                return Outcome(status, _phrase(status), url)
            if hops == follow:
                break
            try:
                url = urljoin(url, location)
            except ValueError:
                return Outcome(status, "the redirect leads to no URL", url)
        return Outcome(status, f"more than {follow} redirects", url)

    def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout: float = 10.0,
        opened: Callable[[socket.socket], None] | None = None,
    ) -> Outcome:
        """Send a body to a URL, and return what was answered. Redirects are not followed. Never raises.

        headers: of printable ASCII. timeout: seconds for everything together. opened: gets the connection, so that
        another thread can shut it down.
        """
        sent = _Sent(tuple(headers.items()), body)
        try:
            status, _ = self._ask("POST", _target(url), time.monotonic() + timeout, sent=sent, opened=opened)
        except (OSError, UnicodeError) as err:
            return Outcome(0, _reason(err), url)
        return Outcome(status, _phrase(status), url)

    def _ask(
        self,
        method: str,
        target: _Target,
        deadline: float,
        *,
        sent: _Sent | None = None,
        opened: Callable[[socket.socket], None] | None = None,
    ) -> tuple[int, str]:
        """Return the status and the Location of an answer."""
        tell = opened or _to_nobody
        with self._connect(target.host, target.port, deadline) as plain:
            tell(plain)
            plain.settimeout(_left(deadline))
            if not target.secure:
                return _exchange(plain, method, target, deadline, sent)
            with self._tls.wrap_socket(plain, server_hostname=target.host) as secured:
                tell(secured)
                return _exchange(secured, method, target, deadline, sent)

    def _connect(self, host: str, port: int, deadline: float) -> socket.socket:
        addresses = self._resolve(host, port)[:MOST_ADDRESSES]
        failure: OSError = OSError(f"{host} has no address")
        for address in addresses:
            try:
                self._allowed.check(host, address)
                return socket.create_connection((address, port), timeout=_left(deadline))
            except OSError as err:
                # What is forbidden says more than what does not answer.
                failure = failure if isinstance(failure, Forbidden) else err
        raise failure


def _target(url: str) -> _Target:
    """Read a URL; raises Forbidden."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise Forbidden("this is no URL") from err
    if parts.scheme not in {"http", "https"} or not host or len(url) > MOST_URL:
        raise Forbidden("only http and https URLs are asked for")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("a URL with a user name or a password is not asked for")
    secure = parts.scheme == "https"
    host = host if ":" in host else host.encode("idna").decode("ascii")
    if not re.fullmatch(r"[0-9A-Za-z._:%-]+", host):
        raise Forbidden("this is no host")
    named = f"[{host}]" if ":" in host else host
    safe = "/%:@!$&'()*+,;=~-._?[]"
    query = f"?{quote(parts.query, safe=safe)}" if parts.query else ""
    return _Target(
        secure,
        host,
        port or (443 if secure else 80),
        named if port is None else f"{named}:{port}",
        (quote(parts.path, safe=safe.replace("?", "")) or "/") + query,
    )


def _exchange(
    connection: socket.socket, method: str, target: _Target, deadline: float, sent: _Sent | None
) -> tuple[int, str]:
    request = (
        f"{method} {target.target} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: mailtrap-lite\r\n"
        f"Accept: */*\r\nConnection: close\r\n{sent.fields if sent else ''}\r\n"
    )
    connection.sendall(request.encode("ascii") + (sent.body if sent else b""))
    received = b""
    while True:
        # An interim answer such as 103 comes before the one that counts (RFC 9110 section 15.2).
        while end := _HEAD_END.search(received):
            head, received = received[: end.end()], received[end.end() :]
            status, location = _read(head)
            if status >= 200:
                return status, location
        if len(received) > MOST_HEAD:
            raise OSError("the head of the answer is too large")
        connection.settimeout(_left(deadline))
        if not (more := connection.recv(16 * 1024)):
            raise OSError("the answer ended early")
        received += more


def _read(head: bytes) -> tuple[int, str]:
    if not (found := _STATUS.match(head)):
        raise OSError("the answer is not HTTP")
    try:
        headers = http.client.parse_headers(io.BytesIO(head[found.end() :]))
    except http.client.HTTPException as err:
        raise OSError("the answer is not HTTP") from err
    return int(found[1]), headers.get("Location", "").strip()


def _to_nobody(connection: socket.socket) -> None:
    """Nobody wants to have the connection."""


def _left(deadline: float) -> float:
    """Return the seconds until a deadline; raises TimeoutError when there are none."""
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def _phrase(status: int) -> str:
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return ""


def _reason(error: OSError | UnicodeError) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not right: {error.verify_message}"
        case ssl.SSLError():
            return "no TLS could be agreed on"
        case socket.gaierror():
            return "the host has no address"
        case UnicodeError():
            return "this is no host"
    return error.strerror or str(error)
