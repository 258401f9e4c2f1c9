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
        said=(("QUIT", 1),),
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


def talk(*lines: str, most_lines: int = 500) -> Session:
    recorder = Recorder("s1", Protocol.POP3, client="", started=0.0, most_lines=most_lines)
    for line in lines:
        speaker, _, text = line.partition(": ")
        recorder.note(Speaker(speaker), text.encode(), 0.0)
    return recorder.session()


def test_each_command_is_counted_whatever_its_case() -> None:
    session = talk("S: 220 x", "C: ehlo c", "S: 250 x", "C: MAIL FROM:<>", "S: 250 x", "C: Mail from:<>", "S: 503 x")

    assert [session.count(word) for word in ("EHLO", "mail", "DATA")] == [1, 2, 0]


def test_commands_are_counted_beyond_the_lines_that_are_kept() -> None:
    session = talk(*["C: NOOP", "S: +OK"] * 100, most_lines=5)

    assert session.count("NOOP") == 100


def test_words_that_a_client_makes_up_are_counted_within_bounds() -> None:
    words = ["".join(chr(97 + n // 26**k % 26) for k in range(3)) for n in range(1000)]

    session = talk(*(f"C: {word}" for word in (*words, "x" * 17, "***", "", "w\u00f6rd", words[0])))

    assert len(session.said) == 64
    assert session.count(words[0]) == 2


def test_what_was_retrieved_is_what_was_granted() -> None:
    session = talk(
        "C: RETR 2", "S: +OK", "C: retr 1", "S: +OK", "C: RETR 9", "S: -ERR", "C: RETR 2", "S: +OK", "C: RETR 3"
    )

    assert session.retrieved == (2, 1, 2)
    assert session.count("RETR") == 5


def test_what_was_deleted_is_what_the_door_says_and_not_what_the_lines_say() -> None:
    recorder = Recorder("s1", Protocol.POP3, client="", started=0.0)
    for speaker, text in ((Speaker.CLIENT, b"DELE 2"), (Speaker.SERVER, b"+OK"), (Speaker.CLIENT, b"DELE 1")):
        recorder.note(speaker, text, 0.0)
    before = recorder.session().deleted

    recorder.note_deleted([2])

    assert (before, recorder.session().deleted) == ((), (2,))


def test_many_numbers_weigh_as_much_as_the_lines_they_cost() -> None:
    recorder = Recorder("s1", Protocol.POP3, client="", started=0.0, most_lines=10)
    for _ in range(1000):
        recorder.note(Speaker.CLIENT, b"RETR 1", 0.0)
        recorder.note(Speaker.SERVER, b"+OK", 0.0)

    recorder.end(1.0, Ending.QUIT)

    assert recorder.weight == 10 + 1000 // 25


def test_no_control_character_is_left_in_a_readable_line() -> None:
    assert readable(b"a\x1b]52;c;\x07\r\n\xff") == "a\\x1b]52;c;\\x07\\r\\n\\xff"
    assert readable("ü \u202e \u2028".encode()) == "ü \\u202e \\u2028"
