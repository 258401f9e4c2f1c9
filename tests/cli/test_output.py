"""What people see: columns as wide as the terminal, and nothing of a mail that steers it. Real terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from mailtrap_lite import Server
from mailtrap_lite.cli.output import columns, cut, fitted, width_of

ESCAPES = re.compile("\x1b\\[[0-9;]*m")
On = Callable[..., tuple[int, str]]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        ("\uff46\uff55\uff4c\uff4c", 8),
        ("👍", 2),
        ("👩\u200d🚀", 4),
        ("عربي", 4),
    ],
)
def test_the_cells_of_a_text(text: str, width: int) -> None:
    assert width_of(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字", 3, "漢…"),
        ("漢字", 2, "…"),
        ("ab", 1, "…"),
        ("e\u0301e\u0301e", 2, "e\u0301…"),
    ],
)
def test_a_text_is_cut_between_cells(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert width_of(fitted(text, width)) == width


def test_columns_are_as_wide_as_they_must_be_and_fit_the_line() -> None:
    rows = [("1", "a@x.test", "short"), ("22", "漢字", "long " * 100), ("3", "x" * 500, "\x1b[2J\u202e\n")]

    lines = columns(rows, {"COLUMNS": "40"}, most=(5, 10))

    assert lines[0] == "1   a@x.test    short"
    assert lines[1].startswith("22  漢字        long long")
    assert lines[2] == r"3   xxxxxxxxx…  \x1b[2J\u202e\n"
    assert all(width_of(line) <= 40 for line in lines)


def test_a_file_has_lines_as_long_as_they_are() -> None:
    (line,) = columns([("1", "long " * 100 + "end")], {}, most=(5,))

    assert line.endswith(" end")


@pytest.fixture
def on_terminal(environment: dict[str, str]) -> On:
    """Run a command on a pseudo terminal of 60 columns; return its exit code, and what the terminal was sent."""

    def start(*arguments: str, typed: bytes = b"", **more: str) -> tuple[int, str]:
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
            os.execve(  # noqa: S606 - it is our command
                sys.executable,
                [sys.executable, "-W", "ignore", "-m", "mailtrap_lite", *arguments],
                {**environment, "PYTHONDEVMODE": "", "TERM": "xterm", "COLUMNS": "", **more},
            )
        os.write(terminal, typed)
        seen = b""
        try:
            while octets := os.read(terminal, 65536):
                seen += octets
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()

    return start


def test_a_list_fits_the_terminal(mailtrap: Server, on_terminal: On) -> None:
    subject = "Überaus 漢字 " * 40
    mailtrap.sandbox.deliver(f"From: a@x.test\nSubject: {subject}\n\n".encode(), to=["b@x.test"])

    code, seen = on_terminal("list", "--url", mailtrap.url)

    (line,) = seen.splitlines()
    assert code == 0
    assert line.startswith("\x1b[1m")  # it is unread
    assert width_of(ESCAPES.sub("", line)) <= 60
    assert ESCAPES.sub("", line).endswith("…")


def test_what_did_arrive_instead_is_plain_on_a_terminal(mailtrap: Server, on_terminal: On) -> None:
    mailtrap.sandbox.deliver(b"Subject: other\n\n", to=["b@x.test"])

    code, seen = on_terminal("wait", "--to=eve@x.test", "--timeout=0", "--url", mailtrap.url)

    assert code == 1
    assert "x1b" not in seen
    assert seen.splitlines()[-1].endswith("  other")


@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colours_can_be_refused(mailtrap: Server, on_terminal: On, more: dict[str, str]) -> None:
    mailtrap.sandbox.deliver(b"Subject: x\n\n", to=["b@x.test"])

    assert "\x1b" not in on_terminal("list", "--url", mailtrap.url, **more)[1]
    assert "\x1b" not in on_terminal("show", "--url", mailtrap.url, **more)[1]


@pytest.mark.parametrize("side", ["", "--text", "--html", "--raw", "--headers", "--envelope", "--attachments"])
def test_nothing_of_a_mail_steers_a_terminal(mailtrap: Server, on_terminal: On, side: str) -> None:
    hostile = "\x1b]52;c;aGk=\x07\u202e\x9b2J"
    mailtrap.sandbox.deliver(
        f'Subject: {hostile}\nMIME-Version: 1.0\nContent-Type: text/html; name="{hostile}"; charset=utf-8\n'
        f"Content-Disposition: attachment\n\n<p>{hostile}\n".encode(),
        to=["b@x.test"],
        sender="a@x.test",
    )

    code, seen = on_terminal("show", "latest", *([side] if side else []), "--url", mailtrap.url, NO_COLOR="1")

    assert code == 0
    assert all(line.isprintable() for line in seen.replace("\t", "").splitlines())


@pytest.mark.parametrize(
    ("typed", "code", "left"), [(b"y\n", 0, 0), (b"n\n", 1, 1), (b"\n", 1, 1)], ids=["y", "n", "none"]
)
def test_delete_all_asks_on_a_terminal(mailtrap: Server, on_terminal: On, typed: bytes, code: int, left: int) -> None:
    mailtrap.sandbox.deliver(b"Subject: x\n\n", to=["b@x.test"])

    ended, seen = on_terminal("delete", "--all", "--url", mailtrap.url, typed=typed)

    assert (ended, len(mailtrap.messages)) == (code, left)
    assert "Delete all 1 messages? [y/N] " in seen


def test_a_zip_archive_does_not_go_to_a_terminal(mailtrap: Server, on_terminal: On) -> None:
    mailtrap.sandbox.deliver(b"Subject: x\n\n", to=["b@x.test"])

    code, seen = on_terminal("export", "--format=zip", "-o", "-", "--url", mailtrap.url)

    assert code == 2
    assert "--output: give a file" in seen


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize(
    "arguments",
    [["list"], ["list", "--json"], ["show"], ["show", "--headers"], ["show", "--raw"], ["export"], ["list", "--help"]],
    ids=" ".join,
)
def test_a_full_disk_is_one_line_and_exit_5(
    mailtrap: Server, environment: dict[str, str], arguments: list[str]
) -> None:
    mailtrap.deliver(b"To: b@x.test\r\nSubject: hi\r\n\r\nhi\r\n")

    with Path("/dev/full").open("wb") as full:
        done = printing(mailtrap, environment, arguments, full)

    assert (done.returncode, done.stderr) == (
        5,
        "mailtrap-lite: standard output cannot be written: No space left on device\n",
    )


def test_a_closed_output_is_one_line_and_exit_5(mailtrap: Server, environment: dict[str, str]) -> None:
    shell = ["sh", "-c", '"$0" -m mailtrap_lite delete --all --yes >&-', sys.executable]
    mailtrap.deliver(b"To: b@x.test\r\n\r\nhi\r\n")

    done = subprocess.run(
        shell, env={**environment, "MAILTRAP_LITE_URL": mailtrap.url}, capture_output=True, text=True, timeout=30
    )

    assert (done.returncode, done.stderr) == (5, "mailtrap-lite: standard output is closed\n")
    assert len(mailtrap.messages) == 1


@pytest.mark.parametrize("arguments", [["list"], ["show", "--raw"], ["list", "--help"]], ids=" ".join)
def test_a_reader_that_has_enough_ends_it_silently(
    mailtrap: Server, environment: dict[str, str], arguments: list[str]
) -> None:
    mailtrap.deliver(b"To: b@x.test\r\n\r\n" + b"hi\r\n" * 100_000)
    read, write = os.pipe()
    os.close(read)

    with os.fdopen(write, "wb") as pipe:
        done = printing(mailtrap, environment, arguments, pipe)

    assert (done.returncode, done.stderr) == (0, "")


def printing(
    mailtrap: Server, environment: dict[str, str], arguments: list[str], output: IO[bytes]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mailtrap_lite", *arguments],
        env={**environment, "MAILTRAP_LITE_URL": mailtrap.url},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
    )
