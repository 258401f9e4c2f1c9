"""How commands find the server and get in: ready file, environment, flags, TLS, Unix socket, base path, secrets."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Serve = Callable[..., Any]

# Each command, and one document of --json that it gives; in this order they leave the server as it was.
SEND = ("send", "--from=a@x.test", "--to=b@x.test", "--subject=hi", "--text=hello", "--json")
COMMANDS = [
    ("list", "--json"),
    ("show", "latest", "--json"),
    ("wait", "--to=b@x.test", "--json"),
    ("export", "-o", "out.mbox", "--json"),
    ("import", "out.mbox", "--json"),
    ("delete", "latest", "--json"),
]


def each_command_works(run: Run, *where: str, **environment: str) -> None:
    for command in (SEND, *COMMANDS):
        done = run(*command, *where, **environment)
        assert (done.returncode, done.stderr) == (0, ""), command
        json.loads(done.stdout)


def complained(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("mailtrap-lite: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("mailtrap-lite: ").strip()


def beside(environment: dict[str, str], tmp_path: Path) -> subprocess.Popen[str]:
    """Start a server without a ready file of its own."""
    import sys

    flags = ("--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0", "--store=memory")
    process = subprocess.Popen(
        [sys.executable, "-m", "mailtrap_lite", "serve", *flags],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def test_a_server_beside_is_found_without_a_word(environment: dict[str, str], run: Run, tmp_path: Path) -> None:
    process = beside(environment, tmp_path)
    (ready,) = Path(environment["HOME"]).rglob("ready.json")

    each_command_works(run)
    sent = run("sendmail", "-i", "b@x.test", stdin="Subject: x\n\nhi\n")

    assert (sent.returncode, sent.stdout, sent.stderr) == (0, "", "")
    assert ready.stat().st_mode & 0o777 == 0o600
    end(process)
    assert not ready.exists()
    assert "no ready file" in complained(run("list", MAILTRAP_LITE_SMTP=""), 3) or free_port_is_taken()


def free_port_is_taken() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", 8025)) == 0


def test_the_first_server_keeps_the_usual_place(environment: dict[str, str], tmp_path: Path) -> None:
    first = beside(environment, tmp_path)
    (ready,) = Path(environment["HOME"]).rglob("ready.json")
    second = beside(environment, tmp_path)

    assert json.loads(ready.read_text())["pid"] == first.pid
    end(second)
    assert json.loads(ready.read_text())["pid"] == first.pid
    first.kill()
    first.communicate()
    third = beside(environment, tmp_path)
    assert json.loads(ready.read_text())["pid"] == third.pid
    end(third)


def test_a_home_that_cannot_be_written_is_no_reason_not_to_serve(environment: dict[str, str], tmp_path: Path) -> None:
    process = beside({**environment, "HOME": "/proc/none"}, tmp_path)

    assert process.poll() is None
    end(process)
    assert process.returncode == 0


def test_a_ready_file_is_given_by_flag_or_environment(serve: Serve, run: Run, tmp_path: Path) -> None:
    serve("--store=memory")
    ready = str(tmp_path / "ready-0.json")

    each_command_works(run, "--ready-file", ready)
    assert run("list", MAILTRAP_LITE_READY_FILE=ready).returncode == 0


def test_a_flag_goes_before_the_environment(serve: Serve, run: Run, tmp_path: Path) -> None:
    url = serve("--store=memory").ready["web"]["url"]
    nowhere = "http://127.0.0.1:1"

    assert run("list", "--url", url, MAILTRAP_LITE_URL=nowhere).returncode == 0
    assert run("list", f"--ready-file={tmp_path}/ready-0.json", MAILTRAP_LITE_URL=nowhere).returncode == 0
    assert run("list", MAILTRAP_LITE_URL=url, MAILTRAP_LITE_READY_FILE="/missing").returncode == 0
    assert "(from MAILTRAP_LITE_URL)" in complained(run("list", MAILTRAP_LITE_URL=nowhere), 3)


def test_no_proxy_of_the_environment_is_asked(serve: Serve, run: Run) -> None:
    url = serve("--store=memory").ready["web"]["url"]
    proxy = "http://127.0.0.1:1"

    assert run("list", "--url", url, HTTP_PROXY=proxy, http_proxy=proxy, ALL_PROXY=proxy).returncode == 0


def test_what_only_clients_read_does_not_keep_a_server_from_starting(serve: Serve) -> None:
    command = serve(
        "--store=memory", MAILTRAP_LITE_URL="http://x", MAILTRAP_LITE_CA_FILE="x", MAILTRAP_LITE_LOGIN="x:y"
    )

    assert command.end(signal.SIGTERM)[0] == 0


def test_over_tls_the_ready_file_tells_whom_to_trust(serve: Serve, run: Run, tmp_path: Path) -> None:
    ready = serve("--store=memory", "--web-tls").ready

    each_command_works(run, f"--ready-file={tmp_path}/ready-0.json")
    assert run("list", "--url", ready["web"]["url"], "--ca-file", ready["tls"]["ca_file"]).returncode == 0
    assert (
        run("list", MAILTRAP_LITE_URL=ready["web"]["url"], MAILTRAP_LITE_CA_FILE=ready["tls"]["ca_file"]).stderr == ""
    )
    assert "certificate" in complained(run("list", "--url", ready["web"]["url"]), 3)
    assert complained(run("list", "--url", ready["web"]["url"], "--ca-file=/missing"), 2).startswith(
        "ca_file: /missing"
    )


@pytest.mark.parametrize("base", ["", "/mail"])
def test_over_a_unix_socket_and_below_a_path(serve: Serve, run: Run, tmp_path: Path, base: str) -> None:
    path = tmp_path / "a web.sock"
    ready = serve("--store=memory", f"--web=unix:{path}", f"--web-base-path={base}", ports=False, **FREE).ready

    each_command_works(run, f"--ready-file={tmp_path}/ready-0.json")
    assert run("list", "--url", ready["web"]["url"]).returncode == 0
    if not base:
        assert run("list", "--url", f"unix:{path}").returncode == 0


FREE = {"MAILTRAP_LITE_SMTP": "127.0.0.1:0", "MAILTRAP_LITE_POP3": "127.0.0.1:0"}


def test_below_a_base_path(serve: Serve, run: Run) -> None:
    url = serve("--store=memory", "--web-base-path=/mail").ready["web"]["url"]

    each_command_works(run, "--url", url)
    assert run("list", "--url", f"{url}/").returncode == 0
    assert "Everything here is below /mail/" in complained(run("list", "--url", url.removesuffix("/mail")), 3)


def test_a_token_opens(serve: Serve, run: Run, tmp_path: Path) -> None:
    url = serve("--store=memory", "--web-token=s3cret").ready["web"]["url"]
    (tmp_path / "token").write_text("s3cret\n")

    each_command_works(run, "--url", url, "--token=s3cret")
    assert run("list", "--url", url, "--token-file=token").returncode == 0
    assert run("list", MAILTRAP_LITE_URL=url, MAILTRAP_LITE_WEB_TOKEN="s3cret").returncode == 0
    assert run("list", MAILTRAP_LITE_URL=url, MAILTRAP_LITE_WEB_TOKEN_FILE="token").returncode == 0
    for command in (SEND, *COMMANDS):
        command = tuple("out.eml" if word == "out.mbox" and command[0] == "import" else word for word in command)
        (tmp_path / "out.eml").write_text("To: b@x.test\n\n")
        assert "it wants a password or a token" in complained(run(*command, "--url", url), 4)
    for token in ("s3cret\n7", "s3cr\u00e9t", "s3 cret"):
        assert "s3" not in complained(run("list", "--url", url, f"--token={token}"), 2)
    large = complained(run("send", "--raw", "--url", url, stdin="To: b@x.test\n\n" + "x" * 20_000_000), 4)
    assert "it wants a password or a token" in large
    assert "s3cret" not in (wrong := complained(run("list", "--url", url, "--token=s3cret2"), 4))
    assert "--token" in wrong


def test_a_password_opens(serve: Serve, run: Run, tmp_path: Path) -> None:
    url = serve("--store=memory", "--web-user=ann", "--web-password=grün & gold").ready["web"]["url"]
    (tmp_path / "password").write_text("grün & gold\n", encoding="utf-8")
    named = {"MAILTRAP_LITE_WEB_USER": "ann"}

    each_command_works(run, "--url", url, "--password-file=password", **named)
    assert run("list", "--url", url, MAILTRAP_LITE_WEB_PASSWORD="grün & gold", **named).returncode == 0
    assert run("list", "--url", url.replace("//", "//ann:gr%C3%BCn%20%26%20gold@")).returncode == 0
    assert complained(run("list", "--url", url, MAILTRAP_LITE_WEB_PASSWORD="grün & gold"), 4)
    wrong = complained(run("list", "--url", url.replace("//", "//ann:wrong@")), 4)
    assert "wrong" not in wrong


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8025", "ftp://x", "http://", "http://x:99999", "http://x:y", "http://x/?a=b", "unix:", "http://["],
)
def test_what_is_no_url_is_told(run: Run, url: str) -> None:
    assert complained(run("list", "--url", url), 2).startswith("url: ")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"web": 3}', '{"web": {"port": 1}}'])
def test_a_ready_file_that_is_none_is_told(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "ready.json").write_text(content)

    said = complained(run("list", "--ready-file=ready.json"), 2)

    assert said.startswith("ready_file: ready.json ") or "no ready file" in said


def test_a_ready_file_that_is_missing_is_told(run: Run) -> None:
    assert complained(run("list", "--ready-file=missing"), 2) == (
        "ready_file: missing is not there; is the server running with it?"
    )


class Other(BaseHTTPRequestHandler):
    """A web server of somebody else."""

    answer = (200, "text/html", b"<p>hello")

    def do_GET(self) -> None:
        status, kind, body = self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is named there
        """Say nothing."""


@pytest.fixture
def another() -> Iterator[tuple[str, type[Other]]]:
    handler = type("Another", (Other,), {})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<p>hello"),
        (200, "application/json", b"[1]"),
        (200, "application/json", b"{"),
        (200, "application/json", b"{}"),
        (200, "application/json", b'{"messages": [{"ID": "1"}], "messages_count": 1}'),
        (404, "text/html", b"<p>no"),
        (302, "text/html", b""),
        (500, "application/json", b'{"Error": 3}'),
        (503, "application/json", b'{"Error": "busy"}'),
    ],
    ids=str,
)
def test_who_answers_otherwise_is_no_server_of_ours(
    another: tuple[str, type[Other]], run: Run, answer: tuple[int, str, bytes]
) -> None:
    url, handler = another
    handler.answer = answer

    assert complained(run("list", "--url", url), 3)


def test_who_speaks_no_http_is_no_server_of_ours(serve: Serve, run: Run) -> None:
    smtp = serve("--store=memory").ready["smtp"]

    assert complained(run("list", "--url", f"http://127.0.0.1:{smtp['port']}"), 3)
