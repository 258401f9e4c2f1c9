"""The command as its user meets it: what it serves, what it says, how it ends."""

from __future__ import annotations

import json
import os
import poplib
import re
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mailtrap_lite import Settings, __version__
from mailtrap_lite.cli.sources import flag_of, gather

if TYPE_CHECKING:
    Run = Callable[..., subprocess.CompletedProcess[str]]
    Serve = Callable[..., Any]

MAIL = b"From: a@x.test\r\nSubject: hello\r\n\r\nhi\r\n"


def send(ready: dict[str, Any], raw: bytes = MAIL) -> str:
    with smtplib.SMTP(ready["smtp"]["host"], ready["smtp"]["port"]) as client:
        client.ehlo()
        client.mail("a@x.test")
        client.rcpt("b@x.test")
        return client.data(raw)[1].decode()


def test_it_serves_and_ends_on_a_signal(serve: Serve) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        command = serve("--store=memory")
        send(command.ready)
        with urllib.request.urlopen(f"{command.ready['web']['url']}/api/v1/messages") as answer:
            assert json.load(answer)["total"] == 1
        client = poplib.POP3(command.ready["pop3"]["host"], command.ready["pop3"]["port"])
        client.user("b@x.test")
        client.pass_("x")
        assert client.stat() == (1, len(MAIL))
        client.quit()

        code, out, err = command.end(sign)

        assert (code, err) == (0, "")
        assert "gone when this ends" in out


def test_the_ready_file_says_all_and_goes_at_the_end(serve: Serve, tmp_path: Path) -> None:
    command = serve("--store=memory")

    assert command.ready == {
        "pid": command.process.pid,
        "version": __version__,
        "smtp": {"host": "127.0.0.1", "port": command.ready["smtp"]["port"]},
        "pop3": {"host": "127.0.0.1", "port": command.ready["pop3"]["port"]},
        "web": {
            "host": "127.0.0.1",
            "port": command.ready["web"]["port"],
            "url": f"http://127.0.0.1:{command.ready['web']['port']}",
        },
    }
    for door in ("smtp", "pop3", "web"):
        socket.create_connection((command.ready[door]["host"], command.ready[door]["port"]), timeout=5).close()
    command.end(signal.SIGTERM)
    assert list(tmp_path.glob("*ready*")) == []


def test_tls_and_lmtp_are_said_and_a_client_can_trust_them(serve: Serve) -> None:
    command = serve("--store=memory", "--tls", "--smtps=127.0.0.1:0", "--pop3s=127.0.0.1:0", "--lmtp=127.0.0.1:0")
    ready = command.ready
    context = ssl.create_default_context(cafile=ready["tls"]["ca_file"])

    with smtplib.SMTP_SSL("localhost", ready["smtps"]["port"], context=context) as client:
        client.sendmail("a@x.test", ["b@x.test"], MAIL)
    with closing(poplib.POP3_SSL("localhost", ready["pop3s"]["port"], context=context)) as reader:
        assert reader.getwelcome().startswith(b"+OK")
        reader.quit()
    with smtplib.LMTP("127.0.0.1", ready["lmtp"]["port"]) as client:
        client.starttls(context=context)
        client.sendmail("a@x.test", ["b@x.test"], MAIL)

    code, out, err = command.end(signal.SIGTERM)
    assert (code, err) == (0, "")
    assert f"  SMTP   127.0.0.1:{ready['smtp']['port']}   STARTTLS, trust {ready['tls']['ca_file']}\n" in out
    assert f"  SMTPS  127.0.0.1:{ready['smtps']['port']}\n" in out
    assert f"  POP3S  127.0.0.1:{ready['pop3s']['port']}\n" in out
    assert f"  LMTP   127.0.0.1:{ready['lmtp']['port']}\n" in out
    assert not Path(ready["tls"]["ca_file"]).exists()


@pytest.mark.parametrize(("kind", "fast"), [("asyncio", False), ("uvloop", True), ("auto", True)])
def test_mail_is_caught_on_each_event_loop(kind: str, fast: bool, serve: Serve) -> None:
    log = "--log-level=info"
    command = serve(
        "--store=mail.db", f"--event-loop={kind}", "--tls", "--smtps=127.0.0.1:0", "--pop3s=127.0.0.1:0", log
    )
    context = ssl.create_default_context(cafile=command.ready["tls"]["ca_file"])

    with smtplib.SMTP("localhost", command.ready["smtp"]["port"]) as client:
        client.starttls(context=context)
        client.sendmail("a@x.test", ["b@x.test"], MAIL)
    with urllib.request.urlopen(f"{command.ready['web']['url']}/api/v1/messages") as answer:
        assert json.load(answer)["total"] == 1

    code, _, err = command.end(signal.SIGTERM)
    assert code == 0
    assert ("the event loop is uvloop's" in err) is fast
    assert "Traceback" not in err


def test_a_wrong_user_table_is_refused_without_being_shown(run: Run) -> None:
    done = run("--users", "alice")

    assert done.returncode == 2
    assert done.stderr == (
        "mailtrap-lite: users: what came from --users is not NAME:PASSWORD, several separated by commas\n"
    )


@pytest.mark.parametrize("attempt", range(4))
def test_a_signal_that_comes_as_soon_as_it_is_ready_ends_it(serve: Serve, attempt: int) -> None:
    command = serve("--store=memory")

    code, _, err = command.end(signal.SIGTERM)

    assert (code, err) == (0, "")


def test_the_banner_says_where_everything_is(serve: Serve, tmp_path: Path) -> None:
    command = serve("--store=mail.db")
    ready = command.ready

    assert "".join(command.lines) == (
        "mailtrap-lite catches mail; nothing leaves this machine. Ctrl+C ends it.\n"
        f"  SMTP   127.0.0.1:{ready['smtp']['port']}\n"
        f"  POP3   127.0.0.1:{ready['pop3']['port']}   user: an address, any password\n"
        f"  web    {ready['web']['url']}\n"
        f"  store  {tmp_path}/mail.db (0 messages)\n"
    )


def test_without_arguments_it_has_its_ports_and_a_file_of_the_user(
    environment: dict[str, str], serve: Serve, tmp_path: Path
) -> None:
    for port in (1025, 1110, 8025):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                pytest.skip(f"port {port} is in use on this machine: stop what uses it")

    command = serve(ports=False)

    assert [command.ready[door]["port"] for door in ("smtp", "pop3", "web")] == [1025, 1110, 8025]
    assert {command.ready[door]["host"] for door in ("smtp", "pop3", "web")} == {"127.0.0.1"}
    (store,) = Path(environment["HOME"]).rglob("mail.db")
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert f"  store  {store} (0 messages)\n" in command.lines


def test_mail_is_kept_from_one_run_to_the_next(serve: Serve) -> None:
    first = serve("--store=mail.db")
    send(first.ready)
    first.end(signal.SIGTERM)

    second = serve("--store=mail.db")

    assert second.lines[-1].endswith("mail.db (1 message)\n")
    with urllib.request.urlopen(f"{second.ready['web']['url']}/api/v1/message/latest/raw") as answer:
        assert answer.read() == MAIL


def test_what_was_answered_with_250_survives_kill_9(serve: Serve) -> None:
    command = serve("--store=mail.db")
    acknowledged = [int(send(command.ready, b"Subject: %d\r\n\r\n" % number).split()[-1]) for number in range(20)]
    command.process.kill()
    command.process.communicate()

    again = serve("--store=mail.db")

    with urllib.request.urlopen(f"{again.ready['web']['url']}/api/v1/messages?limit=100") as answer:
        listed = json.load(answer)["messages"]
    assert [(int(m["ID"]), m["Subject"]) for m in reversed(listed)] == [(a, str(n)) for n, a in enumerate(acknowledged)]


def test_mail_under_way_is_drained_within_three_seconds(
    serve: Serve, in_background: Callable[[Callable[[], object]], object]
) -> None:
    command = serve("--store=mail.db")
    smtp = (command.ready["smtp"]["host"], command.ready["smtp"]["port"])
    with ExitStack() as opened:
        finishing, stuck, idle = (opened.enter_context(socket.create_connection(smtp)) for _ in range(3))
        lines, stuck_lines, idle_lines = (opened.enter_context(c.makefile("rb")) for c in (finishing, stuck, idle))
        for client, stream in ((finishing, lines), (stuck, stuck_lines)):
            client.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n")
            while not stream.readline().startswith(b"354"):
                pass
        assert idle_lines.readline().startswith(b"220 ")
        began = time.monotonic()
        in_background(lambda: command.end(signal.SIGTERM))
        assert idle_lines.read().startswith(b"421 4.3.2 ")  # so the end has begun

        finishing.sendall(b"Subject: last\r\n\r\n.\r\n")

        assert lines.readline().startswith(b"250 2.0.0 ")
        assert stuck_lines.read().startswith(b"421 4.3.2 ")
        command.process.wait(20)
        assert time.monotonic() - began < 3
    again = serve("--store=mail.db")
    assert again.lines[-1].endswith("(1 message)\n")


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stdout == ""
    assert done.stderr.startswith("mailtrap-lite: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("mailtrap-lite: ").strip()


@pytest.mark.parametrize("setting", ["smtp", "pop3", "web"])
def test_a_port_in_use_is_one_line(run: Run, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        others = [f"--{name}=127.0.0.1:0" for name in ("smtp", "pop3", "web") if name != setting]

        done = run(*others, f"--{setting}=127.0.0.1:{port}", "--store=memory")

    assert done.returncode == 1
    assert one_line(done) == (
        f"{setting}: cannot listen on 127.0.0.1:{port}: it is in use by another program; stop that one, "
        f"or give another address with --{setting} HOST:PORT (port 0 takes a free one)"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["--smtp=1025"],
            "smtp: '1025' from --smtp is not HOST:PORT with a port from 0 to 65535, "
            "for example 127.0.0.1:1025 or [::1]:1025",
            id="address",
        ),
        pytest.param(
            ["--log-level", "loud"],
            "log_level: 'loud' from --log-level is not debug, info, warning or error",
            id="level",
        ),
        pytest.param(
            ["--smpt=x"], "unrecognized arguments: --smpt=x; `mailtrap-lite --help` lists what there is", id="flag"
        ),
        pytest.param(
            ["--smtp"], "argument --smtp: expected one argument; `mailtrap-lite --help` lists what there is", id="none"
        ),
        pytest.param(
            ["extra"],
            "'extra' is no command; "
            "they are list, show, wait, send, export, import, delete, release, queue, sandboxes, completion, serve, "
            "sendmail",
            id="word",
        ),
        pytest.param(
            ["serve", "extra"],
            "unrecognized arguments: extra; `mailtrap-lite --help` lists what there is",
            id="two words",
        ),
        pytest.param(
            ["--web=0.0.0.0:8025"],
            "web: 0.0.0.0:8025 lets other machines read the mail, and there is no password; "
            "say that you want this with --no-auth, or protect it with --web-password-file, or use 127.0.0.1:8025",
            id="open",
        ),
    ],
)
def test_a_bad_value_is_one_line_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert one_line(done) == says


def test_a_bad_value_of_the_environment_is_named_with_its_variable(run: Run) -> None:
    done = run(MAILTRAP_LITE_RECIPIENTS="many")

    assert done.returncode == 2
    assert one_line(done) == "recipients: 'many' from MAILTRAP_LITE_RECIPIENTS is not a whole number from 1"


def test_control_characters_of_a_value_do_not_reach_the_terminal(run: Run) -> None:
    done = run("--smtp=\x1b]52;c;aGk=\x07\u202e:x")

    assert done.returncode == 2
    assert one_line(done).isprintable()


@pytest.mark.parametrize("path", ["/proc/none/mail.db", ".", "file/mail.db"])
def test_a_store_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")

    done = run("--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0", f"--store={path}")

    assert done.returncode == 1
    assert one_line(done).startswith("store: ")
    assert "--store" in one_line(done)


def test_a_file_that_is_no_store_is_one_line_and_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious " * 1000)

    done = run("--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0", "--store=thesis.txt")

    assert done.returncode == 1
    assert "damaged or not a database" in one_line(done)
    assert (tmp_path / "thesis.txt").read_text() == "precious " * 1000


def test_a_second_process_on_the_same_file_gets_one_line(serve: Serve, run: Run, tmp_path: Path) -> None:
    first = serve("--store=mail.db")

    done = run("--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0", "--store=mail.db")

    assert done.returncode == 1
    assert one_line(done) == (
        f"store: {tmp_path}/mail.db is in use by another mailtrap-lite; "
        "stop that one, or give another path with --store"
    )
    send(first.ready)


def test_a_ready_file_that_cannot_be_written_is_one_line(run: Run) -> None:
    done = run(
        "--smtp=127.0.0.1:0",
        "--pop3=127.0.0.1:0",
        "--web=127.0.0.1:0",
        "--store=memory",
        "--ready-file=none/ready.json",
    )

    assert done.returncode == 2
    assert one_line(done) == (
        "ready_file: none/ready.json cannot be written: No such file or directory; "
        "give a path in a directory that exists and that this user may write with --ready-file"
    )


def test_the_log_goes_to_standard_error_without_bodies(serve: Serve) -> None:
    command = serve("--store=memory", "--log-level=debug")
    send(command.ready, b"Subject: secret\r\n\r\nsesame\r\n")

    code, _, err = command.end(signal.SIGTERM)

    assert code == 0
    assert re.search(r" INFO mailtrap_lite\.sandbox\.sandbox: message 1 accepted, 27 octets, session \w+-1\n", err)
    assert "sesame" not in err


def test_help_names_each_setting_with_its_default(run: Run) -> None:
    done = run("--help")

    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    for item in fields(Settings):
        assert f"{flag_of(item.name)} " in said
        assert item.metadata["help"] in said
    assert "(default: 127.0.0.1:1025)" in said


def test_the_version_is_said(run: Run) -> None:
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, f"mailtrap-lite {__version__}\n")


def test_a_flag_wins_over_the_environment_over_the_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mailtrap-lite]\nrecipients = 1\nhostname = "p.test"\nconnections = 1\n'
    )
    (tmp_path / "mailtrap-lite.toml").write_text('recipients = 2\nmessage-size = "2k"\nallowed-hosts = ["a.test"]\n')

    settings = gather(
        ["--recipients=4", "--no-auth"],
        {"MAILTRAP_LITE_RECIPIENTS": "3", "MAILTRAP_LITE_CONNECTIONS": "3", "OTHER": "x"},
        tmp_path,
        base=Settings(),
    )

    assert settings == Settings(
        recipients=4,
        connections=3,
        message_size=2048,
        hostname="p.test",
        allowed_hosts=("a.test",),
        no_auth=True,
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("mailtrap-lite.toml", "recipients = ", r"mailtrap-lite.toml is not TOML: "),
        ("mailtrap-lite.toml", "smpt = 1", r"'smpt' from mailtrap-lite.toml is not a setting; the settings are "),
        ("mailtrap-lite.toml", "recipients = -1", r"recipients: '-1' from mailtrap-lite.toml is not a whole number"),
        ("pyproject.toml", "[tool]\nmailtrap-lite = 3", r"\[tool.mailtrap-lite\] of pyproject.toml is not a table"),
        (
            "pyproject.toml",
            "[tool.mailtrap-lite]\nsmtp = 1025",
            r"smtp: '1025' from \[tool.mailtrap-lite\] of pyproject.toml is not HOST:PORT",
        ),
    ],
)
def test_a_bad_file_is_named(run: Run, tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)

    done = run()

    assert done.returncode == 2
    assert re.match(says, one_line(done))


def test_a_closed_terminal_is_no_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    ready = tmp_path / "ready.json"
    flags = ["--smtp=127.0.0.1:0", "--pop3=127.0.0.1:0", "--web=127.0.0.1:0", "--store=memory", f"--ready-file={ready}"]
    with subprocess.Popen(
        [sys.executable, "-m", "mailtrap_lite", *flags],
        cwd=tmp_path,
        env=environment,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(write)
        while not ready.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (0, "")
