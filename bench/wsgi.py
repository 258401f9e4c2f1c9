"""Which WSGI server: import, start, requests a second, open event streams, half-open clients, stop. Prints Markdown.

Usage: python bench/wsgi.py [NAME …]     (waitress, cheroot and gevent are measured when they are installed)

Each candidate runs in a process of its own, with the defaults first and, where it has the knobs, tuned.
The product is not measured here, only what would carry it: one JSON route and one event stream.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import importlib.util
import json
import logging
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any  # servers without type hints, imported by name

STREAMS = 50
HALF_OPEN = 300
REQUESTS = 1500
CLIENTS = 4
SLOW = 5.0  # seconds after which a request counts as not answered


def application() -> Any:
    """Return a Flask application with /json and /events."""
    from flask import Flask, Response, jsonify

    app = Flask("bench")

    @app.get("/json")
    def small() -> Response:
        return jsonify(total=3, unread=1, messages=[{"ID": "1", "Subject": "hello"}])

    @app.get("/events")
    def events() -> Response:
        def stream() -> Iterator[str]:
            yield "data: 1\n\n"
            while True:
                time.sleep(1)  # a stream in which nothing happens
                yield ": still here\n\n"

        return Response(stream(), mimetype="text/event-stream")

    return app


def _werkzeug(listener: socket.socket) -> Callable[[], None]:
    from werkzeug.serving import make_server

    host, port = listener.getsockname()
    server: Any = make_server(host, port, application(), threaded=True, fd=listener.fileno())
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return lambda: server.shutdown()


def _waitress(listener: socket.socket, **knobs: int) -> Callable[[], None]:
    waitress = importlib.import_module("waitress")
    server = waitress.create_server(application(), sockets=[listener], **knobs)
    threading.Thread(target=server.run, daemon=True).start()
    return lambda: server.close()


def _cheroot(listener: socket.socket, **knobs: int) -> Callable[[], None]:
    wsgi = importlib.import_module("cheroot.wsgi")
    address = listener.getsockname()
    listener.close()  # it binds for itself
    server = wsgi.Server(address, application(), **knobs)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return lambda: server.stop()


def _gevent(listener: socket.socket) -> Callable[[], None]:
    pywsgi = importlib.import_module("gevent.pywsgi")
    address = listener.getsockname()
    listener.close()  # it binds for itself, with a socket of its own kind
    server = pywsgi.WSGIServer(address, application(), log=None)
    server.start()
    return lambda: server.stop(timeout=1)


CANDIDATES: dict[str, tuple[str, Callable[[socket.socket], Callable[[], None]]]] = {
    "werkzeug": ("werkzeug.serving", _werkzeug),
    "waitress": ("waitress", _waitress),
    "waitress tuned": ("waitress", lambda s: _waitress(s, threads=120, connection_limit=1000, channel_timeout=10)),
    "cheroot": ("cheroot.wsgi", _cheroot),
    "cheroot tuned": ("cheroot.wsgi", lambda s: _cheroot(s, numthreads=120, timeout=5, shutdown_timeout=1)),
    "gevent": ("gevent.pywsgi", _gevent),
}


def serve(name: str) -> None:
    """Run one candidate: print what it cost to start and its port; stop at SIGTERM and print how long that took."""
    if name == "gevent":
        importlib.import_module("gevent.monkey").patch_all()
    import flask  # noqa: F401  (the application needs it whatever carries it)

    logging.disable()  # an access log would be part of the measurement

    module, start = CANDIDATES[name]
    began = time.perf_counter()
    importlib.import_module(module)
    imported = time.perf_counter()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listener.getsockname()[1]
    stop = start(listener)
    started = time.perf_counter()
    print(json.dumps({"import": imported - began, "start": started - imported, "port": port}), flush=True)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    while not done.wait(0.05):  # a bounded wait, so that gevent's loop runs too
        pass
    began = time.perf_counter()
    stop()
    print(json.dumps({"stop": time.perf_counter() - began}), flush=True)
    os._exit(0)  # whatever it left behind


def _get(port: int, path: str = "/json") -> float:
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SLOW)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    finally:
        connection.close()
    return time.perf_counter() - began


def _first_event(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=SLOW)
    client.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    seen = b""
    while b"data: 1" not in seen:
        if not (more := client.recv(4096)):
            raise OSError("closed before the first event")
        seen += more
    return client


def _typical(port: int, count: int = 9) -> str:
    try:
        return f"{statistics.median(_get(port) for _ in range(count)) * 1000:.1f} ms"
    except OSError:
        return "no answer"


def measure(name: str) -> list[str]:
    """Return the row of one candidate."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--serve", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout is not None
    with contextlib.ExitStack() as stack:
        stack.callback(child.wait)
        stack.callback(child.kill)
        facts = json.loads(child.stdout.readline())
        port: int = facts["port"]
        _get(port)
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: _get(port), range(REQUESTS)))
        rate = REQUESTS / (time.perf_counter() - began)

        half_open = [socket.create_connection(("127.0.0.1", port)) for _ in range(HALF_OPEN)]
        for client in half_open:
            client.sendall(b"GET /json HTTP/1.1\r\nHost: loc")
        beside_half_open = _typical(port)
        for client in half_open:
            client.close()

        streams: list[socket.socket] = []
        with contextlib.suppress(OSError):
            streams.extend(stack.enter_context(_first_event(port)) for _ in range(STREAMS))
        beside_streams = _typical(port)

        child.terminate()
        watchdog = threading.Timer(SLOW, child.kill)
        watchdog.start()
        last = child.stdout.readline()
        watchdog.cancel()
        stop = f"{json.loads(last)['stop'] * 1000:.0f} ms" if last else f"hung (over {SLOW:g} s)"
    return [
        name,
        f"{facts['import'] * 1000:.0f} ms",
        f"{facts['start'] * 1000:.0f} ms",
        f"{rate:,.0f}",
        f"{len(streams)} of {STREAMS}, {beside_streams}",
        beside_half_open,
        stop,
    ]


def main(names: list[str]) -> None:
    """Measure the named candidates, or all that are installed."""
    heads = [
        "server",
        "import beside flask",
        "start",
        "requests/s",
        f"{STREAMS} streams open: live, a request beside them",
    ]
    heads += [f"a request beside {HALF_OPEN} half-open", "stop with streams open"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for name in names or CANDIDATES:
        if importlib.util.find_spec(CANDIDATES[name][0].partition(".")[0]) is None:
            print(f"| {name} | not installed |" + " |" * (len(heads) - 2))
            continue
        print("| " + " | ".join(measure(name)) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
