"""The door on a real socket: what a client sees, and what is stored when it has seen it."""

from __future__ import annotations

import hashlib
import poplib
import re
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.errors import MaildropInUse, StoreFull
from mailtrap_lite.sandbox import Maildrop, Sandbox

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, OpenDoor

ALICE = "alice@x.test"
HOSTILE = {
    "8-bit": b"Subject: \xe4\xf6\xfc\r\n\r\n\xff\xfe\r\n",
    "NUL": b"A: b\r\n\r\n\x00\x00\r\n",
    "dots": b".A: b\r\n\r\n.\r\n..\r\n.x\r\n",
    "no final line end": b"A: b\r\n\r\nend",
    "empty": b"",
    "no header": b"\r\nbody\r\n",
    "bare line ends": b"A: b\n\none\rtwo\r\r\n",
    "a line of 1 MB": b"A: b\r\n\r\n" + b"x" * 1_000_000 + b"\r\n.\r\n",
}


def sent_form(raw: bytes) -> bytes:
    """Return a mail as RETR gives it, told from the rule and not from the code."""
    lines = re.split(rb"\r\n|\r|\n", raw)
    return b"".join(line + b"\r\n" for line in (lines[:-1] if lines[-1] == b"" else lines))


def test_a_client_gets_each_mail_byte_for_byte_and_deletes_it(door: Door) -> None:
    for raw in HOSTILE.values():
        door.sandbox.deliver(raw, to=ALICE)
    line = door.connect().log_in()

    for number, raw in enumerate(HOSTILE.values(), 1):
        size = int(line.ask(b"LIST %d" % number).split()[2])
        line.send(b"RETR %d\r\n" % number)
        assert line.line() == b"+OK %d octets\r\n" % size
        got = line.body()
        assert got == sent_form(raw)
        assert len(got) == size
        assert line.ask(b"DELE %d" % number).startswith(b"+OK")

    assert line.ask(b"QUIT") == b"+OK bye\r\n"
    assert line.rest() == b""
    assert door.sandbox.waiting(ALICE) == []
    assert [message.raw for message in door.sandbox.messages()] == list(HOSTILE.values())


def test_a_mail_of_20_mb_arrives_whole(door: Door) -> None:
    raw = b"A: b\r\n\r\n" + (b"." * 76 + b"\r\n") * 260_000
    door.sandbox.deliver(raw, to=ALICE)
    line = door.connect().log_in()

    line.send(b"RETR 1\r\n")

    assert line.line() == b"+OK %d octets\r\n" % len(raw)
    assert hashlib.sha256(line.body()).digest() == hashlib.sha256(raw).digest()


def test_poplib_reads_and_deletes(door: Door) -> None:
    door.sandbox.deliver(b"Subject: one\n\nbody\n.", to=ALICE)
    door.sandbox.deliver(b"Subject: two\n\n", to=ALICE)

    client = poplib.POP3("127.0.0.1", door.port, timeout=10)
    client.user(ALICE)
    client.pass_("any password will do")

    assert client.stat() == (2, 41)
    assert client.list()[1] == [b"1 25", b"2 16"]
    assert client.retr(1)[1] == [b"Subject: one", b"", b"body", b"."]
    assert client.top(2, 0)[1] == [b"Subject: two", b""]
    uids = [entry.split()[1] for entry in client.uidl()[1]]
    assert len(set(uids)) == 2
    assert "UIDL" in client.capa()
    client.dele(1)
    client.quit()

    again = poplib.POP3("127.0.0.1", door.port, timeout=10)
    again.user(ALICE)
    again.pass_("another")
    assert [entry.split()[1] for entry in again.uidl()[1]] == uids[1:]
    again.quit()


def test_what_was_fetched_and_deleted_is_marked_before_quit_is_answered(door: Door) -> None:
    for _ in range(3):
        door.sandbox.deliver(b"A: b\r\n\r\n", to=ALICE)
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    line.ask(b"TOP 3 0")
    line.body()
    line.ask(b"DELE 2")

    assert line.ask(b"QUIT") == b"+OK bye\r\n"

    marks = [message.deliveries[0] for message in door.sandbox.messages()]
    assert [mark.fetched_by for mark in marks] == [ALICE, None, None]
    assert [mark.deleted_by for mark in marks] == [None, ALICE, None]


def test_fetched_and_deleted_are_one_update(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    updates, update = [], Maildrop.update

    def noted(maildrop: Maildrop, *, fetched: set[int], deleted: tuple[int, ...]) -> tuple[int, ...]:
        updates.append((set(fetched), deleted))
        return update(maildrop, fetched=fetched, deleted=deleted)

    for _ in range(3):
        door.sandbox.deliver(b"one\r\n", to=ALICE)
    monkeypatch.setattr(Maildrop, "update", noted)
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    line.send(b"DELE 3\r\nDELE 1\r\nQUIT\r\n")

    assert line.rest().endswith(b"+OK bye\r\n")

    assert updates == [({1}, (3, 1))]


def test_the_session_is_written_down_before_quit_is_answered(open_door: OpenDoor) -> None:
    door = open_door(stamp=lambda: b"<1.1@mail.test>")
    door.sandbox.deliver(b"A: b\r\n\r\nsecret text\r\n", to=ALICE)
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    line.ask(b"RETR 1")
    line.body()
    line.ask(b"\x1b[31m")

    line.ask(b"QUIT")

    session = door.ended[-1]
    assert session.transcript.split("\n") == [
        "S: +OK mailtrap.localhost POP3 ready <1.1@mail.test>",
        f"C: USER {ALICE}",
        "S: +OK send PASS",
        "C: PASS ***",
        "S: +OK maildrop has 1 message (21 octets)",
        "C: RETR 1",
        "S: +OK 21 octets",
        "C: RETR 1",
        "S: +OK 21 octets",
        "C: \\x1b[31m",
        "S: -ERR unknown command",
        "C: QUIT",
        "S: +OK bye",
    ]
    assert session.user == ALICE
    assert session.messages == (door.sandbox.latest().id,)
    assert session.client == "{}:{}".format(*line.socket.getsockname())


@pytest.mark.parametrize(
    ("user", "subjects"),
    [
        ("alice@x.test", ["A: 1", "A: 3"]),
        ("ALICE@X.TEST", ["A: 1", "A: 3"]),
        ("alice+tag@x.test", ["A: 1", "A: 3"]),
        ("alice", ["A: 1", "A: 2", "A: 3"]),
        ("*", ["A: 1", "A: 2", "A: 3", "A: 4"]),
        ("nobody@x.test", []),
    ],
)
def test_the_user_name_chooses_the_mailboxes(user: str, subjects: list[str], door: Door) -> None:
    for number, to in enumerate(["alice@x.test", "alice@y.test", "alice+tag@x.test", "bob@x.test"], 1):
        door.sandbox.deliver(b"A: %d\r\n" % number, to=to)
    line = door.connect().log_in(user.encode())

    line.ask(b"LIST")
    count = len(line.body().splitlines())

    found = []
    for number in range(1, count + 1):
        line.ask(b"RETR %d" % number)
        found.append(line.body().decode().strip())
    assert found == subjects


def test_the_maildrop_is_a_snapshot(door: Door) -> None:
    first = door.sandbox.deliver(b"first\r\n", to=ALICE)
    door.sandbox.deliver(b"second\r\n", to=ALICE)
    line = door.connect().log_in()

    door.sandbox.deliver(b"third\r\n", to=ALICE)
    door.sandbox.delete([first.id])

    assert line.ask(b"STAT") == b"+OK 2 15\r\n"
    assert line.ask(b"RETR 1") == b"-ERR message was removed meanwhile\r\n"
    assert line.ask(b"TOP 1 0") == b"-ERR message was removed meanwhile\r\n"
    assert line.ask(b"RETR 2") == b"+OK 8 octets\r\n"
    assert line.body() == b"second\r\n"
    assert line.ask(b"DELE 1").startswith(b"+OK")
    assert line.ask(b"QUIT") == b"+OK bye\r\n"
    assert [message.raw for message in door.sandbox.waiting(ALICE)] == [b"second\r\n", b"third\r\n"]


@pytest.mark.parametrize("second", [b"alice@x.test", b"Alice+tag@x.test", b"alice", b"*"])
def test_a_maildrop_is_open_once(second: bytes, door: Door) -> None:
    first = door.connect().log_in()
    other = door.connect()

    other.line()
    other.ask(b"USER " + second)
    assert other.ask(b"PASS x").startswith(b"-ERR [IN-USE] ")
    assert first.ask(b"QUIT") == b"+OK bye\r\n"

    other.ask(b"USER " + second)
    assert other.ask(b"PASS x").startswith(b"+OK ")


def test_other_maildrops_are_open_at_the_same_time(door: Door) -> None:
    for user in (b"alice@x.test", b"bob@x.test", b"carol"):
        door.connect().log_in(user)


def test_a_client_that_hangs_up_can_come_back_at_once(door: Door) -> None:
    raw = b"A: b\r\n" * 100_000
    door.sandbox.deliver(raw, to=ALICE)

    for number in range(30):
        line = door.connect().log_in()
        line.send(b"RETR 1\r\n")
        if number % 3:
            line.line()
        if number % 3 == 2:
            line.body()
        line.close()

    assert len(door.ended) == 30 or door.until(lambda: len(door.ended) == 30)


def test_a_dropped_connection_deletes_nothing_and_marks_what_was_fetched(door: Door) -> None:
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    door.sandbox.deliver(b"two\r\n", to=ALICE)
    line = door.connect().log_in()
    line.ask(b"RETR 1")
    line.body()
    line.ask(b"DELE 2")

    line.close()

    assert door.until(lambda: len(door.ended) == 1)
    assert [message.raw for message in door.sandbox.waiting(ALICE)] == [b"one\r\n", b"two\r\n"]
    marks = [message.deliveries[0] for message in door.sandbox.messages()]
    assert [mark.fetched_by for mark in marks] == [ALICE, None]
    assert door.ended[0].user == ALICE


def test_a_top_of_all_lines_fetches_and_a_shorter_one_does_not(door: Door) -> None:
    for _ in range(2):
        door.sandbox.deliver(b"A: b\r\n\r\none\r\ntwo\r\n", to=ALICE)
    line = door.connect().log_in()
    for command in (b"TOP 1 99999999", b"TOP 2 1"):
        line.ask(command)
        line.body()
    line.ask(b"QUIT")

    assert [message.deliveries[0].fetched_by for message in door.sandbox.messages()] == [ALICE, None]


def test_a_mail_that_was_not_read_to_its_end_is_not_fetched(door: Door) -> None:
    door.sandbox.deliver(b"x" * 60_000_000, to=ALICE)
    line = door.connect(receive_buffer=4096).log_in()
    line.ask(b"RETR 1")

    line.close()

    assert door.until(lambda: len(door.ended) == 1)
    assert door.sandbox.latest().deliveries[0].fetched_at is None
    assert door.ended[0].messages == ()


def test_a_half_closed_client_gets_its_answers_and_its_deletions(door: Door) -> None:
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect()

    line.send(b"USER alice@x.test\r\nPASS x\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n")
    line.half_close()

    assert line.rest().split(b"\r\n")[3:] == [b"+OK 5 octets", b"one", b".", b"+OK message 1 deleted", b"+OK bye", b""]
    assert door.sandbox.waiting(ALICE) == []


def test_a_half_closed_client_without_quit_deletes_nothing(door: Door) -> None:
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect().log_in()

    line.send(b"DELE 1\r\nQUIT")
    line.half_close()

    assert line.rest() == b"+OK message 1 deleted\r\n"
    assert len(door.sandbox.waiting(ALICE)) == 1


def test_a_thousand_commands_in_one_write_are_answered_in_order(door: Door) -> None:
    for number in range(50):
        door.sandbox.deliver(b"mail %d\r\n" % number, to=ALICE)
    line = door.connect().log_in()
    numbers = [n % 50 + 1 for n in range(1000)]

    line.send(b"".join(b"RETR %d\r\n" % n for n in numbers))

    for number in numbers:
        assert line.line().startswith(b"+OK")
        assert line.body() == b"mail %d\r\n" % (number - 1)


@pytest.mark.parametrize(
    ("writes", "pipelined"),
    [
        ([b"USER alice@x.test\r\n", b"PASS x\r\n", b"RETR 1\r\n", b"QUIT\r\n"], False),
        ([b"USER alice@x.test\r\nPASS x\r\n", b"QUIT\r\n"], True),
        ([b"USER alice@x.test\r\n", b"PASS x\r\n", b"RETR 1\r\nDELE 1\r\n", b"QUIT\r\n"], True),
        ([b"USER alice@x.test\r\n", b"PASS x\r\nQUI", b"T\r\n"], True),
        ([b"USER al", b"ice@x.test\r\n", b"PASS x\r\n", b"QUIT\r\n"], False),
        ([b"AUTH PLAIN\r\n", b"AGFsaWNlQHgudGVzdAB4\r\n", b"QUIT\r\n"], False),
        ([b"AUTH PLAIN\r\nAGFsaWNlQHgudGVzdAB4\r\n", b"QUIT\r\n"], True),
    ],
    ids=["each waits", "login", "RETR and DELE", "half of the next", "in pieces", "AUTH that waits", "AUTH at once"],
)
def test_a_session_says_whether_the_client_waited_for_its_replies(
    writes: list[bytes], pipelined: bool, door: Door
) -> None:
    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect()
    line.line()

    for data in writes:
        line.send(data)
        for _ in range(data.count(b"\n")):
            if line.line().endswith(b"octets\r\n"):
                line.body()

    assert line.rest() == b""
    assert door.ended[-1].pipelined is pipelined


def test_who_speaks_before_the_greeting_does_not_pipeline(door: Door) -> None:
    line = door.connect()

    line.send(b"QUIT\r\n")

    assert line.rest().endswith(b"+OK bye\r\n")
    assert door.ended[-1].pipelined is False


def test_a_failed_update_is_said_and_changes_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise StoreFull("the disk is full")

    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect().log_in()
    line.ask(b"DELE 1")
    monkeypatch.setattr(Maildrop, "update", no_room)

    assert line.ask(b"QUIT") == b"-ERR [SYS/TEMP] some deleted messages not removed\r\n"
    assert line.rest() == b""

    assert len(door.sandbox.waiting(ALICE)) == 1
    assert door.connect().log_in().ask(b"STAT") == b"+OK 1 5\r\n"


@pytest.mark.parametrize("verb", ["open_maildrop", "retrieve", "update"])
def test_a_bug_of_ours_is_a_local_error_and_the_session_goes_on(
    verb: str, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the bug")

    door.sandbox.deliver(b"one\r\n", to=ALICE)
    line = door.connect()
    line.line()
    with monkeypatch.context() as patch:
        patch.setattr(Sandbox if verb == "open_maildrop" else Maildrop, verb, bug)
        line.ask(b"USER alice@x.test")
        answer = line.ask(b"PASS x")
        if verb == "retrieve":
            answer = line.ask(b"RETR 1")
        elif verb == "update":
            answer = line.ask(b"QUIT")

    if verb == "update":
        assert answer == b"-ERR [SYS/TEMP] some deleted messages not removed\r\n"
    else:
        found = re.fullmatch(rb"-ERR \[SYS/TEMP\] local error ([0-9a-f]+-\d+-1)\r\n", answer)
        assert found is not None
        assert found[1].decode() in caplog.text
    assert "ZeroDivisionError: the bug" in caplog.text
    if verb == "retrieve":
        assert line.ask(b"RETR 1") == b"+OK 5 octets\r\n"
    if verb == "open_maildrop":
        line.ask(b"USER alice@x.test")
        assert line.ask(b"PASS x").startswith(b"+OK")


def test_one_too_many_is_told_so_and_there_is_room_again_later(open_door: OpenDoor) -> None:
    door = open_door(connections=2)
    first, second = door.connect(), door.connect()
    assert first.line().startswith(b"+OK")
    assert second.line().startswith(b"+OK")

    third = door.connect()
    assert third.rest() == b"-ERR [SYS/TEMP] too many connections\r\n"

    first.close()
    assert door.until(lambda: door.connect().line().startswith(b"+OK"))


def test_the_lock_outlives_no_session(door: Door) -> None:
    line = door.connect().log_in()
    with pytest.raises(MaildropInUse):
        door.sandbox.open_maildrop(ALICE)

    line.ask(b"QUIT")

    door.sandbox.open_maildrop(ALICE).close()


def test_a_session_knows_each_uidl_that_was_downloaded(door: Door) -> None:
    for uid in ("a", "b", "c"):
        door.sandbox.deliver(b"A: b\r\n\r\none\r\n", to=ALICE, uid=uid)
    once, twice, never = [b"RETR 2", b"TOP 1 99", b"TOP 3 0"], [b"RETR 1", b"TOP 1 99"], [b"TOP 1 0"]
    for commands in (once, twice, never):
        line = door.connect().log_in()
        for command in commands:
            line.ask(command)
            line.body()
        line.ask(b"QUIT")

    assert [session.downloads for session in door.ended] == [("b", "a"), ("a", "a"), ()]
    assert [session.downloaded_once for session in door.ended] == [True, False, False]
