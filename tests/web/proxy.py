"""A small reverse proxy, as one would put before the web door: plain or with TLS, to a port or to a Unix socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from types import MappingProxyType

from mailtrap_lite import Endpoint


class ReverseProxy:
    """Hands each request on with more headers, and the answer back as it comes. One request for each connection."""

    def __init__(self, to: Endpoint, *, more: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self._to = to
        self._more = "".join(f"{name}: {value}\r\n" for name, value in more.items()).encode()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.targets: list[str] = []  # what was asked for

    def serve(self) -> None:
        """Accept until the end."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def end(self) -> None:
        """Accept no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, client: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(client)
            client.settimeout(20)
            if self._tls:
                client = stack.enter_context(self._tls.wrap_socket(client, server_side=True))
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := client.recv(65536)):
                    return
                head += more
            line, _, rest = head.partition(b"\r\n")
            self.targets.append(line.split(b" ")[1].decode())
            server = stack.enter_context(self._connected())
            server.sendall(line + b"\r\n" + self._more + rest)
            back = threading.Thread(target=_pour, args=(client, server), daemon=True)
            back.start()
            _pour(server, client)
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            back.join(20)

    def _connected(self) -> socket.socket:
        if not self._to.path:
            return socket.create_connection((self._to.host, self._to.port), timeout=20)
        server = socket.socket(socket.AF_UNIX)
        server.settimeout(20)
        server.connect(self._to.path)
        return server


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while more := source.recv(65536):
            sink.sendall(more)


@contextmanager
def proxied(
    to: Endpoint, *, more: Mapping[str, str] = MappingProxyType({}), tls: ssl.SSLContext | None = None
) -> Iterator[ReverseProxy]:
    """Put a proxy before a door. more: headers that it adds."""
    proxy = ReverseProxy(to, more=more, tls=tls)
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.end()
        serving.join(10)
