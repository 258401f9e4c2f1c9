"""The WSGI server: werkzeug's threaded one, with an end to everything.

werkzeug was chosen by measurement (bench/wsgi.py): it comes with flask, and a thread for each connection means that
neither event streams nor half-open clients lock it up. What it lacks is added here: a read time-out, a cap on
connections, quiet logs, no version header, an accept loop without polling, and a stop that is bounded whatever
clients do. It knows sockets and threads; it knows nothing of what is served.
"""

from __future__ import annotations

import errno
import http.client
import json
import logging
import math
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum
from http import HTTPStatus
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any, Final  # Any: what socketserver hands through

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from mailtrap_lite.terminal import escaped
from mailtrap_lite.web.guard import BASE_PATH, HEADERS, is_api, within
from mailtrap_lite.web.rooms import Rooms
from mailtrap_lite.web.visitors import Visitors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

log = logging.getLogger(__name__)

READ_TIMEOUT = 10.0  # seconds without an octet after which a connection is dropped
HEAD_TIMEOUT = 30.0  # seconds that a request's head may take when there are too many connections
MOST_CONNECTIONS = 1000  # each is a thread; more are closed unanswered
STARVED_PAUSE = 0.1  # seconds until a connection is accepted again after there was no descriptor for it
GRACE = 0.5  # seconds that requests under way have at the stop


class State(Enum):
    """Where a connection is."""

    READING = "reading"  # no whole request yet
    ANSWERING = "answering"


class Connections:
    """The open connections, to end them from another thread. Any thread."""

    def __init__(self) -> None:
        self._open: dict[socket.socket, tuple[State, float]] = {}  # and since when
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._open)

    def note(self, connection: socket.socket, state: State) -> None:
        """Remember a connection and where it is."""
        with self._changed:
            self._open[connection] = state, time.monotonic()

    def forget(self, connection: socket.socket) -> None:
        """Forget a connection that is closed."""
        with self._changed:
            self._open.pop(connection, None)
            self._changed.notify_all()

    def end(self, timeout: float) -> bool:
        """End all connections within timeout seconds; return whether all are gone.

        Those that were asked something have a short while to answer it; those still reading have none.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            self._cut(State.READING)
            self._changed.wait_for(lambda: not self._open, min(GRACE, timeout / 2))
            self._cut(*State)
            return self._changed.wait_for(lambda: not self._open, max(0.0, deadline - time.monotonic()))

    def cut_slow(self, patience: float) -> None:
        """End those that have been sending the head of their request for longer than patience seconds.

        They may send an octet now and then, so that the read time-out never comes.
        """
        with self._changed:
            self._cut(State.READING, before=time.monotonic() - patience)

    def _cut(self, *states: State, before: float = math.inf) -> None:
        for connection, (state, since) in self._open.items():
            if state in states and since < before:
                try:
                    # Wakes a thread that reads or writes; close would not. Not the method of an SSLSocket, which first
                    # forgets its TLS: what another thread writes at that moment would go out in the clear.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster


class Handler(WSGIRequestHandler):
    """One connection, which carries one request."""

    timeout = READ_TIMEOUT
    protocol_version = "HTTP/1.1"
    server: Server

    def handle(self) -> None:
        """Shake hands, if it is TLS, and answer the request. Here, because it may take the time-out."""
        if isinstance(self.connection, ssl.SSLSocket):
            try:
                self.connection.do_handshake()
            except OSError as err:  # which an SSLError is, too
                log.debug("no TLS with a web client: %s", ascii(err))
                return
        super().handle()

    def parse_request(self) -> bool:
        """Read the head of the request, as much of it as may be read."""
        if not self.server.most_headers:
            return super().parse_request()
        rest, self.rfile = self.rfile, Head(self.rfile, self.server.most_headers)  # type: ignore[assignment]  # all that reads a head is its `readline`
        try:
            return super().parse_request()
        finally:
            self.rfile = rest

    def run_wsgi(self) -> None:
        """Answer a request whose headers are here."""
        self.server.connections.note(self.connection, State.ANSWERING)
        try:
            super().run_wsgi()
        finally:
            # werkzeug closes the body itself, but not when the client resets the connection.
            if body := getattr(self, "environ", {}).get(Body.NAME):
                body.close()

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin a response, without the Server field that the base class would add."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not HTTP, and so reaches no application, with the headers that all responses carry."""
        text = HTTPStatus(code).phrase
        in_json = self._is_for_the_api()
        body = (json.dumps({"Error": f"{text}."}) if in_json else f"{code} {text}").encode() + b"\n"
        # What is no request line counts as HTTP/0.9, and then the base class would leave the headers out.
        self.request_version = self.protocol_version
        self.send_response(code, text)
        for name, value in (
            *HEADERS,
            ("Content-Type", "application/json" if in_json else "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _is_for_the_api(self) -> bool:
        # Of the line as it came: what is too long was never taken apart.
        target = self.raw_requestline.partition(b" ")[2].partition(b" ")[0].partition(b"?")[0]
        return is_api(within(target.decode("latin-1").removeprefix(self.server.base_path)))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no access log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (the name in werkzeug)
        """Log what http.server complains about; it may quote the client, so escaped."""
        log.debug("%s", ascii(message % args if args else message))


class Head:
    """The lines of a request's head; no more octets than may be, because all would be kept before anybody looks."""

    def __init__(self, lines: BufferedIOBase, most: int) -> None:
        self._lines = lines
        self._left = most

    def readline(self, size: int = -1) -> bytes:
        """Return the next line; raises LineTooLong, which is answered with 431."""
        most = self._left + 1 if size < 0 else min(size, self._left + 1)
        line = self._lines.readline(most)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.LineTooLong("head")
        return line


class Body:
    """What the application answers with, to be closed once, whoever comes first."""

    NAME: Final = "mailtrap_lite.body"

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """Close the answer, if it can be. One thread, idempotent."""
        if not self._closed:
            self._closed = True
            getattr(self._chunks, "close", lambda: None)()


def _remembering(application: Flask) -> WSGIApplication:
    """Return the application with its answer kept in the environ, for the handler to close."""

    def remembering(environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        body = environ[Body.NAME] = Body(application(environ, start_response))
        return body

    return remembering


class Server(ThreadedWSGIServer):
    """Accepts until told to stop. `listener` stays the caller's until `server_close`.

    tls: the certificate that is spoken with, None for plain HTTP. most_headers: octets of a head, 0 is no limit.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, application: Flask, listener: socket.socket, *, tls: ssl.SSLContext | None = None, most_headers: int = 0
    ) -> None:
        name = listener.getsockname()
        host, port = (f"unix://{name}", 0) if isinstance(name, str) else name[:2]
        super().__init__(host, port, _remembering(application), Handler, fd=listener.fileno())
        self.ssl_context = tls  # after the base class, which would speak TLS where it accepts
        self.most_headers = most_headers
        self.base_path = str(application.config.get(BASE_PATH, ""))
        self.connections = Connections()
        self._listener = listener
        self._starved = False
        self.timeout = 0  # handle_request is called when a connection waits already

    def accept_until(self, stop: socket.socket) -> None:
        """Accept connections until `stop` can be read. Never polls, so an idle server costs nothing."""
        self.socket.setblocking(False)  # a client that is gone before we accept it must not block us
        with selectors.DefaultSelector() as selector, selectors.DefaultSelector() as end:
            end.register(stop, selectors.EVENT_READ)
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(stop, selectors.EVENT_READ)
            while all(key.fileobj is not stop for key, _ in selector.select()):
                self._starved = False
                self.handle_request()
                # Out of descriptors the connection stays in the queue, and asking again at once would ask for ever.
                if self._starved and end.select(STARVED_PAUSE):
                    return

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the connection has Nagle's algorithm off, because an event is a small write."""
        try:
            connection, address = super().get_request()
        except OSError as err:
            if err.errno in {errno.EMFILE, errno.ENFILE}:
                self._starved = True
                log.warning("no connection can be accepted: %s", err.strerror)
            raise
        connection.setblocking(True)
        if connection.family != getattr(socket, "AF_UNIX", None):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.ssl_context is None:
            return connection, address
        try:
            # The handshake waits for the client, so it is for the connection's own thread.
            secured = self.ssl_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        except BaseException:
            connection.close()
            raise
        return secured, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take a connection, unless there are too many."""
        if len(self.connections) >= MOST_CONNECTIONS:
            self.connections.cut_slow(HEAD_TIMEOUT)  # for those who come next
            log.warning("more than %d connections; one was closed", MOST_CONNECTIONS)
            return False
        self.connections.note(request, State.READING)
        return True

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        try:
            if isinstance(request, ssl.SSLSocket):
                # A goodbye, so that the client knows that nothing was cut off; its own is not waited for.
                with suppress(OSError, ValueError):
                    request.setblocking(False)
                    request.unwrap()
            super().shutdown_request(request)
        finally:
            self.connections.forget(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a bug of ours; the base class would print it."""
        log.exception("a web request failed")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (the name in werkzeug)
        """Log what werkzeug reports: the traceback of an application that raised."""
        log.error("%s", escaped(message % args if args else message, keep="\n"))

    def server_close(self) -> None:
        """Close the listening socket and its duplicate."""
        super().server_close()
        if hasattr(self, "_listener"):  # the base class calls this once before it knows ours
            self._listener.close()


class WebServer:
    """Serves an application on a listening socket, which it owns from now on. start and stop: one thread."""

    def __init__(
        self, app: Flask, listener: socket.socket, *, tls: ssl.SSLContext | None = None, most_headers: int = 16 * 1024
    ) -> None:
        # What lets threads wait, and must let go of them at the end.
        self._waiting = [app.extensions[name] for name in (Rooms.NAME, Visitors.NAME) if name in app.extensions]
        self._server = Server(app, listener, tls=tls, most_headers=most_headers)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(
            target=self._server.accept_until, args=(self._woken,), name="mailtrap-lite-web", daemon=True
        )

    def start(self) -> None:
        """Accept connections on a daemon thread."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Close the port and end every connection within timeout seconds, whatever clients do. Idempotent."""
        self._wake.close()
        for waiting in self._waiting:
            waiting.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._woken.close()
        self._server.server_close()
        if not self._server.connections.end(timeout):
            log.warning("%d web connections did not end in time", len(self._server.connections))
