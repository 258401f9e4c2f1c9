"""No secret is written down, wherever a client puts it."""

from __future__ import annotations

import pytest

from mailtrap_lite.discretion import Discretion

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
        (b"PASS:hunter2", b"PASS ***"),
        (b"PASS\xc2\xa0hunter2", b"PASS ***"),
        (b"\xff\xfb\x01PASS hunter2", b"***"),
        (b"APOP mrose c4c9334bac560ecc979e58001b3e22fb", b"APOP mrose ***"),
        (b"APOP c4c9334bac560ecc979e58001b3e22fb", b"APOP ***"),
        (b"AUTHENTICATE x", b"***"),
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


def test_what_a_command_says_is_hidden_too_until_somebody_logged_in() -> None:
    discretion = Discretion()
    discretion.command(b"AUTH FOO", "AUTH", known=True)

    before = discretion.command(b"QUIT " + SECRET, "QUIT", known=True)
    discretion.trust()
    after = discretion.command(b"RETR 1", "RETR", known=True)

    assert (before, after) == (b"QUIT ***", b"RETR 1")


def test_a_line_that_was_lost_may_have_been_a_login() -> None:
    discretion = Discretion()

    discretion.lost()

    assert discretion.command(SECRET, "", known=False) == b"***"


def test_behind_a_bare_pass_the_password_may_come() -> None:
    discretion = Discretion()

    said = [discretion.command(line, line.decode(), known=known) for line, known in ((b"PASS", True), (SECRET, False))]

    assert said == [b"PASS", b"***"]


def test_a_pass_that_is_whole_hides_nothing_behind_it() -> None:
    discretion = Discretion()

    said = [discretion.command(line, "", known=False) for line in (b"PASS hunter2", b"XYZZY")]

    assert said == [b"PASS ***", b"XYZZY"]
