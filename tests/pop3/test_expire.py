"""EXPIRE (RFC 2449 section 6.7): what CAPA announces is what happens to mail that is fetched, or that is old."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.errors import StoreFull

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, OpenDoor

ALICE = "alice@x.test"
DAY = 24 * 60 * 60.0
MAIL = b"Subject: x\r\n\r\none\r\ntwo\r\n"


def deleted_by(door: Door) -> list[tuple[int, str | None]]:
    """Return what was deleted over POP3, and by whom."""
    return [(message.id, message.deliveries[0].deleted_by) for message in door.sandbox.deleted(ALICE)]


@pytest.fixture
def at_once(open_door: OpenDoor) -> Door:
    """A door at which mail expires once it was fetched, with three mails."""
    door = open_door(pop3_expire=0)
    for _ in range(3):
        door.sandbox.deliver(MAIL, to=ALICE)
    return door


def test_what_was_fetched_is_deleted_at_quit(at_once: Door) -> None:
    line = at_once.connect().log_in()
    for number in (b"1", b"2"):
        line.ask(b"RETR " + number)
        line.body()
    line.ask(b"DELE 2")

    assert line.ask(b"QUIT") == b"+OK bye\r\n"

    assert sorted(deleted_by(at_once)) == [(1, "EXPIRE"), (2, ALICE)]
    assert [message.id for message in at_once.sandbox.fetched(ALICE)] == [1, 2]
    assert [message.id for message in at_once.sandbox.waiting(ALICE)] == [3]
    assert len(at_once.sandbox.messages()) == 3


def test_what_top_sent_whole_expires_and_what_it_showed_does_not(at_once: Door) -> None:
    line = at_once.connect().log_in()
    for command in (b"TOP 1 1", b"TOP 2 99"):
        line.ask(command)
        line.body()

    line.ask(b"QUIT")

    assert deleted_by(at_once) == [(2, "EXPIRE")]


def test_rset_does_not_undo_that_it_was_fetched(at_once: Door) -> None:
    line = at_once.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    line.ask(b"RSET")

    line.ask(b"QUIT")

    assert deleted_by(at_once) == [(1, "EXPIRE")]


def test_a_client_that_leaves_without_quit_gets_it_again(at_once: Door) -> None:
    line = at_once.connect().log_in()
    line.ask(b"RETR 1")
    line.body()

    line.close()

    assert at_once.until(lambda: not at_once.door.crowd)
    assert deleted_by(at_once) == []
    assert at_once.connect().log_in().ask(b"STAT").startswith(b"+OK 3 ")


def test_what_is_older_than_it_may_be_is_gone_at_login_and_still_shown(open_door: OpenDoor) -> None:
    door = open_door(pop3_expire=30)
    now = door.sandbox.clock()
    door.sandbox.clock = lambda: now
    for days in (31.0, 30.0, 0.0):
        door.sandbox.deliver(MAIL, to=ALICE, received_at=now - days * DAY)

    line = door.connect().log_in()

    assert line.ask(b"STAT") == b"+OK 2 48\r\n"
    assert deleted_by(door) == [(1, "EXPIRE")]
    assert door.sandbox.message(1).deliveries[0].deleted_at == now
    assert door.sandbox.message(1).raw == MAIL


def test_what_expires_in_a_session_stays_in_it(open_door: OpenDoor) -> None:
    door = open_door(pop3_expire=30)
    now = [1000.0]
    door.sandbox.clock = lambda: now[0]
    for _ in range(2):
        door.sandbox.deliver(MAIL, to=ALICE)
    line = door.connect().log_in()
    now[0] += 31 * DAY
    assert door.sandbox.waiting(ALICE) == []

    line.ask(b"RETR 1")
    body = line.body()
    line.ask(b"DELE 2")

    assert body == MAIL
    assert line.ask(b"QUIT") == b"+OK bye\r\n"
    assert deleted_by(door) == [(1, "EXPIRE"), (2, "EXPIRE")]


@pytest.mark.parametrize("look", ["waiting", "deleted", "maildrop", "mailboxes"])
def test_whoever_looks_sees_it_expired(look: str, open_door: OpenDoor) -> None:
    door = open_door(pop3_expire=1)
    door.sandbox.deliver(MAIL, to=ALICE, received_at=1.0)
    sandbox = door.sandbox

    waiting = {
        "waiting": lambda: len(sandbox.waiting(ALICE)),
        "deleted": lambda: 1 - len(sandbox.deleted(ALICE)),
        "maildrop": lambda: len(sandbox.maildrop(ALICE)),
        "mailboxes": lambda: sandbox.mailboxes()[0].waiting,
    }[look]()

    assert waiting == 0


def test_never_is_never(open_door: OpenDoor) -> None:
    door = open_door()
    door.sandbox.deliver(MAIL, to=ALICE, received_at=1.0)
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()

    line.ask(b"QUIT")

    assert [message.id for message in door.sandbox.waiting(ALICE)] == [1]


def test_mail_is_read_where_the_disk_is_too_full_to_expire_any(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> int:
        raise StoreFull("there is no room left")

    door = open_door(pop3_expire=1)
    door.sandbox.deliver(MAIL, to=ALICE, received_at=1.0)
    monkeypatch.setattr(type(door.sandbox._store), "expire", full)

    line = door.connect().log_in()
    line.ask(b"RETR 1")

    assert line.body() == MAIL
    assert [message.id for message in door.sandbox.waiting(ALICE)] == [1]
    assert "no mail was expired: there is no room left" in caplog.text


@pytest.mark.parametrize("days", [0, 1])
def test_an_expiry_that_is_hidden_is_not_in_force(days: int, open_door: OpenDoor) -> None:
    door = open_door(pop3_expire=days, pop3_hide="EXPIRE")
    door.sandbox.deliver(MAIL, to=ALICE, received_at=1.0)
    for _ in range(2):
        line = door.connect().log_in()
        assert line.ask(b"RETR 1").startswith(b"+OK")
        line.body()
        line.ask(b"QUIT")
    assert deleted_by(door) == []

    door.sandbox.hidden_pop3 = frozenset()
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    if days == 0:
        line.body()
    line.ask(b"QUIT")

    assert deleted_by(door) == [(1, "EXPIRE")]


def test_an_expiry_that_is_hidden_meanwhile_is_hidden_from_open_sessions_too(at_once: Door) -> None:
    line = at_once.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    at_once.sandbox.hidden_pop3 = frozenset({"EXPIRE"})

    line.ask(b"QUIT")

    assert deleted_by(at_once) == []
