"""Whose turn it is, where threads meet: what is on its way into the store, and how much is kept."""

from __future__ import annotations

import threading

import pytest

from mailtrap_lite import Server
from mailtrap_lite.message import Envelope, Message, Protocol, Recorder, Speaker
from mailtrap_lite.sandbox.turn import MOST_STRAYS, Turn


@pytest.fixture
def recorder() -> Recorder:
    """Of a session that has begun a mail."""
    recorder = Recorder("a-1", Protocol.SMTP, client="127.0.0.1:52344", started=0.0)
    recorder.note(Speaker.CLIENT, b"MAIL FROM:<a@x.test>", 1.0)
    recorder.note(Speaker.SERVER, b"250 Ok", 1.0)
    return recorder


def stray(number: int) -> Message:
    return Message(number, Envelope("a@x.test", (), session="a-1"), b"", 0.0)


def test_a_turn_begins_when_the_mail_of_before_is_stored(recorder: Recorder) -> None:
    turn, begun = Turn(), threading.Event()
    assert turn.take(recorder)

    def begin() -> None:
        turn.begin("two", [recorder.session()], pooled=False)
        begun.set()

    thread = threading.Thread(target=begin)
    thread.start()

    assert not begun.wait(0.05)
    turn.stored(recorder)
    assert begun.wait(5)
    thread.join()
    assert not turn.take(recorder)


def test_a_session_stays_that_of_the_test_in_which_it_began(recorder: Recorder) -> None:
    turn = Turn()
    for test in ("one", "two", "three"):
        turn.begin(test, [recorder.session()], pooled=False)
        turn.keep(stray(turn.next_id()))

    [last] = turn.strays

    assert (last.began_in, last.came_in, last.message.id) == ("nothing yet", "three", -3)
    assert str(last).endswith("over a connection of nothing yet (session a-1 from ), came in three")


def test_the_newest_strays_are_kept() -> None:
    turn = Turn()

    for _ in range(MOST_STRAYS + 5):
        turn.keep(stray(turn.next_id()))

    assert [each.message.id for each in turn.strays] == [-number for number in range(6, MOST_STRAYS + 6)]


def test_addresses_are_unique() -> None:
    turns = [Turn() for _ in range(100)]

    assert len({turn.address("alice") for turn in turns}) == 100
    assert turns[0].address("o'hara.k_2") == f"o'hara.k_2{turns[0].address('x')[1:]}"
    assert len(turns[0].address("a" * 53).partition("@")[0]) == 64


def test_a_server_with_accounts_tells_the_first() -> None:
    with Server(users={"ann": "secret", "bob": "other"}) as server:
        assert (server.user, server.password) == ("ann", "secret")
