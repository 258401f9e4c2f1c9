"""A second mail hidden behind something that is nearly the end of the first (SMTP smuggling, CVE-2023-51764)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.message import Message

if TYPE_CHECKING:
    from tests.smtp.conftest import Door, OpenDoor

FIRST = b"Subject: outer\r\nFrom: alice@x.test\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nx"
SECOND = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nhidden\r\n"

# What is sent, what is left of it once the dot at the start of a CRLF line is taken off, and what lint calls it.
ENDS = {
    "LF . LF": (b"\n.\n", b"\n.\n", "bare-lf"),
    "LF . CRLF": (b"\n.\r\n", b"\n.\r\n", "bare-lf"),
    "CRLF . LF": (b"\r\n.\n", b"\r\n\n", "bare-lf"),
    "CR . CR": (b"\r.\r", b"\r.\r", "bare-cr"),
    "CR . CRLF": (b"\r.\r\n", b"\r.\r\n", "bare-cr"),
    "CRLF . CR": (b"\r\n.\r", b"\r\n\r", "bare-cr"),
    "CRLF NUL . CRLF": (b"\r\n\0.\r\n", b"\r\n\0.\r\n", "nul"),
    "CRLF . NUL CRLF": (b"\r\n.\0\r\n", b"\r\n\0\r\n", "nul"),
    "CR CRLF . CR CRLF": (b"\r\r\n.\r\r\n", b"\r\r\n\r\r\n", "bare-cr"),
    "LF . CR LF in the middle of a line": (b"\n.\r\n.", b"\n.\r\n", "bare-lf"),
}


def is_flagged(message: Message, code: str) -> bool:
    """Return whether lint found this."""
    return code in [finding.code for finding in message.lint]


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize(("sent", "kept", "code"), ENDS.values(), ids=ENDS.keys())
def test_it_is_one_mail_byte_exact_and_flagged(sent: bytes, kept: bytes, code: str, piece: int, door: Door) -> None:
    client = door.connect().begin()

    stream = FIRST + sent + SECOND + b".\r\n"
    for at in range(0, len(stream), piece):
        client.send(stream[at : at + piece])

    assert client.reply() == "250 2.0.0 Ok: stored as 1"
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    (message,) = door.messages()
    assert message.raw == FIRST + kept + SECOND
    assert message.envelope.sender == "alice@x.test"
    assert is_flagged(message, code)


@pytest.mark.parametrize(("sent", "kept", "code"), ENDS.values(), ids=ENDS.keys())
def test_a_mail_over_the_limit_hides_none_either(sent: bytes, kept: bytes, code: str, open_door: OpenDoor) -> None:
    door = open_door(message_size=100)
    client = door.connect().begin()

    client.send(FIRST + sent + SECOND * 3 + b".\r\nNOOP\r\n")

    assert client.reply() == "552 5.3.4 Message too big"
    assert client.reply() == "250 2.0.0 Ok"
    assert door.messages() == []


@pytest.mark.parametrize(("sent", "kept", "code"), ENDS.values(), ids=ENDS.keys())
def test_a_chunk_has_no_end_but_its_size(sent: bytes, kept: bytes, code: str, door: Door) -> None:
    client = door.greeted()
    client.ask(b"MAIL FROM:<alice@x.test>")
    client.ask(b"RCPT TO:<bob@x.test>")
    raw = FIRST + sent + SECOND + b"\r\n.\r\n" + SECOND

    client.send(b"BDAT %d LAST\r\n" % len(raw) + raw + b"NOOP\r\n")

    assert client.reply() == "250 2.0.0 Ok: stored as 1"
    assert client.reply() == "250 2.0.0 Ok"
    (message,) = door.messages()
    assert message.raw == raw
    assert is_flagged(message, code)
