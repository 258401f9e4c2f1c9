"""LOGIN-DELAY (RFC 2449 section 6.5): who comes back too early, by whatever name, is refused."""

from __future__ import annotations

import threading
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.errors import StoreFull
from mailtrap_lite.pop3.delay import MOST_MAILDROPS, LoginDelay
from mailtrap_lite.pop3.snapshot import Refused
from mailtrap_lite.sandbox import Maildrop, Sandbox

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, Line, OpenDoor

ALICE = "alice@x.test"


def greeted(door: Door) -> Line:
    client = door.connect()
    client.line()
    return client


def log_in(delay: LoginDelay, user: str, now: float) -> None:
    with delay.turn(user, now):
        pass


def test_a_login_that_comes_too_early_is_refused() -> None:
    delay = LoginDelay(60, str.lower)

    log_in(delay, "alice", 1000.0)

    with pytest.raises(Refused) as refusal:
        log_in(delay, "ALICE", 1059.9)
    assert refusal.value.code == "LOGIN-DELAY"
    log_in(delay, "bob", 1000.0)
    log_in(delay, "alice", 1060.0)
    log_in(delay, "alice", 10.0)  # the clock was set back


def test_a_login_counts_from_its_beginning_and_not_at_all_if_it_fails() -> None:
    delay = LoginDelay(60, str.lower)
    log_in(delay, "alice", 1000.0)

    with suppress(ZeroDivisionError), delay.turn("alice", 1060.0):
        with pytest.raises(Refused):
            log_in(delay, "alice", 1060.0)
        raise ZeroDivisionError

    log_in(delay, "alice", 1060.0)
    with pytest.raises(Refused):
        log_in(delay, "alice", 1061.0)


def test_a_failed_login_takes_nothing_from_one_that_came_after_it() -> None:
    delay = LoginDelay(60, str.lower)

    with suppress(ZeroDivisionError), delay.turn("alice", 1000.0):
        log_in(delay, "alice", 1060.0)
        raise ZeroDivisionError

    with pytest.raises(Refused):
        log_in(delay, "alice", 1061.0)


def test_a_hidden_delay_is_counted_and_refuses_nobody() -> None:
    delay = LoginDelay(60, str.lower)
    log_in(delay, "alice", 1000.0)

    with delay.turn("alice", 1001.0, hidden=True):
        pass

    with pytest.raises(Refused):
        log_in(delay, "alice", 1060.5)


def test_without_a_delay_nothing_is_remembered() -> None:
    delay = LoginDelay(0, str.lower)

    log_in(delay, "alice", 1000.0)

    log_in(delay, "alice", 1000.0)


def test_only_the_last_maildrops_are_remembered() -> None:
    delay = LoginDelay(60, str.lower)

    for number in range(MOST_MAILDROPS + 1):
        log_in(delay, f"user {number}", 1000.0)

    with pytest.raises(Refused):
        log_in(delay, "user 1", 1000.0)
    log_in(delay, "user 0", 1000.0)


@pytest.mark.parametrize("kind", ["file"])  # a store in memory is asked on the loop: nothing happens meanwhile
@pytest.mark.parametrize("fails", [False, True], ids=["the first is let in", "the first fails"])
def test_a_login_that_is_under_way_has_the_turn(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    door = open_door(pop3_login_delay=60, pop3_lock=False)
    asked, go_on = threading.Event(), threading.Event()
    open_maildrop = Sandbox.open_maildrop

    def slow(sandbox: Sandbox, user: str, *, exclusive: bool) -> Maildrop:
        asked.set()
        assert go_on.wait(10)
        if fails:
            raise StoreFull("no room")
        return open_maildrop(sandbox, user, exclusive=exclusive)

    first, second = greeted(door), greeted(door)
    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "open_maildrop", slow)
        first.ask(b"USER alice@x.test")
        first.send(b"PASS x\r\n")
        assert asked.wait(10)
        second.ask(b"USER alice@x.test")
        second.send(b"PASS x\r\n")
        second.socket.settimeout(1)
        early = second.line()
        go_on.set()
        assert first.line().startswith(b"-ERR [SYS/TEMP]" if fails else b"+OK")
    second.socket.settimeout(10)
    second.ask(b"USER alice@x.test")

    assert early.startswith(b"-ERR [LOGIN-DELAY]")
    assert second.ask(b"PASS x").startswith(b"+OK" if fails else b"-ERR [LOGIN-DELAY]")


def test_the_delay_is_of_each_user_over_all_sessions(open_door: OpenDoor) -> None:
    door = open_door(pop3_login_delay=60)
    now = [1000.0]
    door.sandbox.clock = lambda: now[0]
    door.connect().log_in(b"alice@x.test").ask(b"QUIT")
    client = greeted(door)

    client.ask(b"USER alice@x.test")
    assert client.ask(b"PASS x") == b"-ERR [LOGIN-DELAY] wait 60 seconds between logins\r\n"
    door.connect().log_in(b"bob@x.test")
    now[0] += 60

    client.ask(b"USER alice@x.test")
    assert client.ask(b"PASS x").startswith(b"+OK")


@pytest.mark.parametrize(
    ("user", "delayed"),
    [
        (b"ALICE@X.test", True),
        (b"alice+tag@x.test", True),
        (b"orders", True),
        (b"alice", False),
        (b"alice@y.test", False),
    ],
    ids=["case", "plus-addressing", "account table", "another maildrop", "another domain"],
)
def test_each_spelling_of_a_maildrop_shares_its_delay(user: bytes, delayed: bool, open_door: OpenDoor) -> None:
    door = open_door(pop3_login_delay=60, mailboxes={"orders": ALICE}, pop3_auth="any")
    door.connect().log_in(b"alice@x.test").ask(b"QUIT")
    client = greeted(door)

    client.ask(b"USER " + user)

    assert client.ask(b"PASS x").startswith(b"-ERR [LOGIN-DELAY]" if delayed else b"+OK")


def test_who_acts_as_another_has_the_delay_of_that_maildrop(open_door: OpenDoor) -> None:
    door = open_door(pop3_login_delay=60)
    door.connect().log_in(b"alice@x.test").ask(b"QUIT")
    client = greeted(door)

    answer = client.ask(b"AUTH PLAIN " + b64encode(b"alice@x.test\0bob@x.test\0x"))

    assert answer.startswith(b"-ERR [LOGIN-DELAY]")


def test_a_login_that_did_not_open_the_maildrop_does_not_count_for_the_delay(open_door: OpenDoor) -> None:
    door = open_door(pop3_login_delay=60)
    maildrop = door.sandbox.open_maildrop(ALICE)
    client = greeted(door)
    client.ask(b"USER alice@x.test")
    assert client.ask(b"PASS x").startswith(b"-ERR [IN-USE]")
    maildrop.close()

    client.ask(b"USER alice@x.test")

    assert client.ask(b"PASS x").startswith(b"+OK")
