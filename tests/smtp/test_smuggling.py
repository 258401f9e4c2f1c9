"""A second mail hidden behind something that is nearly the end of the first (SMTP smuggling, CVE-2023-51764)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.conftest import Door

HIDDEN = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nhidden\r\n"

# What is sent, and what is left of it once the dot at the start of a CRLF line is taken off.
ENDS = {
    "LF . LF": (b"\n.\n", b"\n.\n"),
    "LF . CRLF": (b"\n.\r\n", b"\n.\r\n"),
    "CRLF . LF": (b"\r\n.\n", b"\r\n\n"),
    "CR . CR": (b"\r.\r", b"\r.\r"),
    "CR . CRLF": (b"\r.\r\n", b"\r.\r\n"),
    "CRLF . CR": (b"\r\n.\r", b"\r\n\r"),
    "CRLF NUL . CRLF": (b"\r\n\0.\r\n", b"\r\n\0.\r\n"),
    "CRLF . NUL CRLF": (b"\r\n.\0\r\n", b"\r\n\0\r\n"),
    "CR CRLF . CR CRLF": (b"\r\r\n.\r\r\n", b"\r\r\n\r\r\n"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_it_is_one_mail_and_byte_exact(end: tuple[bytes, bytes], piece: int, door: Door) -> None:
    sent, kept = end
    body = b"Subject: outer\r\n\r\nx" + sent + HIDDEN
    client = door.connect().begin()

    stream = body + b".\r\n"
    for at in range(0, len(stream), piece):
        client.send(stream[at : at + piece])

    assert client.reply() == "250 2.0.0 Ok: stored as 1"
    assert client.ask(b"NOOP") == "250 2.0.0 Ok"
    assert [message.raw for message in door.messages()] == [b"Subject: outer\r\n\r\nx" + kept + HIDDEN]
