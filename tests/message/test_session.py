"""A session: a conversation written down within bounds."""

from __future__ import annotations

from mailtrap_lite.message import Ending, Exchange, Line, Protocol, Recorder, Session, Speaker, readable


def test_a_conversation_is_written_down() -> None:
    recorder = Recorder("s1", Protocol.POP3, client="127.0.0.1:50000", started=100.0)
    recorder.user = "alice"
    recorder.messages.append(7)

    recorder.note(Speaker.SERVER, b"+OK ready", 100.0)
    recorder.note(Speaker.CLIENT, b"QUIT", 101.5)
    recorder.end(102.0, Ending.QUIT)

    session = recorder.session()
    assert session == Session(
        id="s1",
        protocol=Protocol.POP3,
        client="127.0.0.1:50000",
        started=100.0,
        ended=102.0,
        lines=(Line(Speaker.SERVER, 0.0, "+OK ready"), Line(Speaker.CLIENT, 1.5, "QUIT")),
        gap=2,
        user="alice",
        messages=(7,),
        ending=Ending.QUIT,
    )
    assert session.transcript == "S: +OK ready\nC: QUIT"
    assert (session.duration, session.delivered) == (2.0, True)


def test_a_conversation_that_goes_on_can_be_looked_at() -> None:
    recorder = Recorder("s1", Protocol.SMTP, client="", started=0.0)

    recorder.note(Speaker.SERVER, b"220 x ESMTP", 0.0)

    session = recorder.session()
    assert (session.ended, session.ending, session.duration) == (None, Ending.OPEN, None)
    assert session.replies == ("220 x ESMTP",)


def test_only_the_first_end_counts() -> None:
    recorder = Recorder("s1", Protocol.SMTP, client="", started=0.0)

    recorder.end(1.0, Ending.QUIT)
    recorder.end(2.0, Ending.LEFT)

    assert (recorder.session().ended, recorder.session().ending) == (1.0, Ending.QUIT)


def test_the_first_and_the_last_lines_are_kept_and_long_ones_cut() -> None:
    recorder = Recorder("s1", Protocol.SMTP, client="", started=0.0, most_lines=5, most_text=3)

    for text in (b"NOOPNOOP", b"2", b"3", b"4", b"5", b"6", b"7"):
        recorder.note(Speaker.CLIENT, text, 0.0)

    session = recorder.session()
    assert (session.omitted, session.gap) == (2, 2)
    assert session.transcript == "C: NOO\nC: 2\n(2 more lines)\nC: 5\nC: 6\nC: 7"


def test_commands_replies_and_what_belongs_together() -> None:
    recorder = Recorder("s1", Protocol.SMTP, client="", started=10.0)
    for at, who, text in (
        (10.0, Speaker.SERVER, b"220 x ESMTP"),
        (11.0, Speaker.CLIENT, b"EHLO c"),
        (11.25, Speaker.SERVER, b"250-x"),
        (11.5, Speaker.SERVER, b"250 HELP"),
        (12.0, Speaker.NOTE, b"24 octets of data"),
        (13.0, Speaker.SERVER, b"552 5.3.4 Message too big"),
        (14.0, Speaker.CLIENT, b"QUIT"),
    ):
        recorder.note(who, text, at)

    session = recorder.session()

    assert session.commands == ("EHLO c", "QUIT")
    assert session.replies == ("220 x ESMTP", "250-x", "250 HELP", "552 5.3.4 Message too big")
    assert session.errors == ("552 5.3.4 Message too big",)
    assert session.exchanges == (
        Exchange("", ("220 x ESMTP",), 0.0, 0.0),
        Exchange("EHLO c", ("250-x", "250 HELP"), 1.0, 0.5),
        Exchange("24 octets of data", ("552 5.3.4 Message too big",), 2.0, 1.0),
        Exchange("QUIT", (), 4.0, 0.0),
    )


def test_no_control_character_is_left_in_a_readable_line() -> None:
    assert readable(b"a\x1b]52;c;\x07\r\n\xff") == "a\\x1b]52;c;\\x07\\r\\n\\xff"
    assert readable("ü \u202e \u2028".encode()) == "ü \\u202e \\u2028"
