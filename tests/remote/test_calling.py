"""What a test is told when the server that it is to share does not answer as one."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from mailtrap_lite import BadSetting, CannotShare, RemoteSandbox, Server, SharedServerLost
from mailtrap_lite.errors import SandboxGone, TooManySandboxes
from mailtrap_lite.remote import shared_sandbox
from mailtrap_lite.remote.calling import Api, Place


@contextmanager
def strange(status: int, body: bytes, kind: str = "application/json") -> Iterator[str]:
    """Run a server of somebody else's that answers everything so; yield its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout: ClassVar[float] = 5.0

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is the library's
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        pytest.param(404, b"<p>no</p>", "text/html", "with 404 is no mailtrap-lite", id="a web server"),
        pytest.param(200, b"<p>yes</p>", "text/html", "is no mailtrap-lite", id="one that says yes to all"),
        pytest.param(200, b"{}", "application/json", "is no mailtrap-lite", id="another API"),
        pytest.param(404, json.dumps({"Error": "not found"}).encode(), "application/json", "it is too old", id="old"),
        pytest.param(503, json.dumps({"Error": "no time"}).encode(), "application/json", "no time", id="busy"),
    ],
)
def test_what_is_no_server_of_ours_is_told_of(status: int, body: bytes, kind: str, says: str) -> None:
    with strange(status, body, kind) as url, pytest.raises(SharedServerLost, match=says), shared_sandbox(url):
        pass


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        pytest.param({"web_user": "ann", "web_password": "s:cret"}, "ann:s%3Acret@", id="password"),
        pytest.param({"web_token": "t0ken-of-sixteen-or-more"}, "t0ken-of-sixteen-or-more@", id="token"),
    ],
)
def test_a_server_that_wants_a_secret_gets_it_from_the_url(settings: dict[str, str], secret: str) -> None:
    with Server(**settings) as server:
        with shared_sandbox(server.url.replace("//", f"//{secret}")) as mail:
            mail.deliver(b"Subject: hello\r\n\r\n", to="b@x.test")
            assert mail.wait_for().subject == "hello"
            assert secret not in mail.url + repr(mail)
        with pytest.raises(SharedServerLost, match="wants a password or a token"), shared_sandbox(server.url):
            pass
        with (
            pytest.raises(SharedServerLost, match="not this one") as told,
            shared_sandbox(server.url.replace("//", "//wr0ng@")),
        ):
            pass
        assert "wr0ng" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["", "localhost:8025", "ftp://x.test", "http://", "http://x.test:no", "http://x.test/?a=b"]
)
def test_what_is_no_url_is_told_with_its_source(url: str) -> None:
    with pytest.raises(BadSetting, match=r"^--mailtrap-url: '.*' is no http://HOST:PORT"):
        Place.of(url, "--mailtrap-url")


def test_a_url_that_is_wrong_keeps_its_secret() -> None:
    with pytest.raises(BadSetting) as told:
        Place.of("ftp://ann:secret@x.test", "--mailtrap-url")

    assert "secret" not in str(told.value)
    assert "secret" not in repr(Place.of("http://ann:secret@[::1]:8025/base/", "here"))
    assert Place.of("http://ann:secret@[::1]:8025/base/", "here").url == "http://[::1]:8025/base"


def test_a_server_that_ends_or_deletes_the_sandbox_is_told_of() -> None:
    with Server(sandboxes=1) as server, shared_sandbox(server.url) as mail:
        with pytest.raises(TooManySandboxes), shared_sandbox(server.url):
            pass
        server.sandboxes.delete(mail.name)
        with pytest.raises(SandboxGone, match=mail.name):
            mail.wait_for(timeout=0)
        server.stop()
        with pytest.raises(SharedServerLost, match="does not answer"):
            mail.wait_for(timeout=0)
        assert mail.faults.report() == ""


def test_doors_that_listen_everywhere_are_where_the_web_side_is() -> None:
    api = Api(Place.of("http://mail.test:8025", "here"))
    told = {"Name": "one", "User": "one", "Domain": "one.sandbox.test"}

    sandbox = RemoteSandbox(api, told, {"smtp": "0.0.0.0:1025", "pop3": "[::]:1110", "lmtp": "unix:/run/lmtp"})

    assert sandbox.addresses() == {"smtp": "mail.test:1025", "pop3": "mail.test:1110", "lmtp": "unix:/run/lmtp"}
    for refused in (sandbox.down, sandbox.hidden, sandbox.hidden_pop3, lambda: sandbox.tls, lambda: sandbox.settings):
        with pytest.raises(CannotShare):
            refused()
