"""The way out, against real servers on loopback, which a test must allow first."""

from __future__ import annotations

import ast
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite.outbound import Forbidden, Outbound, Outcome

Reply = tuple[int, dict[str, str]]


class Site(ThreadingHTTPServer):
    """A web server that answers from a table and remembers what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.headers: dict[str, str] = {}
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away."""


class Answering(BaseHTTPRequestHandler):
    """Answers from the table of its site."""

    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Host"]))
        self.server.headers = dict(self.headers)
        key = f"{self.command} {self.path}"
        status, headers = self.server.replies.get(key) or self.server.replies.get(self.path) or (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    do_HEAD = do_POST = do_GET  # noqa: N815  (the name in http.server)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name in http.server)
        """Say nothing."""


def running(site: Site) -> Iterator[Site]:
    thread = threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield site
    site.shutdown()
    site.server_close()
    thread.join(10)


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    yield from running(Site())


@pytest.fixture
def out() -> Outbound:
    """The way out, with loopback allowed."""
    return Outbound(["127.0.0.0/8"])


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], int]]:
    """Return a function that opens a port at which each client gets these octets, and then silence."""
    opened: list[socket.socket] = []

    def answer(octets: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    opened.append(client)
                    client.sendall(octets)

        threading.Thread(target=serve, daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    yield answer
    for each in opened:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


def test_a_link_that_leads_somewhere(out: Outbound, site: Site) -> None:
    outcome = out.head_or_get(f"{site.url}/a b/\u00fc?q=1&x=%20#part")

    assert outcome == Outcome(200, "OK", f"{site.url}/a b/\u00fc?q=1&x=%20#part")
    assert site.asked == [("HEAD", "/a%20b/%C3%BC?q=1&x=%20", f"127.0.0.1:{site.server_port}")]
    assert set(site.headers) == {"Host", "User-Agent", "Accept", "Connection"}


def test_get_is_tried_where_head_does_not_work(out: Outbound, site: Site) -> None:
    site.replies = {"HEAD /": (405, {}), "GET /": (200, {}), "/gone": (410, {})}

    assert out.head_or_get(f"{site.url}/") == Outcome(200, "OK", f"{site.url}/")
    assert out.head_or_get(f"{site.url}/gone") == Outcome(410, "Gone", f"{site.url}/gone")


def test_loopback_is_not_asked_unless_somebody_named_it(site: Site) -> None:
    outcome = Outbound().head_or_get(site.url)

    assert outcome == Outcome(0, "127.0.0.1 is loopback; name it in outbound_allow to permit it", site.url)
    assert site.asked == []


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f000001", "0", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
)
def test_no_spelling_of_this_machine_gets_through(site: Site, host: str) -> None:
    outcome = Outbound().head_or_get(f"http://{host}:{site.server_port}/")

    assert (outcome.status, site.asked) == (0, [])


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(site: Site) -> None:
    answers = iter([["127.0.0.1"], ["10.255.255.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    outcome = Outbound(["127.0.0.1"], resolve=rebinding).head_or_get(f"http://shop.example:{site.server_port}/")

    assert (outcome.status, asked) == (200, ["shop.example"])
    assert site.asked == [("HEAD", "/", f"shop.example:{site.server_port}")]


def test_a_name_that_is_rebound_gets_nothing_the_second_time(site: Site) -> None:
    # Public for the first question, ours for the second: each connection checks the address that it connects to.
    site.replies = {"/": (302, {"Location": f"http://shop.example:{site.server_port}/admin"})}
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    outcome = Outbound(["127.0.0.1"], resolve=lambda *_: next(answers)).head_or_get(
        f"http://shop.example:{site.server_port}/"
    )

    assert outcome.reason == "shop.example is 127.0.0.2, which is loopback; name it in outbound_allow to permit it"
    assert [path for _, path, _ in site.asked] == ["/"]


def test_only_the_permitted_of_several_addresses_is_connected_to(site: Site) -> None:
    out = Outbound(["127.0.0.1"], resolve=lambda *_: ["10.0.0.1", "127.0.0.1"])

    assert out.head_or_get(f"http://shop.example:{site.server_port}/").status == 200


def test_a_redirect_is_followed_and_said(out: Outbound, site: Site) -> None:
    site.replies = {"/a": (301, {"Location": "b?x=1"}), "/b?x=1": (307, {"Location": f"{site.url}/c"})}

    assert out.head_or_get(f"{site.url}/a") == Outcome(200, "OK", f"{site.url}/c")
    assert [path for _, path, _ in site.asked] == ["/a", "/b?x=1", "/c"]


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://127.0.0.2/",
        "//192.168.0.1/x",
        "file:///etc/passwd",
        "ftp://8.8.8.8/",
        "javascript:alert(1)",
        "gopher://127.0.0.1:25/_x",
        "http://user:secret@127.0.0.1/",
        "http://[",
        "http://127.0.0.1:99999/",
        "http://" + "x" * 9000,
    ],
)
def test_a_redirect_is_checked_like_the_first_address(site: Site, location: str) -> None:
    site.replies = {"/": (302, {"Location": location})}

    outcome = Outbound(["127.0.0.1"]).head_or_get(f"{site.url}/")

    assert outcome.status in {0, 302}
    assert outcome.reason != "Found"
    assert len(site.asked) == 1


def test_redirects_have_an_end(out: Outbound, site: Site) -> None:
    site.replies = {"/": (302, {"Location": "/"})}

    assert out.head_or_get(f"{site.url}/", follow=3) == Outcome(302, "more than 3 redirects", f"{site.url}/")
    assert len(site.asked) == 4
    assert out.head_or_get(f"{site.url}/", follow=0) == Outcome(302, "Found", f"{site.url}/")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "no answer in time"),
        (b"HTTP/1.1 200 OK\r\nX: y", "no answer in time"),
        (b"SSH-2.0-x\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, "the head of the answer is too large"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "the answer is not HTTP"),
    ],
    ids=["silence", "half", "other", "status", "endless", "many"],
)
def test_an_answer_is_bounded(out: Outbound, answering: Callable[[bytes], int], answer: bytes, reason: str) -> None:
    port = answering(answer)

    outcome = out.head_or_get(f"http://127.0.0.1:{port}/", timeout=0.3 if "time" in reason else 10)

    assert outcome == Outcome(0, reason, f"http://127.0.0.1:{port}/")


def test_an_interim_answer_is_not_the_answer(out: Outbound, answering: Callable[[bytes], int]) -> None:
    port = answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\n\n")

    assert out.head_or_get(f"http://127.0.0.1:{port}/").status == 204


def test_nobody_there_is_said(out: Outbound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert out.head_or_get(f"http://127.0.0.1:{port}/").reason == "Connection refused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "mailto:a@x.test",
        "http://",
        "http:///x",
        "http://a b/",
        "http://\u202e/",
        "http://x\r\ny/",
        "http://x:y/",
    ],
)
def test_what_is_no_url_of_the_web_is_not_asked_for(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError("nobody is to be asked")

    outcome = Outbound(resolve=resolve).head_or_get(url)

    assert outcome.status == 0


def test_no_proxy_is_taken_from_the_environment(out: Outbound, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert out.head_or_get(site.url).status == 200


def test_the_name_in_a_certificate_is_checked() -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("shop.example").configure_cert(serving)
    authority.configure_trust(trusting)
    for site in running(Site(serving)):
        out = Outbound(["127.0.0.1"], resolve=lambda *_: ["127.0.0.1"], tls=trusting)
        right = out.head_or_get(f"https://shop.example:{site.server_port}/")
        wrong = out.head_or_get(f"https://other.example:{site.server_port}/")
        untrusted = Outbound(["127.0.0.1"], resolve=lambda *_: ["127.0.0.1"]).head_or_get(
            f"https://shop.example:{site.server_port}/"
        )

    assert right.status == 200
    assert wrong.reason.startswith("the certificate is not right: Hostname mismatch")
    assert untrusted.reason.startswith("the certificate is not right: ")


def test_a_connection_for_other_protocols_is_checked_too(out: Outbound, site: Site) -> None:
    with out.connect("127.0.0.1", site.server_port, timeout=5) as connection:
        assert connection.getpeername() == ("127.0.0.1", site.server_port)
    with pytest.raises(Forbidden, match="private"):
        out.connect("10.0.0.1", 25, timeout=5)


# What could connect to somewhere: each of these lives in `outbound`, or does not connect out.
CONNECTING = {"create_connection", "connect", "connect_ex", "open_connection", "urlopen", "sendto", "getaddrinfo"}
CLIENTS = {"urllib.request", "http.client", "smtplib", "poplib", "ftplib", "imaplib", "requests", "httpx", "xmlrpc"}
PERMITTED = {
    ("mailtrap_lite/server/listening.py", "getaddrinfo"),  # which address of this machine to listen at
    ("mailtrap_lite/server/listening.py", "connect"),  # whether somebody listens at a Unix socket
    ("mailtrap_lite/web/serve.py", "http.client"),  # the name of an error
    ("mailtrap_lite/store/file.py", "connect"),  # to a file
    # Commands ask the server that they are pointed at, and hand it mail.
    ("mailtrap_lite/cli/calling.py", "connect"),
    ("mailtrap_lite/cli/calling.py", "http.client"),
    # A test asks the server that it is pointed at.
    ("mailtrap_lite/remote/calling.py", "http.client"),
    ("mailtrap_lite/cli/relaying.py", "create_connection"),
    ("mailtrap_lite/cli/submission.py", "smtplib"),
    # smtplib, which gets each of its connections from `outbound`.
    ("mailtrap_lite/relay/client.py", "connect"),
    ("mailtrap_lite/relay/client.py", "smtplib"),
}


def test_nothing_else_in_the_package_connects_to_anywhere(project: Path) -> None:
    found = set()
    for path in (project / "src").rglob("*.py"):
        name = str(path.relative_to(project / "src"))
        if name.startswith("mailtrap_lite/outbound/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in CONNECTING:
                found.add((name, node.attr))
            elif isinstance(node, ast.Import):
                found |= {(name, alias.name) for alias in node.names if alias.name in CLIENTS}
            elif isinstance(node, ast.ImportFrom) and node.module in CLIENTS:
                found.add((name, node.module))

    assert {entry for entry in found if entry not in PERMITTED} == set()


def test_a_body_is_posted_and_a_redirect_is_no_way(out: Outbound, site: Site) -> None:
    site.replies = {"POST /old": (307, {"Location": "/new"})}

    sent = out.post(f"{site.url}/new?x=1", b"{}", headers={"Content-Type": "application/json"})
    moved = out.post(f"{site.url}/old", b"{}", headers={})

    assert (sent.status, moved.status) == (200, 307)
    assert [(method, path) for method, path, _ in site.asked] == [("POST", "/new?x=1"), ("POST", "/old")]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://10.0.0.1/", "private"),
        ("http://169.254.169.254/latest", "link-local"),
        ("http://[::ffff:10.0.0.1]/", "IPv4-mapped"),
        ("http://[64:ff9b::1]/", "NAT64"),
        ("file:///etc/passwd", "only http and https"),
    ],
)
def test_a_body_goes_nowhere_that_is_forbidden(out: Outbound, url: str, reason: str) -> None:
    outcome = out.post(url, b"{}", headers={})

    assert outcome.status == 0
    assert reason in outcome.reason
