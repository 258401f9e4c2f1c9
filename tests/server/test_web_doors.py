"""The web door over TLS and at a Unix socket, as real clients see it, and who may be let in from elsewhere."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailtrap_lite import BadSetting, CannotListen, Endpoint, Server
from mailtrap_lite.cli.ready import describe


@pytest.fixture
def secure() -> Iterator[Server]:
    """A server whose web door speaks TLS."""
    pytest.importorskip("trustme")
    with Server(web_tls=True) as server:
        yield server


def test_the_web_door_speaks_tls(secure: Server) -> None:
    with urllib.request.urlopen(f"{secure.url}/livez", context=secure.tls.context, timeout=10) as answer:
        assert answer.read() == b"ok"
    assert secure.url == f"https://{secure.web}"


def test_tls_for_the_web_opens_no_other_door(secure: Server) -> None:
    assert set(secure.endpoints) == {"smtp", "pop3"}
    with pytest.raises(BadSetting, match="this server has no TLS"):
        _ = secure.smtps
    assert describe(secure)["tls"] == {"ca_file": str(secure.tls.ca_file)}


def test_tls_for_the_others_leaves_the_web_as_it_is() -> None:
    pytest.importorskip("trustme")
    with Server(tls=True) as server, urllib.request.urlopen(f"{server.url}/livez", timeout=10) as answer:
        assert (answer.read(), server.url.startswith("http:")) == (b"ok", True)


def test_an_answer_ends_with_a_goodbye_of_tls(secure: Server) -> None:
    with (
        socket.create_connection((secure.web.host, secure.web.port), timeout=10) as client,
        # Without the goodbye this raises at the end, as something may have been cut off.
        secure.tls.context.wrap_socket(client, server_hostname="localhost", suppress_ragged_eofs=False) as secured,
    ):
        secured.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while more := secured.recv(1000):
            received += more
    assert received.endswith(b"ok")


def test_clients_that_shake_no_hands_hold_nobody_up(secure: Server) -> None:
    where = (secure.web.host, secure.web.port)
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(where, timeout=10)) for _ in range(100)]
        for client in silent[:30]:
            client.sendall(b"\x16\x03\x01\x02\x00\x01")  # a hello that does not go on
        for client in silent[30:60]:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")  # no TLS at all
        for client in silent[60:70]:
            client.close()
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{secure.url}/livez", timeout=10)
        with urllib.request.urlopen(f"{secure.url}/livez", context=secure.tls.context, timeout=10) as answer:
            assert answer.status == 200


def test_the_stop_is_bounded_with_handshakes_under_way() -> None:
    pytest.importorskip("trustme")
    with ExitStack() as stack:
        server = Server(web_tls=True).start()
        where = (server.web.host, server.web.port)
        for _ in range(20):
            stack.enter_context(socket.create_connection(where, timeout=10))

        stopping = threading.Thread(target=server.stop)
        stopping.start()
        stopping.join(10)

        assert not stopping.is_alive()


class OverSocket(http.client.HTTPConnection):
    """A client of a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a socket may be; paths of sockets are at most 107 octets long."""
    short = Path("/tmp") / f"mailtrap-lite-{os.getpid()}-{threading.get_ident()}.sock"
    assert not short.exists()
    return short


def test_the_web_door_is_a_socket_that_only_its_user_may_open(path: Path) -> None:
    with Server(web=f"unix:{path}") as server:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert (server.web, mode) == (Endpoint("", 0, str(path)), 0o600)
        assert server.url == "http+unix://%2Ftmp%2F" + path.name
        assert describe(server)["web"] == {"host": "", "port": 0, "url": server.url, "path": str(path)}

        client = OverSocket(str(path))
        client.request("GET", "/api/v1/messages")
        answer = client.getresponse()
        assert (answer.status, json.loads(answer.read())["messages"]) == (200, [])
        client.close()
    assert not path.exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="this test needs curl: apt-get install curl")
def test_curl_opens_the_socket(path: Path) -> None:
    with Server(web=f"unix:{path}", web_password="open sesame") as server:
        assert server.web.path
        command = ["curl", "-sS", "--unix-socket", str(path), "-u", "me:open sesame", "-w", "%{http_code}"]

        done = subprocess.run([*command, "http://localhost/livez"], capture_output=True, text=True, timeout=20)
        refused = subprocess.run([*command, "http://evil.example/"], capture_output=True, text=True, timeout=20)

    assert (done.returncode, done.stdout) == (0, "ok200")
    assert refused.stdout.endswith("421")


def test_what_a_dead_server_left_behind_is_removed(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    with Server(web=f"unix:{path}") as server:
        assert server.url
        client = OverSocket(str(path))
        client.request("GET", "/livez")
        assert client.getresponse().read() == b"ok"
        client.close()
    assert not path.exists()


def test_a_server_that_lives_keeps_its_socket(path: Path) -> None:
    with Server(web=f"unix:{path}"):
        with pytest.raises(CannotListen, match=r"web: cannot listen at unix:.*: another program listens there"):
            Server(web=f"unix:{path}").start()
        assert path.exists()


def test_a_file_that_is_no_socket_is_left_alone(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_text("dear")

    with pytest.raises(CannotListen, match="or it is no socket"):
        Server(web=f"unix:{file}").start()

    assert file.read_text() == "dear"


@pytest.mark.parametrize("where", ["/nowhere/at/all.sock", "/tmp/" + "x" * 200], ids=["no directory", "too long"])
def test_a_path_that_cannot_be_is_said(where: str) -> None:
    with pytest.raises(CannotListen, match=r"web: cannot listen at unix:.* with --web unix:PATH"):
        Server(web=f"unix:{where}").start()


def test_the_socket_of_another_server_is_not_removed_at_the_end(path: Path) -> None:
    first = Server(web=f"unix:{path}").start()
    path.unlink()
    with socket.socket(socket.AF_UNIX) as second:
        second.bind(str(path))
        second.listen()

        first.stop()

        assert path.exists()
    path.unlink()


def test_a_password_lets_the_web_door_be_open_to_others(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token\n")

    Server(web="0.0.0.0:0", web_password="open sesame")
    Server(web="0.0.0.0:0", web_token_file=tmp_path / "token")
    with pytest.raises(BadSetting, match=r"pop3: .* there is no password"):
        Server(pop3="0.0.0.0:0", web_password="open sesame")


@pytest.mark.parametrize("setting", ["pop3", "pop3s"])
@pytest.mark.parametrize(
    ("more", "protected"),
    [
        ({"users": "a:b"}, False),
        ({"pop3_auth": "table"}, False),
        ({"pop3_auth": "required"}, False),
        ({"users": "a:b", "pop3_auth": "table"}, True),
        ({"users": "a:b", "pop3_auth": "required"}, True),
        ({"users": "a:b", "mailboxes": "a:*"}, True),
        ({"mailboxes": "a:*", "pop3_auth": "any"}, False),
        ({"users": "a:b", "mailboxes": "a:*", "pop3_auth": "any"}, False),
        ({"pop3_auth": "reject"}, True),
        ({"users": "a:b", "smtp_auth": "required"}, False),
    ],
    ids=str,
)
def test_passwords_let_pop3_be_open_to_others(setting: str, more: dict[str, str], protected: bool) -> None:
    if protected:
        Server(**{setting: "0.0.0.0:0", **more})
    else:
        with pytest.raises(BadSetting, match="--users and --pop3-auth table"):
            Server(**{setting: "0.0.0.0:0", **more})


def test_an_empty_file_is_no_password(tmp_path: Path) -> None:
    (tmp_path / "token").touch()

    with pytest.raises(BadSetting, match=r"web_token_file: the first line of .* is empty"):
        Server(web="0.0.0.0:0", web_token_file=tmp_path / "token")
