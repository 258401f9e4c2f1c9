"""Clients that send without end, or that never read: what they cost in memory."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.hostile.conftest import StartVictim

MB = 1024**2
PIECE = b"x" * MB
HIDDEN = b"\r\nQUIT\r\nMAIL FROM:<evil@x.test>\r\n.\r\n"


def test_500_mb_in_one_line_are_too_big_and_cost_less_than_the_limit(start: StartVictim) -> None:
    limit = 25 * MB
    victim = start(f"--message-size={limit}").settled()
    client = victim.greeted().begin()
    assert client.ask(b"DATA").startswith("354 ")
    before = victim.forget_peak()

    client.send_times(PIECE, 500)
    client.send(HIDDEN)

    assert client.reply() == "552 5.3.4 Message too big"
    assert victim.peak() - before < limit / 2
    assert client.mail().startswith("250 ")
    assert len(victim.raws()) == 1


def test_a_chunk_of_500_mb_is_too_big_and_costs_nothing(start: StartVictim) -> None:
    victim = start("--message-size=25m").settled()
    client = victim.greeted().begin()
    before = victim.forget_peak()

    client.send(b"BDAT %d LAST\r\n" % (500 * MB + len(HIDDEN)))
    client.send_times(PIECE, 500)
    client.send(HIDDEN)

    assert client.reply() == "552 5.3.4 Message too big"
    assert victim.peak() - before <= 5 * MB
    assert client.mail().startswith("250 ")


def test_60_mb_over_tls_are_too_big_and_cost_less_than_the_limit(start: StartVictim) -> None:
    limit = 25 * MB
    victim = start(f"--message-size={limit}", "--tls=yes").settled()
    client = victim.connect(door="smtps").shake_hands().greeted().begin()
    assert client.ask(b"DATA").startswith("354 ")
    before = victim.forget_peak()

    client.send_times(PIECE, 60)
    client.send(HIDDEN)

    assert client.reply() == "552 5.3.4 Message too big"
    assert victim.peak() - before < limit / 2


@pytest.mark.parametrize("begin", [b"NOOP ", b"MAIL FROM:<", b"AUTH PLAIN ", b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n"])
def test_50_mb_in_one_command_line_or_answer_cost_2_mb_at_most(begin: bytes, start: StartVictim) -> None:
    victim = start().settled()
    client = victim.greeted()
    client.send(begin)
    if begin.endswith(b"\n"):
        assert client.reply().startswith("334 ")
    before = victim.forget_peak()

    client.send_times(PIECE, 50)
    client.send(b"\r\n")

    assert client.reply() == "500 5.5.6 Command line too long"
    assert victim.peak() - before <= 2 * MB
    assert client.mail().startswith("250 ")


@pytest.mark.parametrize(("door", "command"), [("smtp", b"HELP\r\n"), ("smtps", b"EHLO client.test\r\n")])
def test_a_client_that_never_reads_is_not_read_from_and_cut(door: str, command: bytes, start: StartVictim) -> None:
    victim = start("--smtp-idle=0.5", "--tls=yes").settled()
    sockets = victim.sockets()
    client = victim.connect(door=door, receive_buffer=4096)
    if door == "smtps":
        client.shake_hands()
    before = victim.forget_peak()

    client.socket.settimeout(0.2)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 50 * MB:
            sent += client.socket.send(command * 2_000)

    assert sent < 50 * MB
    assert victim.greeted().ask(b"QUIT").startswith("221 ")
    victim.until(lambda: victim.sockets() <= sockets)
    assert victim.peak() - before <= 5 * MB
