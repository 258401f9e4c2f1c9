"""A session: a conversation written down within bounds."""

from __future__ import annotations

from mailtrap_lite.message import Line, Protocol, Recorder, Session, Speaker, readable


def test_a_conversation_is_written_down() -> None:
    recorder = Recorder("s1", Protocol.POP3, client="127.0.0.1:50000", started=100.0)
    recorder.user = "alice"
    recorder.messages.append(7)

    recorder.note(Speaker.SERVER, b"+OK ready", 100.0)
    recorder.note(Speaker.CLIENT, b"QUIT", 101.5)

    session = recorder.end(102.0)
    assert session == Session(
        id="s1",
        protocol=Protocol.POP3,
        client="127.0.0.1:50000",
        started=100.0,
        ended=102.0,
        lines=(Line(Speaker.SERVER, 0.0, "+OK ready"), Line(Speaker.CLIENT, 1.5, "QUIT")),
        user="alice",
        messages=(7,),
    )
    assert session.transcript == "S: +OK ready\nC: QUIT"


def test_lines_beyond_the_bound_are_counted_and_long_ones_cut() -> None:
    recorder = Recorder("s1", Protocol.SMTP, client="", started=0.0, most_lines=2, most_text=3)

    for text in (b"NOOPNOOP", b"2", b"3", b"4"):
        recorder.note(Speaker.CLIENT, text, 0.0)

    session = recorder.end(1.0)
    assert (session.omitted, session.transcript) == (2, "C: NOO\nC: 2\n(2 more lines)")


def test_no_control_character_is_left_in_a_readable_line() -> None:
    assert readable(b"a\x1b]52;c;\x07\r\n\xff") == "a\\x1b]52;c;\\x07\\r\\n\\xff"
    assert readable("ü \u202e \u2028".encode()) == "ü \\u202e \\u2028"
