"""Mails made to kill the reader: each is read whole within bounds of time and memory.

The bounds are those of the threat table, not benchmarks: a good run takes a tenth of them or less.
They tell linear from quadratic, whatever the machine.
The time is that of this process alone, so a busy machine does not fail them.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from mailtrap_lite.message import Content, Envelope, Message, Origin

MIME = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
QP = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
MB = 1_000_000


def _nested(depth: int) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return head + b"\r\ndeep\r\n" + b"".join(b"--b%d--\r\n" % n for n in reversed(range(depth)))


# Functions, so that collecting the tests does not make a gigabyte of mail.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "encoded-word bomb in Subject": lambda: b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\r\n\r\n",
    "encoded-word bomb in To": lambda: b"To: " + b"=?utf-8?b?YQ==?= " * 60_000 + b"<a@x.test>\r\n\r\n",
    "encoded-word bomb in many fields": lambda: (b"X-A: " + b"=?x?q?" * 1_000 + b"\r\n") * 100 + b"\r\n",
    "multipart 10,000 deep": lambda: _nested(10_000),
    "message/rfc822 10,000 deep": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
    "100,000 parts": lambda: MIME + b"--B\r\n\r\nx\r\n" * 100_000 + b"--B--\r\n",
    "1,000 unclosed multiparts": lambda: (
        MIME
        + b"".join(b"--B\nContent-Type: multipart/mixed; boundary=C%d\n\n" % n + b"x\n" * 10_000 for n in range(1_000))
    ),
    "200,000 fields": lambda: b"".join(b"X-%d: y\r\n" % n for n in range(200_000)) + b"\r\nx",
    "1,000 parts of 500 fields": lambda: MIME + (b"--B\n" + b"a:\n" * 500 + b"\n") * 1_000,
    "1 MB field": lambda: b"Subject: " + b"x" * MB + b"\r\n\r\n",
    "1 MB of continuation lines": lambda: b"Subject: x\n" + b" \n" * (MB // 2),
    "50,000 addresses": lambda: b"To: " + b", ".join(b"u%d@x.test" % n for n in range(50_000)) + b"\r\n\r\n",
    "100,000 parameters": lambda: b"Content-Type: a/b" + b"".join(b"; p%d=v" % n for n in range(100_000)) + b"\r\n\r\n",
    "parameters of semicolons": lambda: MIME + (b"--B\nContent-Type: " + b";" * 8_000 + b'"' * 8_000 + b"\n\n") * 1_000,
    "opened comments": lambda: b"To: " + b"(" * 200_000 + b"\r\n\r\n",
    "closed comments": lambda: b"To: " + b"(" * 100_000 + b")" * 100_000 + b"\r\n\r\n",
    "angle brackets": lambda: b"Message-ID: " + b"<" * 90_000 + b"\r\nTo: " + b"<" * 90_000 + b"\r\n\r\n",
    "quotes and backslashes": lambda: b'To: "' + b'"\\' * 90_000 + b'\r\nCc: <"' + b'"\\' * 30_000 + b"\r\n\r\n",
    "colons": lambda: b"To: " + b":" * 200_000 + b"\r\n\r\n",
    "at signs": lambda: b"To: " + b"@ " * 100_000 + b"\r\n\r\n",
    "groups with odd local parts": lambda: b"To: " + b'g:"\\"@"@x,(;<@:>;' * 15_000 + b"\r\n\r\n",
    "Date of brackets": lambda: b"Date: " + b"(" * 100_000 + b"\r\n\r\n",
    "30 MB quoted-printable": lambda: QP + b"=F0=9F=98=80" * (30 * MB // 12),
    "30 MB quoted-printable, one wide character": lambda: (
        QP + b"=F0=9F=98=80" + (b"x" * 70 + b"=\r\n") * (30 * MB // 73)
    ),
    "30 MB of broken quoted-printable": lambda: QP + b"=" * (30 * MB),
    "25 MB of base64 with rubbish": lambda: (
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJD!\r\n" * (25 * MB // 7)
    ),
    "25 MB of uuencoded lines": lambda: b"Content-Transfer-Encoding: x-uuencode\n\nbegin 1 x\n" + b"!\n" * (12 * MB),
    "1 MB boundary": lambda: b"Content-Type: multipart/mixed; boundary=" + b"x" * MB + b"\r\n\r\n--" + b"x" * MB,
    "25 MB of hyphens": lambda: MIME + b"--\n" * (8 * MB),
    "25 MB of delimiters": lambda: MIME + b"--B\n" * (6 * MB),
    "25 MB of bare LF": lambda: b"A: b\r\n\r\n" + b"\n" * (25 * MB),
    "25 MB of bare LF and CR": lambda: b"A: b\r\n\r\n" + b"\n\r" * (12 * MB),
    "25 MB of empty lines": lambda: b"A: b\r\n\r\n" + b"\r\n" * (12 * MB),
    "25 MB of lines of 999 octets": lambda: b"A: b\r\n\r\n" + (b"x" * 999 + b"\r\n") * (25 * MB // 1_001),
    "25 MB of header lines that are no fields": lambda: b"A: b\r\n" + b"\xff\n" * (12 * MB),
    "quotes in From": lambda: b"From: <" + b'"a@' * 80_000 + b">\r\n\r\n",
    "1,000 parts of 8-bit octets": lambda: MIME + (b"--B\nX: \xff\n\n\xff" + b"x" * 25_000 + b"\n") * 1_000,
    "25 MB NUL": lambda: b"\0" * (25 * MB),
    "25 MB outside of the charset": lambda: b"Content-Type: text/plain; charset=windows-1252\n\n" + b"\x81" * (25 * MB),
    "16 MB of broken UTF-16": lambda: b"Content-Type: text/plain; charset=utf-16le\n\n" + b"\x00\xd8" * (8 * MB),
    "many wide texts": lambda: (
        MIME + (b"--B\nContent-Type: text/plain; charset=utf-8\n\n\xf0\x9f\x98\x80" + b"x" * 25_000 + b"\n") * 1_000
    ),
    "comments in HTML": lambda: HTML + b"<!--" * 50_000,
    "8 MB of comments in HTML": lambda: HTML + b"<!--" * (2 * MB),
    "elements in HTML": lambda: HTML + b"<div>" * 40_000,
    "brackets in HTML": lambda: HTML + b"<" * (8 * MB),
    "script in HTML": lambda: HTML + b"<script>" * MB,
    "spaces in HTML": lambda: HTML + b" " * (8 * MB),
    "links in HTML": lambda: HTML + b"<link " * MB,
    "attributes in HTML": lambda: HTML + b' src="' * MB,
    "cid in HTML": lambda: HTML + b'"cid:a' * MB,
    "url( in HTML": lambda: HTML + b"url(" * (2 * MB),
    "image that declares 65,535 x 65,535": lambda: (
        b"Content-Type: image/png\n\n\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_within_2_seconds_of_cpu(
    name: str, read_all: Callable[[Content], tuple[str, ...]]
) -> None:
    content = Content(HOSTILE[name]())

    before = time.process_time()
    defects = read_all(content)
    spent = time.process_time() - before

    assert spent < 2
    assert not [defect for defect in defects if "internal fault" in defect]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_within_100_mb(name: str, read_all: Callable[[Content], tuple[str, ...]]) -> None:
    content = Content(HOSTILE[name]())

    tracemalloc.start()
    try:
        read_all(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 100 * MB


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_linted_within_1_second_of_cpu(name: str) -> None:
    message = Message(1, Envelope.of("a@x.test", ["b@x.test"], origin=Origin.SMTP), HOSTILE[name](), 0.0)

    before = time.process_time()
    found = message.lint
    spent = time.process_time() - before

    assert spent < 1
    assert len(found) < 50
    assert not [defect for defect in message.content.defects if "internal fault" in defect]


def test_a_cheap_mail_stays_cheap_without_the_standard_parser() -> None:
    import subprocess
    import sys

    # The plugin imports this in each pytest process: the email package alone would cost 20 ms.
    code = "import sys; import mailtrap_lite.message; print('email' in sys.modules, 'html' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )
