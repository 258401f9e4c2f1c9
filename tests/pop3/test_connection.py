"""One connection under clients that are slow, silent, rude or gone, and at the end of the door."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.errors import MaildropInUse
from mailtrap_lite.pop3.connection import MOST_PENDING
from mailtrap_lite.pop3.wire import SLICE
from mailtrap_lite.sandbox import Maildrop, Sandbox

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, OpenDoor

ALICE = "alice@x.test"


def test_a_client_that_never_reads_costs_one_message_and_delays_nobody(door: Door) -> None:
    raw = b"x" * 78 + b"\r\n"
    door.sandbox.deliver(raw * 100_000, to=ALICE)
    rude = door.connect(receive_buffer=4096).log_in()
    tracemalloc.start()

    try:
        rude.send(b"RETR 1\r\n" * 1000)
        rude.line()
        other = door.connect().log_in(b"bob@x.test")
        for _ in range(100):
            assert other.ask(b"STAT") == b"+OK 0 0\r\n"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * 8_000_000 + 2_000_000  # the store's read and what comes of it


def test_commands_nobody_waits_for_are_not_collected_without_bound(door: Door) -> None:
    door.sandbox.deliver(b"x" * 40_000_000, to=ALICE)
    rude = door.connect(receive_buffer=4096).log_in()
    rude.send(b"RETR 1\r\n")
    rude.line()
    rude.socket.settimeout(0.5)

    with pytest.raises(TimeoutError):  # nobody takes them from the client any more
        rude.send(b"NOOP\r\n" * 8_000_000)


def test_a_client_that_is_far_ahead_is_not_read_from(door: Door) -> None:
    door.sandbox.deliver(b"x" * 40_000_000, to=ALICE)
    rude = door.connect(receive_buffer=4096).log_in()
    (connection,) = door.door.crowd
    rude.send(b"RETR 1\r\n")
    rude.line()
    rude.socket.settimeout(0.5)

    with suppress(TimeoutError):
        rude.send(b"NOOP\r\n" * 1_000_000)

    assert door.until(lambda: not connection._transport.is_reading())
    assert MOST_PENDING < connection._machine.pending <= MOST_PENDING + 256 * 1024  # and one read


def test_a_client_that_asks_and_reads_fast_leaves_the_others_their_turn(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.sandbox.deliver(b"x" * 20 * SLICE, to=ALICE)
    line, turns, sleep = door.connect().log_in(), [], asyncio.sleep

    async def counted(delay: float) -> None:
        turns.append(delay)
        await sleep(delay)

    monkeypatch.setattr(asyncio, "sleep", counted)

    line.ask(b"RETR 1")
    line.body()
    assert len(turns) >= 20
    line.send(b"NOOP\r\n" * 6400)
    for _ in range(6400):
        assert line.line() == b"+OK\r\n"
    assert len(turns) >= 20 + 2 * 100
    assert set(turns) == {0}


def test_a_line_of_50_mb_is_refused_and_the_session_goes_on(door: Door) -> None:
    line = door.connect().log_in()
    chunk = b"a" * 1_000_000
    tracemalloc.start()

    try:
        for _ in range(50):
            line.send(chunk)
        answer = line.ask(b"")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer == b"-ERR line too long\r\n"
    assert peak < 2_000_000
    assert line.ask(b"NOOP") == b"+OK\r\n"


def test_a_silent_session_is_closed_without_update(open_door: OpenDoor) -> None:
    door = open_door(pop3_idle=0.1)
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect().log_in()
    line.ask(b"DELE 1")

    assert line.rest() == b""

    assert door.until(lambda: len(door.ended) == 1)
    assert len(door.sandbox.waiting(ALICE)) == 1
    door.connect().log_in()


def test_a_client_that_stops_reading_is_silent_too(open_door: OpenDoor) -> None:
    door = open_door(pop3_idle=0.2)
    door.sandbox.deliver(b"x" * 40_000_000, to=ALICE)
    door.connect(receive_buffer=4096).log_in().send(b"RETR 1\r\n")

    assert door.until(lambda: len(door.ended) == 1)
    assert door.sandbox.latest().deliveries[0].fetched_at is None


def test_a_slow_retr_that_moves_is_not_silence(open_door: OpenDoor) -> None:
    door = open_door(pop3_idle=0.4)
    raw = b"x" * 6_000_000
    door.sandbox.deliver(raw, to=ALICE)
    line = door.connect(receive_buffer=65_536).log_in()
    pace = threading.Event()
    began, got = time.monotonic(), bytearray()

    line.send(b"RETR 1\r\n")
    while not got.endswith(b"\r\n.\r\n"):
        data = line.socket.recv(100_000)
        assert data, f"closed after {len(got)} octets"
        got += data
        pace.wait(len(data) / 4_000_000)  # as a client at 4 MB a second

    assert time.monotonic() - began > 1.0
    assert len(got) == len(raw) + len("+OK 6000002 octets\r\n\r\n.\r\n")
    assert line.ask(b"NOOP") == b"+OK\r\n"


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
def test_a_client_that_leaves_during_its_login_leaves_no_lock(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door()
    asked, go_on = threading.Event(), threading.Event()
    open_maildrop = Sandbox.open_maildrop

    def slow(sandbox: Sandbox, user: str, *, exclusive: bool) -> Maildrop:
        asked.set()
        go_on.wait(10)
        return open_maildrop(sandbox, user, exclusive=exclusive)

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "open_maildrop", slow)
        line = door.connect()
        line.send(b"USER alice@x.test\r\nPASS x\r\n")
        assert asked.wait(10)
        line.close()
    again = door.connect()
    go_on.set()

    again.log_in()


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
def test_a_login_that_is_under_way_at_the_end_leaves_no_lock(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door()
    asked, go_on, opened = threading.Event(), threading.Event(), threading.Event()
    open_maildrop = Sandbox.open_maildrop

    def slow(sandbox: Sandbox, user: str, *, exclusive: bool) -> Maildrop:
        asked.set()
        go_on.wait(10)
        try:
            return open_maildrop(sandbox, user, exclusive=exclusive)
        finally:
            opened.set()

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "open_maildrop", slow)
        door.connect().send(b"USER alice@x.test\r\nPASS x\r\n")
        assert asked.wait(10)
        door.close()
        go_on.set()
        assert opened.wait(10)

    def is_free() -> bool:
        with suppress(MaildropInUse):
            door.sandbox.open_maildrop(ALICE).close()
            return True
        return False

    assert door.until(is_free)


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
def test_a_store_that_is_slow_is_not_a_client_that_is_silent(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door(pop3_idle=0.1)
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    retrieve = Maildrop.retrieve

    def slow(maildrop: Maildrop, number: int) -> bytes:
        threading.Event().wait(0.5)  # five times as long as a client may be silent
        return retrieve(maildrop, number)

    monkeypatch.setattr(Maildrop, "retrieve", slow)

    assert door.connect().log_in().ask(b"RETR 1") == b"+OK 5 octets\r\n"


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
def test_a_client_that_comes_back_while_its_marks_are_written_is_let_in(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door()
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    marking, refused = threading.Event(), threading.Event()
    update, open_maildrop = Maildrop.update, Sandbox.open_maildrop

    def slow(maildrop: Maildrop, *, fetched: set[int], deleted: set[int]) -> tuple[int, ...]:
        marking.set()
        refused.wait(10)
        return update(maildrop, fetched=fetched, deleted=deleted)

    def refuse_late(sandbox: Sandbox, user: str, *, exclusive: bool) -> Maildrop:
        try:
            return open_maildrop(sandbox, user, exclusive=exclusive)
        except MaildropInUse:
            # The worst moment: the first session ends while the refusal of the second is on its way.
            refused.set()
            assert door.until(lambda: len(door.ended) == 1)
            raise

    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    monkeypatch.setattr(Maildrop, "update", slow)
    monkeypatch.setattr(Sandbox, "open_maildrop", refuse_late)
    line.close()
    assert marking.wait(10)

    door.connect().log_in()

    assert refused.is_set()


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
@pytest.mark.parametrize("grace", [0.0, 5.0])
def test_the_end_waits_for_a_commit_as_long_as_the_grace_says(
    grace: float, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door()
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    committing, go_on = threading.Event(), threading.Event()
    update = Maildrop.update

    def slow(maildrop: Maildrop, *, fetched: list[int], deleted: list[int]) -> tuple[int, ...]:
        committing.set()
        go_on.wait(10)
        return update(maildrop, fetched=fetched, deleted=deleted)

    monkeypatch.setattr(Maildrop, "update", slow)
    line = door.connect().log_in()
    line.send(b"DELE 1\r\nQUIT\r\n")
    assert committing.wait(10)
    end = threading.Thread(target=door.close, args=(grace,))
    began = time.monotonic()
    end.start()
    if grace:
        go_on.set()
    end.join(10)

    assert time.monotonic() - began < 3
    go_on.set()
    assert line.rest().endswith(b"+OK bye\r\n") == bool(grace)
    door.sandbox.open_maildrop(ALICE).close()


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
def test_what_was_fetched_is_not_written_down_when_there_is_no_time_left(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door()
    for _ in range(2):
        door.sandbox.deliver(b"one\r\n", to=ALICE)
    asked, go_on = threading.Event(), threading.Event()
    updates: list[object] = []
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()

    def slow(maildrop: Maildrop, number: int) -> bytes:
        asked.set()
        go_on.wait(10)
        return b"one\r\n"

    monkeypatch.setattr(Maildrop, "has_at_hand", lambda *_: False)
    monkeypatch.setattr(Maildrop, "retrieve", slow)
    monkeypatch.setattr(Maildrop, "update", lambda *_, **marks: updates.append(marks))
    line.send(b"RETR 2\r\n")
    assert asked.wait(10)
    try:
        door.close()
    finally:
        go_on.set()

    assert len(door.ended) == 1
    assert updates == []


def test_the_end_is_short_whatever_clients_do(door: Door) -> None:
    door.sandbox.deliver(b"x" * 40_000_000, to=ALICE)
    door.sandbox.deliver(b"one\r\n", to="bob@x.test")
    silent, half, marked = door.connect(), door.connect(), door.connect().log_in(b"bob@x.test")
    silent.line()
    half.line()
    half.send(b"USER al")
    marked.ask(b"RETR 1")
    marked.body()
    marked.ask(b"DELE 1")
    rude = door.connect(receive_buffer=4096).log_in()
    rude.send(b"RETR 1\r\n")
    rude.line()
    began = time.monotonic()

    door.close()

    assert time.monotonic() - began < 1.5
    for user in (ALICE, "bob@x.test"):
        door.sandbox.open_maildrop(user).close()
    assert len(door.ended) == 4
    assert [m.deliveries[0].fetched_by for m in door.sandbox.waiting("bob@x.test")] == ["bob@x.test"]
    assert silent.rest() == b""


def test_the_end_of_an_empty_door_takes_no_time(door: Door) -> None:
    began = time.monotonic()

    door.close(5.0)

    assert time.monotonic() - began < 0.5


def test_who_connects_during_the_end_is_turned_away(door: Door) -> None:
    door.loop.run(door.door.close(0))

    greeting = b""
    with suppress(ConnectionError):
        greeting = door.connect().line()

    assert greeting == b""
    assert door.ended == []


def test_nothing_that_a_client_says_reaches_the_log_as_it_is(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="mailtrap_lite")
    first, second = door.connect().log_in(b"\x1b]52;c;x\x07alice@x.test"), door.connect()

    second.line()
    second.ask(b"USER \x1b]52;c;x\x07alice@x.test")
    second.ask(b"PASS secret")
    second.ask(b"\x1b[31m")
    first.close()
    second.close()

    assert door.until(lambda: len(door.ended) == 2)
    assert "another session has this maildrop open" in caplog.text
    assert "\x1b" not in caplog.text
    assert "secret" not in caplog.text
