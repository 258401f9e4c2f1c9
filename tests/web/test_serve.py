"""The server: bounded whatever clients do, quiet, and it lets go of its port."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import WebServer, guard, serve
from mailtrap_lite.web.events import Events

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Ask = Callable[..., tuple[int, bytes, http.client.HTTPMessage]]


def read_all(client: socket.socket) -> bytes:
    """Return what comes until the end; a reset is one too."""
    received = b""
    with suppress(ConnectionResetError):
        while more := client.recv(65536):
            received += more
    return received


def raw(address: tuple[str, int], request: bytes) -> bytes:
    """Return the answer to these octets."""
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(request)
        return read_all(client)


def stream(address: tuple[str, int]) -> socket.socket:
    """Return an event stream whose first event has come."""
    client = socket.create_connection(address, timeout=10)
    client.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    received = b""
    while b"event: change" not in received:
        received += client.recv(65536)
    return client


def test_it_answers(ask: Ask, deliver: Callable[..., Message]) -> None:
    deliver()

    status, body, headers = ask("/api/v1/message/latest")

    assert status == 200
    assert b"hello" in body
    assert "Server" not in headers
    assert headers["Date"]


def test_a_request_is_answered_beside_streams_and_half_open_clients(
    server: tuple[str, int], ask: Ask, app: Flask
) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(stream(server)) for _ in range(50)]
        for _ in range(300):
            half_open = stack.enter_context(socket.create_connection(server, timeout=10))
            half_open.sendall(b"GET /livez HTTP/1.1\r\nHost: loc")

        began = time.monotonic()
        status, _, _ = ask("/api/v1/messages")

        assert (status, len(streams), app.extensions[Events.NAME].streams) == (200, 50, 50)
        assert time.monotonic() - began < 5  # under one second on an idle machine


def test_every_open_stream_hears_the_news(server: tuple[str, int], deliver: Callable[..., Message]) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(stream(server)) for _ in range(5)]

        deliver("to all")

        for client in streams:
            heard = b""
            while b"to all" not in heard:
                heard += client.recv(65536)


def reset(client: socket.socket) -> None:
    """Close a connection without a goodbye."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_a_client_that_resets_its_stream_leaves_none_behind(
    server: tuple[str, int], app: Flask, deliver: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    events: Events = app.extensions[Events.NAME]
    left = threading.Event()
    leave = events.leave

    def leaving() -> None:
        leave()
        left.set()

    monkeypatch.setattr(events, "leave", leaving)
    reset(stream(server))

    deliver()  # the first write that fails tells

    assert left.wait(10)
    assert events.streams == 0


def test_an_answer_is_closed_although_the_client_resets_the_connection() -> None:
    closed = threading.Event()
    app = Flask("answers")

    @app.get("/")
    def answer() -> Response:
        response = Response("done")
        response.call_on_close(closed.set)
        return response

    listener = socket.create_server(("127.0.0.1", 0))
    server = WebServer(app, listener)
    server.start()
    client = socket.create_connection(listener.getsockname(), timeout=10)
    # werkzeug reads on behind the request, so that the reset meets it there.
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nmore")
    received = b""
    while b"done" not in received:
        received += client.recv(1000)
    reset(client)

    assert closed.wait(10)
    server.stop(5)


def test_stopping_is_bounded_whatever_clients_do(app: Flask) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    address = listener.getsockname()
    server = WebServer(app, listener)
    server.start()
    before = threading.active_count()
    with ExitStack() as stack:
        streams = [stack.enter_context(stream(address)) for _ in range(20)]
        silent = [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(20)]
        for half_open in silent[:10]:
            half_open.sendall(b"DELETE /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")

        began = time.monotonic()
        server.stop(5)
        took = time.monotonic() - began

        assert took < 4
        assert not any(b"HTTP/1.1 200" in read_all(client) for client in (*streams, *silent))
        assert threading.active_count() <= before + 1  # the listener of events ends a moment later
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)
    server.stop(5)


def test_a_request_under_way_is_finished_at_the_stop() -> None:
    entered, go_on = threading.Event(), threading.Event()
    app = Flask("slow")

    @app.get("/")
    def slow() -> str:
        entered.set()
        assert go_on.wait(10)
        return "done"

    listener = socket.create_server(("127.0.0.1", 0))
    server = WebServer(app, listener)
    server.start()
    answers: list[bytes] = []
    asking = threading.Thread(
        target=lambda: answers.append(raw(listener_address, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n"))
    )
    listener_address = listener.getsockname()
    asking.start()
    assert entered.wait(10)
    stopping = threading.Thread(target=server.stop, args=(5,))
    stopping.start()
    go_on.set()
    asking.join(10)
    stopping.join(10)

    assert [answer.endswith(b"done") for answer in answers] == [True]


def test_a_server_that_was_never_started_lets_go_of_its_port(app: Flask) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()

    WebServer(app, listener).stop(1)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


def test_a_silent_client_is_dropped(monkeypatch: pytest.MonkeyPatch, server: tuple[str, int]) -> None:
    monkeypatch.setattr(serve.Handler, "timeout", 0.05)

    assert raw(server, b"GET / HTTP/1.1\r\nHost: loc") == b""


def test_too_many_connections_are_closed(monkeypatch: pytest.MonkeyPatch, server: tuple[str, int], ask: Ask) -> None:
    monkeypatch.setattr(serve, "MOST_CONNECTIONS", 1)
    with socket.create_connection(server, timeout=10) as first:
        first.sendall(b"GET")
        with socket.create_connection(server, timeout=10) as second:
            assert second.recv(100) == b""
        first.sendall(b" /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_all(first).endswith(b"ok")


def test_clients_that_send_an_octet_now_and_then_make_room_for_others(
    monkeypatch: pytest.MonkeyPatch, server: tuple[str, int], ask: Ask
) -> None:
    monkeypatch.setattr(serve, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(serve, "HEAD_TIMEOUT", 0)
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(server, timeout=10)) for _ in range(3)]
        for client in slow:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: loc")
        with socket.create_connection(server, timeout=10) as one_too_many:
            assert read_all(one_too_many) == b""
        for client in slow:
            assert read_all(client) == b""

        status, body, _ = ask("/livez")

    assert (status, body) == (200, b"ok")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    ],
    ids=["TLS", "no target", "version", "long target", "many headers"],
)
def test_what_is_no_http_gets_an_error_with_the_headers(
    server: tuple[str, int], request_: bytes, status: bytes
) -> None:
    answer = raw(server, request_)

    assert answer.split(b"\r\n")[0].startswith(b"HTTP/1.1 " + status)
    assert all(f"{name}: {value}\r\n".encode() in answer for name, value in guard.HEADERS)
    assert b"Server:" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
    ids=[
        "two hosts",
        "twice the same",
        "absolute",
        "absolute to us",
        "absolute, other Host",
        "none",
        "HTTP/1.0",
        "evil",
    ],
)
def test_exactly_one_host_of_ours(server: tuple[str, int], request_: bytes) -> None:
    assert raw(server, request_).split(b"\r\n")[0] == b"HTTP/1.1 421 Misdirected Request"


def test_it_writes_nothing_by_itself(
    server: tuple[str, int], ask: Ask, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    ask("/livez")
    raw(server, b"\x1b[31mGET\r\n\r\n")
    with socket.create_connection(server, timeout=10) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")  # and gone

    ask("/livez")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_an_application_that_raises_is_logged_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        raise RuntimeError("no luck")

    app = Flask("broken")
    app.wsgi_app = broken  # type: ignore[method-assign]
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    server = WebServer(app, listener)
    server.start()

    answer = raw(address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    server.stop(5)

    assert b" 500 " in answer.split(b"\r\n")[0]
    assert b"no luck" not in answer
    assert "no luck" in caplog.text


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: abc",
        b"Content-Length: -1",
        b"Content-Length: +15",
        b"Content-Length: 15, 15",
        b"Content-Length: 0x0f",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 15",
    ],
    ids=bytes.decode,
)
def test_a_body_of_unknown_length_never_means_every_message(
    server: tuple[str, int], deliver: Callable[..., Message], sandbox: Sandbox, framing: bytes, method: str
) -> None:
    deliver()
    head = f"{method} /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()

    answer = raw(server, head + framing + b'\r\n\r\n{"IDs":["999"]}')

    assert b" 400 " in answer.splitlines()[0]
    assert (sandbox.counts().total, sandbox.counts().unread) == (1, 1)


def test_a_server_without_descriptors_rests_and_recovers() -> None:
    done = subprocess.run([sys.executable, "-c", STARVED], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (0, "rested, answered\n"), done.stderr


STARVED = """
import os, resource, socket, threading, time, urllib.request
from mailtrap_lite import Server

with Server() as mail:
    url, web = mail.url, mail.web
    urllib.request.urlopen(url).close()
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    # The clients are another process: they have descriptors enough.
    from_parent, to_parent = os.pipe()
    go, tell = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500))
        held = [socket.create_connection((web.host, web.port)) for _ in range(60)]
        os.write(to_parent, b"x")
        os.read(go, 1)
        for client in held:
            client.close()
        os._exit(0 if urllib.request.urlopen(url + "/livez", timeout=20).status == 200 else 1)
    os.read(from_parent, 1)
    began = time.process_time()
    threading.Event().wait(1)
    rested = time.process_time() - began < 0.5
    os.write(tell, b"x")
    answered = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print("rested," if rested else "busy,", "answered" if answered else "silent")
"""


def test_a_large_body_is_refused(ask: Ask) -> None:
    body = b"[" * (16 * 1024 * 1024)

    status, answer, _ = ask("/api/v1/messages", method="PUT", body=body, headers={"Content-Type": "application/json"})

    assert (status, b"Error" in answer) == (413, True)


def test_ipv6(app: Flask) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    address = listener.getsockname()
    server = WebServer(app, listener)
    server.start()

    connection = http.client.HTTPConnection("::1", address[1], timeout=10)
    connection.request("GET", "/livez")
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"ok")
    connection.close()
    server.stop(5)


def test_the_package_does_not_import_flask_before_somebody_asks_for_a_page() -> None:
    code = "import sys, mailtrap_lite\nwith mailtrap_lite.Server(): pass\nassert 'flask' not in sys.modules"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("path", "rest", "status"),
    [
        (b"/api/v1/search?query=" + b"x" * 70_000, b"", b"414"),
        (b"/api/v1/info", b"X: y\r\n" * 200, b"431"),
    ],
    ids=["long target", "many headers"],
)
def test_what_the_server_itself_refuses_of_the_api_is_json(
    server: tuple[str, int], path: bytes, rest: bytes, status: bytes
) -> None:
    answer = raw(server, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + rest + b"\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert b"Content-Type: application/json\r\n" in head + b"\r\n"
    assert isinstance(json.loads(body)["Error"], str)
