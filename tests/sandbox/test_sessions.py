"""The sessions of a sandbox, going on and ended, within bounds."""

from __future__ import annotations

import pytest

from mailtrap_lite.errors import NoSuchSession
from mailtrap_lite.message import Ending, Protocol, Recorder, Speaker
from mailtrap_lite.sandbox.sessions import MOST_LINES, MOST_SESSIONS, Sessions


def begun(sessions: Sessions) -> Recorder:
    return sessions.begin(Protocol.SMTP, client="127.0.0.1:5")


def test_a_session_is_there_while_it_goes_on_and_when_it_has_ended() -> None:
    sessions = Sessions(iter([1.0, 2.0]).__next__)
    recorder = begun(sessions)

    open_one = sessions.get(recorder.id)
    sessions.end(recorder, Ending.QUIT)
    ended = sessions.get(recorder.id)

    assert (open_one.started, open_one.ended, open_one.ending) == (1.0, None, Ending.OPEN)
    assert (ended.started, ended.ended, ended.ending) == (1.0, 2.0, Ending.QUIT)
    assert sessions.all() == (ended,)


def test_ids_of_two_sandboxes_differ() -> None:
    assert begun(Sessions(lambda: 0.0)).id != begun(Sessions(lambda: 0.0)).id


def test_an_unknown_session() -> None:
    with pytest.raises(NoSuchSession, match="no session has the id 'x'"):
        Sessions(lambda: 0.0).get("x")


def test_the_oldest_that_ended_goes_first() -> None:
    sessions = Sessions(lambda: 0.0)
    still_open = begun(sessions)
    recorders = [begun(sessions) for _ in range(MOST_SESSIONS + 1)]

    for recorder in recorders:
        sessions.end(recorder, Ending.LEFT)
        sessions.end(recorder, Ending.LEFT)

    assert [session.id for session in sessions.all()] == [still_open.id, *(each.id for each in recorders[1:])]


def test_long_sessions_push_out_others() -> None:
    sessions = Sessions(lambda: 0.0)
    recorders = [begun(sessions) for _ in range(MOST_LINES // 500 + 1)]

    for recorder in recorders:
        for _ in range(600):
            recorder.note(Speaker.CLIENT, b"NOOP", 0.0)
        sessions.end(recorder, Ending.LEFT)

    assert [session.id for session in sessions.all()] == [each.id for each in recorders[1:]]


def test_clearing_keeps_what_goes_on() -> None:
    sessions = Sessions(lambda: 0.0)
    gone, still_open = begun(sessions), begun(sessions)
    sessions.end(gone, Ending.QUIT)

    sessions.clear()

    assert [session.id for session in sessions.all()] == [still_open.id]
