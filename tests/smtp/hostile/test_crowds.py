"""Many clients at once: idle ones, slow ones, ones that go without a word, and more than there are descriptors for."""

from __future__ import annotations

import contextlib
import json
import selectors
import statistics
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.hostile.conftest import Client, StartVictim, Victim

MB = 1024**2
MAIL_AND_RCPT = (b"MAIL FROM:<alice@x.test>", b"RCPT TO:<bob@x.test>")


@pytest.mark.usefixtures("many_descriptors")
def test_1000_idle_clients_leave_20_active_ones_alone(start: StartVictim) -> None:
    victim = start("--connections=1100").settled()
    descriptors, before = victim.descriptors(), victim.resident()

    for _ in range(1000):
        victim.connect()
    assert {client.reply()[:4] for client in victim.clients} == {"220 "}
    assert victim.resident() - before <= 15 * MB
    active = [victim.greeted() for _ in range(20)]
    times = [_time_of_a_mail(client) for _ in range(10) for client in active]

    # Far from what it takes: a sanity check, not a measurement.
    assert statistics.quantiles(times, n=100)[98] < 1
    assert [client.ask(b"NOOP") for client in victim.clients] == ["250 2.0.0 Ok"] * 1020
    victim.hang_up()
    victim.until(lambda: victim.descriptors() <= descriptors)


def _time_of_a_mail(client: Client) -> float:
    start = time.perf_counter()
    assert client.mail().startswith("250 ")
    return time.perf_counter() - start


@pytest.mark.usefixtures("many_descriptors")
def test_1000_clients_at_once_are_all_greeted(start: StartVictim) -> None:
    victim = start("--connections=1000")

    for _ in range(1000):
        victim.connect()

    for client in victim.clients:
        client.socket.settimeout(10)
        assert client.reply() == "220 mailtrap.localhost ESMTP"
    assert victim.connect().rest() == b"421 4.3.2 Too many connections\r\n"


# How a client gets to where it drips, and what it is told in the end.
DRIPS = {
    "a command": ((), "421 4.4.2 Idle for too long"),
    "an answer": ((b"AUTH PLAIN",), "421 4.4.2 Idle for too long"),
    "a mail": ((*MAIL_AND_RCPT, b"DATA"), "421 4.4.2 The mail takes too long"),
    "a chunk": ((*MAIL_AND_RCPT, b"BDAT 1000000"), "421 4.4.2 The mail takes too long"),
}


def test_200_clients_that_drip_are_cut_and_a_good_one_is_served(start: StartVictim) -> None:
    victim = start("--smtp-idle=2", "--smtp-transfer=2.5").settled()
    sockets = victim.sockets()
    good = victim.greeted()
    slow = {_at(victim.greeted(), commands): last for _ in range(50) for commands, last in DRIPS.values()}
    assert len(slow) == 200

    said = dict.fromkeys(slow, b"")
    served = 0
    with selectors.DefaultSelector() as selector:
        for client in slow:
            client.socket.setblocking(False)
            selector.register(client.socket, selectors.EVENT_READ, client)
        while left := selector.get_map():
            for client in [key.data for key in left.values()]:
                with contextlib.suppress(OSError):
                    client.send(b"x")
            assert good.mail().startswith("250 ")
            served += 1
            for key, _ in selector.select(0.02):
                piece = _received(key.data)
                said[key.data] += piece
                if not piece:
                    selector.unregister(key.fileobj)

    assert {client: text.decode().splitlines()[-1] for client, text in said.items()} == slow
    assert served > 10
    for client in slow:
        client.close()
    victim.until(lambda: victim.sockets() == sockets + 1)


def _at(client: Client, commands: tuple[bytes, ...]) -> Client:
    """Say this; the last of it has no answer yet, or one that does not matter."""
    for command in commands[:-1]:
        assert client.ask(command).startswith("250 ")
    client.send(b"".join(command + b"\r\n" for command in commands[-1:]))
    return client


def _received(client: Client) -> bytes:
    with contextlib.suppress(ConnectionResetError):
        return client.socket.recv(1000)
    return b""


def test_120_clients_of_64_descriptors_get_421_and_the_web_answers(start: StartVictim) -> None:
    victim = start(descriptors=64)

    for _ in range(120):
        victim.connect()
    replies = [client.reply() for client in victim.clients]

    assert set(replies) == {"220 mailtrap.localhost ESMTP", "421 4.3.2 Too many connections"}
    assert json.loads(victim.web("/api/v1/info"))
    staying = next(client for client, reply in zip(victim.clients, replies, strict=True) if reply.startswith("220 "))
    assert staying.ask(b"EHLO client.test").startswith("250 ")
    assert staying.mail(b"x" * 3 * MB + b"\r\n").startswith("250 ")  # which takes a temporary file
    assert _seconds_computed_in_one(victim, staying) < 0.3
    victim.hang_up()
    victim.until(lambda: victim.connect().reply().startswith("220 "))
    assert victim.greeted().mail().startswith("250 ")


def test_120_clients_of_64_descriptors_at_pop3_leave_some_for_the_others(start: StartVictim) -> None:
    victim = start(descriptors=64)

    for _ in range(120):
        victim.connect(door="pop3")
    replies = {client.reply().partition(" ")[0] for client in victim.clients}

    assert replies == {"+OK", "-ERR"}
    assert json.loads(victim.web("/api/v1/info"))
    assert victim.connect().reply() == "421 4.3.2 Too many connections"  # the same rule: a word, and no silence
    victim.hang_up()
    victim.until(lambda: victim.connect(door="pop3").reply().startswith("+OK"))


def _seconds_computed_in_one(victim: Victim, client: Client) -> float:
    before = victim.cpu()
    client.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        client.socket.recv(1)
    return victim.cpu() - before


def test_1000_aborted_logins_cost_5_mb_at_most_and_others_nothing(start: StartVictim) -> None:
    victim = start().settled()
    good = victim.greeted()
    sockets, before = victim.sockets(), victim.resident()

    for number in range(1000):
        client = victim.connect()
        client.send(b"EHLO client.test\r\nAUTH LOGIN\r\n" + b"x" * number)
        if number % 2:
            client.reset()
        else:
            assert client.reply().startswith("220 ")
            client.close()
        if number % 100 == 0:
            assert good.mail().startswith("250 ")

    victim.until(lambda: victim.sockets() == sockets)
    assert victim.resident() - before <= 5 * MB
    assert good.ask(b"NOOP") == "250 2.0.0 Ok"
