"""What the wire alone shows is flagged, and --strict refuses what a strict receiver would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor

CLEAN = (
    b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n"
    b"From: alice@x.test\r\nTo: bob@x.test\r\nSubject: x\r\n\r\n"
)


def codes(door: Door) -> list[str]:
    (message,) = door.messages()
    return [finding.code for finding in message.lint]


def in_data(client: Client, *, early: bytes = b"") -> None:
    """Say everything up to DATA, with these octets behind it before its reply is there."""
    client.send(b"MAIL FROM:<alice@x.test>\r\nRCPT TO:<bob@x.test>\r\nDATA\r\n" + early)
    replies = [client.reply() for _ in range(3)]
    assert replies[-1].startswith("354 ")


def test_clean_mail_has_no_findings(door: Door) -> None:
    client = door.greeted()
    in_data(client)

    assert client.ask(CLEAN + b"hi\r\n..stuffed\r\n.").startswith("250 ")

    assert codes(door) == []


def test_a_line_that_was_not_dot_stuffed_is_flagged(door: Door) -> None:
    client = door.greeted()
    in_data(client)

    assert client.ask(CLEAN + b".one dot\r\n.").startswith("250 ")

    assert codes(door) == ["unstuffed-dot"]
    assert door.messages()[0].raw.endswith(b"\r\none dot\r\n")


def test_a_body_before_the_354_is_flagged(door: Door) -> None:
    client = door.greeted()
    in_data(client, early=CLEAN)

    assert client.ask(b"hi\r\n.").startswith("250 ")

    assert codes(door) == ["early-data"]


def test_a_command_that_ends_with_lf_alone_is_flagged(door: Door) -> None:
    client = door.greeted()
    client.send(b"NOOP\n")
    client.reply()
    in_data(client)

    assert client.ask(CLEAN + b"hi\r\n.").startswith("250 ")

    assert codes(door) == ["bare-lf-command"]


def test_eight_bits_are_flagged_unless_they_were_announced(door: Door) -> None:
    head = CLEAN[:-2] + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    head += b"Content-Transfer-Encoding: 8bit\r\n\r\n"
    for option in (b"", b" BODY=8BITMIME"):
        client = door.greeted()
        client.ask(b"MAIL FROM:<alice@x.test>" + option)
        client.ask(b"RCPT TO:<bob@x.test>")
        client.ask(b"DATA")
        client.ask(head + "jürgen\r\n.".encode())

    assert [[finding.code for finding in message.lint] for message in door.messages()] == [["undeclared-8bit"], []]


@pytest.mark.parametrize(
    ("mail", "reply"),
    [
        pytest.param(CLEAN + b"a\nb\r\n", "550 5.6.0 bare-lf: ", id="bare LF"),
        pytest.param(CLEAN[CLEAN.index(b"Message-ID") :] + b"hi\r\n", "550 5.6.0 missing-date: ", id="no Date"),
    ],
)
def test_a_strict_server_refuses_and_says_why(mail: bytes, reply: str, open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    in_data(client)

    said = client.ask(mail + b".")

    assert said.startswith(reply)
    assert door.messages() == []
    in_data(client)
    assert client.ask(CLEAN + b"hi\r\n.").startswith("250 ")


def test_a_strict_server_takes_what_is_only_odd(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    in_data(client)

    assert client.ask(CLEAN + b".one dot\r\n.").startswith("250 ")

    assert codes(door) == ["unstuffed-dot"]


def test_a_strict_server_refuses_a_body_before_the_354(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    in_data(client, early=CLEAN)

    assert client.ask(b"hi\r\n.").startswith("550 5.6.0 early-data: ")


def test_a_strict_server_names_the_first_and_counts_the_others(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    in_data(client)

    said = client.ask(b"Subject: x\r\nSubject: y\r\n\r\na\nb\r\n.")

    assert said.startswith("550 5.6.0 ")
    assert " more)" in said


def test_a_command_that_ends_with_lf_is_held_against_one_mail_only(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    client.send(b"NOOP\n")
    client.reply()

    for expected in ("550 5.6.0 bare-lf-command: ", "250 2.0.0 "):
        in_data(client)
        assert client.ask(CLEAN + b"hi\r\n.").startswith(expected)


def test_a_strict_server_refuses_chunks_too(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    client.ask(b"MAIL FROM:<alice@x.test>")
    client.ask(b"RCPT TO:<bob@x.test>")

    assert client.ask(b"BDAT 3 LAST\r\na").startswith("550 5.6.0 ")
    assert client.ask(b"RCPT TO:<bob@x.test>").startswith("503 ")


def test_a_strict_server_refuses_over_lmtp_for_each_recipient(open_door: OpenDoor) -> None:
    door = open_door(strict=True, name="lmtp")
    client = door.connect()
    client.reply()
    client.ask(b"LHLO c.test")
    client.ask(b"MAIL FROM:<alice@x.test>")
    client.ask(b"RCPT TO:<bob@x.test>")
    client.ask(b"RCPT TO:<carol@x.test>")
    client.ask(b"DATA")

    assert client.ask(b"a\nb\r\n.").startswith("550 5.6.0 ")
    assert client.reply().startswith("550 5.6.0 ")
    assert client.ask(b"NOOP").startswith("250 ")


def test_a_session_tells_what_lint_had_against_it(open_door: OpenDoor) -> None:
    door = open_door(strict=True)
    client = door.greeted()
    in_data(client, early=CLEAN)
    client.ask(b"a\nb\r\n.")

    (session,) = door.sandbox.sessions

    assert {finding.code for finding in session.lint} == {"early-data", "bare-lf"}
    assert not session.delivered


def test_the_session_of_clean_mail_has_no_findings(door: Door) -> None:
    client = door.greeted()
    in_data(client)
    client.ask(CLEAN + b"hi\r\n.")

    assert door.sandbox.sessions[0].lint == ()
