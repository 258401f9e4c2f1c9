from __future__ import annotations

import pytest

from mailtrap_lite.smtp import replies
from mailtrap_lite.smtp.replies import enhanced, is_wrong_command


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        ("250 OK", b"250 2.0.0 OK\r\n"),
        ("250 2.1.5 Ok", b"250 2.1.5 Ok\r\n"),
        ("250 4.1.5 of another class", b"250 2.0.0 4.1.5 of another class\r\n"),
        ("454 TLS not available", b"454 4.7.0 TLS not available\r\n"),
        ("552 Too much", b"552 5.0.0 Too much\r\n"),
        ("334 VXNlcm5hbWU6", b"334 VXNlcm5hbWU6\r\n"),
        ("502 Could not VRFY \udcff", b"502 5.5.1 Could not VRFY \\udcff\r\n"),
    ],
)
def test_a_stock_status_gets_an_enhanced_code_if_it_has_none(status: str, sent: bytes) -> None:
    assert enhanced(status) == sent


def test_wrong_commands_are_those_that_a_client_should_not_have_sent() -> None:
    constants = [value for value in vars(replies).values() if isinstance(value, bytes)]

    assert {reply[:3] for reply in constants if is_wrong_command(reply)} == {b"500", b"501", b"502", b"503"}
    assert is_wrong_command(b"504 5.5.4 x\r\n")
    assert is_wrong_command(b"555 5.5.4 x\r\n")
    assert not is_wrong_command(b"552 5.3.4 x\r\n")
    assert not is_wrong_command(b"553 5.6.7 x\r\n")


def test_each_constant_is_one_line() -> None:
    for value in vars(replies).values():
        if isinstance(value, bytes):
            assert value.endswith(b"\r\n")
            assert value.count(b"\n") == 1
