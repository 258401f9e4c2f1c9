"""No secret is written down, wherever a client puts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.smtp.discretion import Discretion

if TYPE_CHECKING:
    from tests.smtp.conftest import OpenDoor

SECRET = b"AGFsaWNlAHNlY3JldA=="


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"AUTH PLAIN " + SECRET, b"AUTH PLAIN ***"),
        (b"auth\tlogin\t" + SECRET, b"auth\tlogin ***"),
        (b"AUTH PLAIN", b"AUTH PLAIN"),
        (b"AUTH", b"AUTH"),
        (b"AUTH GSSAPI x", b"AUTH GSSAPI ***"),
        (b"AUTH FOO", b"AUTH ***"),
        (b"AUTH " + SECRET, b"AUTH ***"),
        (b"AUTH PLAIN=" + SECRET, b"AUTH ***"),
        (b"AUTH PLAIN\0" + SECRET, b"AUTH ***"),
        (b"AUTH\0PLAIN " + SECRET, b"AUTH ***"),
        (b" AUTH PLAIN " + SECRET, b" AUTH PLAIN ***"),
        (b"AUTH LOGIN PLAIN " + SECRET, b"AUTH LOGIN ***"),
        (b"PASS hunter2", b"PASS ***"),
        (b"AUTHENTICATE x", b"AUTHENTICATE x"),
        (b"XYZZY", b"XYZZY"),
    ],
)
def test_what_is_shown_of_a_line(line: bytes, shown: bytes) -> None:
    assert Discretion().command(line, "", known=False) == shown


def test_behind_a_login_what_is_no_command_is_hidden_until_a_new_start() -> None:
    discretion = Discretion()

    said = [
        discretion.command(line, line.decode().split(" ")[0], known=known)
        for line, known in (
            (b"AUTH FOO", True),
            (SECRET, False),
            (b"NOOP", True),
            (SECRET, False),
            (b"", False),
            (b"MAIL FROM:<a@x.test>", True),
            (b"XYZZY", False),
        )
    ]

    assert said == [b"AUTH ***", b"***", b"NOOP", b"***", b"", b"MAIL FROM:<a@x.test>", b"XYZZY"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"require_tls": True}, [b"EHLO c", b"AUTH LOGIN", SECRET, SECRET], id="before STARTTLS"),
        pytest.param({}, [b"EHLO c", b"AUTH LOGIN \0", SECRET, SECRET], id="a control character"),
        pytest.param({}, [b"EHLO c", b"AUTH LOGIN " + b"A" * 13_000, SECRET], id="too long"),
        pytest.param({}, [b"EHLO c", b"AUTH PLAIN " + SECRET, SECRET], id="sent twice"),
        pytest.param({}, [b"EHLO c", b"AUTH FOO", SECRET, b"NOOP", SECRET], id="again behind a NOOP"),
        pytest.param({}, [b"EHLO c", b"AUTH " + SECRET], id="no mechanism"),
        pytest.param({}, [b"AUTH PLAIN", SECRET], id="before EHLO"),
        pytest.param({"hide": "AUTH"}, [b"EHLO c", b"AUTH LOGIN", SECRET], id="hidden"),
        pytest.param({"smtp_auth": "reject"}, [b"EHLO c", b"AUTH PLAIN", SECRET, SECRET], id="rejected"),
        pytest.param({}, [b"EHLO c", b"AUTH PLAIN", b"*", SECRET], id="cancelled"),
    ],
)
def test_no_secret_is_in_a_transcript(settings: dict[str, object], said: list[bytes], open_door: OpenDoor) -> None:
    door = open_door(session_errors=100, **settings)
    client = door.connect()

    client.send(b"".join(line + b"\r\n" for line in said) + b"QUIT\r\n")
    client.rest()

    assert SECRET.decode() not in door.session().transcript
