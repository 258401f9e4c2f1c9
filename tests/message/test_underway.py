"""Where a mail is that a session has begun, read from the session's lines."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Ending, Protocol, Recorder, Speaker
from mailtrap_lite.message.underway import Stage, mail_under_way

HELLO = "S: 220 x|C: EHLO y|S: 250-x|S: 250 SIZE|"
MAIL = f"{HELLO}C: MAIL FROM:<a@x>|S: 250 ok|"
RCPT = f"{MAIL}C: RCPT TO:<b@x>|S: 250 ok|"
DATA = f"{RCPT}C: DATA|S: 354 go on|"


def recorded(dialogue: str, *, protocol: Protocol = Protocol.SMTP, most_lines: int = 500) -> Recorder:
    recorder = Recorder("s-1", protocol, client="127.0.0.1:5", started=100.0, most_lines=most_lines)
    for number, line in enumerate(filter(None, dialogue.split("|"))):
        recorder.note(Speaker(line[0]), line[3:].encode(), 100.0 + number)
    return recorder


@pytest.mark.parametrize(
    ("dialogue", "stage"),
    [
        pytest.param("S: 220 x|", None, id="greeting"),
        pytest.param(HELLO, None, id="EHLO"),
        pytest.param(f"{HELLO}C: MAIL FROM:<a@x>|", Stage.MAIL, id="MAIL without its reply"),
        pytest.param(MAIL, Stage.MAIL, id="MAIL"),
        pytest.param(f"{HELLO}C: MAIL FROM:<a@x>|S: 552 no|", None, id="MAIL refused"),
        pytest.param(f"{MAIL}C: RCPT TO:<b@x>|S: 550 no|", Stage.MAIL, id="RCPT refused"),
        pytest.param(RCPT, Stage.RCPT, id="RCPT"),
        pytest.param(f"{RCPT}C: DATA|S: 451 no|", Stage.RCPT, id="DATA refused"),
        pytest.param(DATA, Stage.DATA, id="DATA"),
        pytest.param(f"{DATA}#: 9 octets of data|", Stage.STORED, id="the final dot without its reply"),
        pytest.param(f"{DATA}#: 9 octets of data|S: 250 ok|", None, id="delivered"),
        pytest.param(f"{DATA}#: 9 octets of data|S: 552 no|", None, id="refused at the end"),
        pytest.param(f"{DATA}#: 9 octets of data, and no end|", None, id="let go of"),
        pytest.param(f"{RCPT}C: rset|S: 250 ok|", None, id="RSET"),
        pytest.param(f"{RCPT}C: EHLO z|S: 250 ok|", None, id="EHLO again"),
        pytest.param(f"{RCPT}C: NOOP|S: 250 ok|", Stage.RCPT, id="NOOP"),
        pytest.param(f"{RCPT}C: BDAT 5|#: 5 octets in a chunk|S: 250 ok|", Stage.CHUNKS, id="BDAT"),
        pytest.param(f"{RCPT}C: BDAT 5 last|", Stage.LAST_CHUNK, id="the last chunk under way"),
        pytest.param(f"{RCPT}C: BDAT 5 LAST|#: 5 octets in a chunk|", Stage.STORED, id="the last chunk, no reply"),
        pytest.param(f"{RCPT}C: BDAT 5 LAST|#: 5 octets in a chunk|S: 250 ok|", None, id="chunks delivered"),
        pytest.param(f"{DATA}#: 9 octets of data|S: 250 ok|C: MAIL FROM:<>|S: 250 ok|", Stage.MAIL, id="the next one"),
    ],
)
def test_the_stage_of_a_mail_is_known(dialogue: str, stage: Stage | None) -> None:
    found = mail_under_way(recorded(dialogue).session())

    assert (None if found is None else found.stage) is stage


def test_what_was_said_of_the_mail_is_kept() -> None:
    found = mail_under_way(recorded(f"{DATA}#: 9 octets of data|S: 250 ok|C: MAIL FROM:<c@x>|S: 250 ok|").session())

    assert found is not None
    assert found.commands == ("MAIL FROM:<c@x>",)
    assert found.key == ("s-1", 12.0)


def test_mail_to_very_many_is_known_though_its_mail_command_was_left_out() -> None:
    recorder = recorded(MAIL + "C: RCPT TO:<b@x>|S: 250 ok|" * 100, most_lines=10)

    found = mail_under_way(recorder.session())

    assert found is not None
    assert found.stage is Stage.RCPT


def test_a_session_that_has_ended_delivers_nothing_more() -> None:
    recorder = recorded(DATA)
    recorder.end(101.0, Ending.LEFT)

    assert mail_under_way(recorder.session()) is None


def test_pop3_delivers_nothing() -> None:
    assert mail_under_way(recorded("C: MAIL|", protocol=Protocol.POP3).session()) is None
