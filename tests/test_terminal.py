"""Nothing that a stranger wrote steers a terminal: in what is printed, logged, or said by a test that fails."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.suites import ALONE

from mailtrap_lite import NoMailArrived, Server
from mailtrap_lite.cli.logs import Escaping
from mailtrap_lite.errors import BadMail, NoSuchMessage, NoSuchSession
from mailtrap_lite.message import Envelope, Message, readable
from mailtrap_lite.terminal import escaped

OSC_52 = "\x1b]52;c;ZXZpbA==\x07"
HOSTILE = {
    "OSC 52": OSC_52,
    "colour": "\x1b[31mred",
    "C1": "\x9b2J",
    "bell": "\a",
    "backspace": "\b\b\b",
    "carriage return": "ok\rno",
    "override": "\u202egnp.exe",
    "isolate": "\u2066x\u2069",
    "mark": "\u200f",
    "line separator": "a\u2028b",
    "NUL": "a\0b",
    "surrogate": "\ud800",
    "tag": "\U000e0041",
    "byte order mark": "\ufeff",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_steers_a_terminal_is_written_out(text: str) -> None:
    shown = escaped(f"a {text} b")

    assert shown.isprintable()
    assert shown.startswith("a ")
    assert "\\" in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Grüße",
        "日本語\u3000です",
        "\u05e9\u05dc\u05d5\u05dd",
        "👩\u200d💻",
        "1\u00a0000\u202f€",
        "\u0645\u06cc\u200c\u062e",
    ],
)
def test_what_is_only_text_stays(text: str) -> None:
    assert escaped(text) == text


def test_what_may_stay_stays() -> None:
    assert escaped("a\tb\nc\x1b", keep="\n\t") == "a\tb\nc\\x1b"


@given(st.text())
def test_no_text_keeps_a_control(text: str) -> None:
    assert not set(escaped(text)) & {chr(code) for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F))}


@pytest.fixture
def hostile(mailtrap: Server) -> Server:
    """A server with a mail that has all of it in every field."""
    text = "".join(HOSTILE.values()).replace("\0", "").replace("\r", "").encode("utf-8", "replace")
    raw = b"From: %s <a@x.test>\r\nTo: %s <b@x.test>\r\nSubject: %s\r\n\r\n%s\r\n" % ((text,) * 4)
    mailtrap.deliver(raw, to="b@x.test", sender="a@x.test")
    return mailtrap


def is_harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_what_a_message_shows_of_itself_is_harmless(hostile: Server) -> None:
    raw = hostile.messages[0].raw
    message = Message(1, Envelope.of(f"\u202e{OSC_52}@x.test", [f"{OSC_52}@x.test"]), raw, 1.0)
    objects: list[object] = [
        message,
        message.envelope,
        message.content,
        message.sender,
        message.deliveries,
        message.lint,
        hostile,
    ]
    objects += [*message.lint, *message.content.defects, *message.content.to, *hostile.sessions]

    assert [type(each).__name__ for each in objects if not is_harmless(repr(each))] == []
    assert [str(finding) for finding in message.lint if not is_harmless(str(finding))] == []
    assert [defect for defect in message.content.defects if not is_harmless(defect)] == []


def test_a_wait_that_ends_without_its_mail_says_it_harmlessly(hostile: Server) -> None:
    with pytest.raises(NoMailArrived) as caught:
        hostile.wait_for(to=f"x{OSC_52}", subject=f"{OSC_52}", timeout=0)

    assert is_harmless(str(caught.value))
    assert "52;c;" in str(caught.value)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_error_of_ours_says_it_harmlessly(mailtrap: Server, text: str) -> None:
    with pytest.raises(NoSuchSession) as session:
        mailtrap.sandbox.session(text)
    with pytest.raises(BadMail) as nobody:
        mailtrap.deliver(f"Subject: {text}\r\n\r\n".encode("utf-8", "replace"))
    mailtrap.deliver(b"\r\n", to="b@x.test")
    with pytest.raises(NoSuchMessage) as message:
        mailtrap.sandbox.restore(1, text + "@x.test")

    assert [str(e.value) for e in (session, nobody, message) if not is_harmless(str(e.value))] == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_line_of_a_transcript_is_harmless(text: str) -> None:
    assert readable(text.encode("utf-8", "surrogatepass")).isprintable()


def test_the_log_of_the_command_is_harmless_and_one_line_a_record() -> None:
    formatter = Escaping("%(levelname)s %(name)s: %(message)s")
    try:
        raise ValueError(OSC_52)
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 1, "of %s", ("\u202e\r\n2026 INFO fine\x1b[2J",), sys.exc_info()
        )

    lines = formatter.format(record).split("\n")

    assert lines[0] == "ERROR x: of \\u202e\\r\\n2026 INFO fine\\x1b[2J"
    assert lines[1].startswith("Traceback")
    assert lines[-1] == "ValueError: \\x1b]52;c;ZXZpbA==\\x07"


SUITE = """
import smtplib

RAW = ("Subject: x" + {hostile!r} + "\\r\\n\\r\\nhi" + {hostile!r} + "\\r\\n").encode()

def caught(mailtrap):
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as client:
        client.sendmail("a@x.test", ["b@x.test"], RAW)
    return mailtrap.wait_for()

def test_equal(mailtrap):
    assert caught(mailtrap).subject == "something else"

def test_lines(mailtrap):
    assert caught(mailtrap).text == "a\\nb\\nc\\n"

def test_in(mailtrap):
    assert "bye" in caught(mailtrap).text

def test_not_in(mailtrap):
    assert "hi" not in caught(mailtrap).text

def test_message(mailtrap):
    assert caught(mailtrap) is None

def test_wait(mailtrap):
    caught(mailtrap)
    mailtrap.wait_for(subject="y", timeout=0)
"""


@pytest.mark.parametrize("colour", ["no", "yes"])
@pytest.mark.parametrize("verbose", ["-q", "-vv"])
def test_a_failure_in_pytest_steers_nothing(pytester: pytest.Pytester, colour: str, verbose: str) -> None:
    pytester.makepyfile(SUITE.format(hostile="\x1b]52;c;ZXZpbA==\x07\u202e\x9b2J"))

    result = pytester.runpytest_inprocess(verbose, *ALONE, f"--color={colour}")

    shown = result.stdout.str()
    result.assert_outcomes(failed=6)
    assert not set(shown) & set("\x07\u202e\x9b")
    assert "\x1b]" not in shown
