"""What a test asks a message for: exactly one, or the candidates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite import Envelope, Message, NotOne
from mailtrap_lite.errors import Unmet

ENVELOPE = Envelope.of("bounce@x.test", ["bob@x.test", "audit@x.test"])
RAW = (
    b"From: Shop <shop@x.test>\r\nTo: Bob <bob@x.test>\r\nReply-To: help@x.test\r\nSubject: Reset your password\r\n"
    b"Date: Mon, 1 Jan 2024 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    b"--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n"
    b"--C\r\nContent-Type: text/plain\r\n\r\nReset it: https://x.test/reset/abc, or use the code 482 913.\r\n"
    b"--C\r\nContent-Type: text/html\r\n\r\n"
    b'<p><a href="https://x.test/reset/abc">Reset\r\n password</a> or <a href="https://x.test/help?a=1&amp;b=2">Help</a>'
    b'<a href="mailto:help@x.test">Write</a><p>Your code is <b>482913</b><img src="cid:logo"></p>\r\n--C--\r\n'
    b"--B\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\n\r\nPNG\r\n"
    b'--B\r\nContent-Type: application/json\r\nContent-Disposition: attachment; filename="data.json"\r\n'
    b'\r\n{"a": 1}\r\n'
    b'--B\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="invoice-7.pdf"\r\n\r\nPDF\r\n'
    b"--B--\r\n"
)
MESSAGE = Message(3, ENVELOPE, RAW, 1.0)


def plain(text: str) -> Message:
    return Message(4, ENVELOPE, b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode(), 1.0)


def text_of_failure(ask: Callable[[], object]) -> str:
    try:
        ask()
    except NotOne as err:
        return str(err)
    return ""


def test_the_fields_are_at_hand() -> None:
    assert [str(address) for address in MESSAGE.bcc] == ["audit@x.test"]
    assert [str(address) for address in MESSAGE.reply_to] == ["help@x.test"]
    assert MESSAGE.date is not None
    assert MESSAGE.date.isoformat() == "2024-01-01T10:00:00+01:00"
    assert MESSAGE.text_of_html == "Reset password or HelpWrite\n\nYour code is 482913"
    assert MESSAGE.as_email_message()["subject"] == "Reset your password"
    assert repr(MESSAGE) == (
        f"<Message 3: 'Reset your password' from bounce@x.test to bob@x.test, audit@x.test, {len(RAW):,} octets>"
    )


def test_a_message_in_one_line_has_no_control_characters_and_an_end() -> None:
    hostile = Message(1, Envelope.of("\x1b[2J", [f"u{n}@x.test" for n in range(1000)]), b"Subject: \x07\r\n\r\n", 1.0)

    assert str(hostile).isprintable()
    assert "and 988 more" in str(hostile)


@pytest.mark.parametrize(
    ("ask", "url"),
    [
        pytest.param(lambda m: m.link("/reset/"), "https://x.test/reset/abc", id="part of the address"),
        pytest.param(lambda m: m.link("/help?a=*"), "https://x.test/help?a=1&b=2", id="wildcard"),
        pytest.param(lambda m: m.link(re.compile(r"b=\d$")), "https://x.test/help?a=1&b=2", id="regular expression"),
        pytest.param(lambda m: m.link(text="Reset password"), "https://x.test/reset/abc", id="what is shown"),
        pytest.param(lambda m: m.link("x.test", text="Help"), "https://x.test/help?a=1&b=2", id="both"),
        pytest.param(lambda m: m.link("mailto:"), "mailto:help@x.test", id="no web address, when asked for"),
    ],
)
def test_the_only_link_that_fits_is_returned(ask: Callable[[Message], str], url: str) -> None:
    assert ask(MESSAGE) == url


def test_without_a_condition_the_only_web_link_is_returned() -> None:
    assert (
        plain("Write to mailto:a@x.test or open https://x.test/a. Again: https://x.test/a").link() == "https://x.test/a"
    )


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        pytest.param(
            lambda m: m.link(),
            "message 3 'Reset your password' has 2 links where one was expected:\n"
            "  https://x.test/reset/abc  'Reset password'\n"
            "  https://x.test/help?a=1&b=2  'Help'",
            id="two links",
        ),
        pytest.param(
            lambda m: m.link("/verify/", text="Verify"),
            "message 3 'Reset your password' has no link with url='/verify/', text='Verify'; it has:\n"
            "  https://x.test/reset/abc  'Reset password'\n"
            "  https://x.test/help?a=1&b=2  'Help'\n"
            "  mailto:help@x.test  'Write'",
            id="no such link",
        ),
        pytest.param(
            lambda m: m.code(digits=4),
            "message 3 'Reset your password' has no one-time code of 4 digits; it has:\n"
            "  482913 in 'Reset it: https://x.test/reset/abc, or use the code 482 913.'",
            id="no such code",
        ),
        pytest.param(
            lambda m: m.attachment(),
            "message 3 'Reset your password' has 2 attachments where one was expected:\n"
            "  'data.json' application/json, 8 octets\n"
            "  'invoice-7.pdf' application/pdf, 3 octets",
            id="two attachments",
        ),
        pytest.param(
            lambda m: m.attachment("*.doc"),
            "message 3 'Reset your password' has no attachment with '*.doc'; it has:\n"
            "  'data.json' application/json, 8 octets\n"
            "  'invoice-7.pdf' application/pdf, 3 octets",
            id="no such attachment",
        ),
        pytest.param(
            lambda m: m.inline("photo"),
            "message 3 'Reset your password' has no inline part with 'photo'; it has:\n"
            "  '' image/png, 3 octets, Content-ID logo",
            id="no such inline part",
        ),
    ],
)
def test_none_or_several_are_a_failure_that_lists_them(ask: Callable[[Message], object], text: str) -> None:
    with pytest.raises(NotOne) as caught:
        ask(MESSAGE)

    assert str(caught.value) == text
    assert isinstance(caught.value, Unmet)
    assert [f"  {candidate}" for candidate in caught.value.candidates] == text.split("\n")[1:]


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda m: m.link("/reset/"), "message 4 '' has no link with url='/reset/', and no link at all"),
        (lambda m: m.code(), "message 4 '' has no one-time code"),
        (lambda m: m.attachment(), "message 4 '' has no attachment"),
        (lambda m: m.inline(), "message 4 '' has no inline part"),
    ],
    ids=["link", "code", "attachment", "inline"],
)
def test_a_mail_that_has_nothing_of_the_kind_says_so(ask: Callable[[Message], object], text: str) -> None:
    with pytest.raises(NotOne, match=f"^{re.escape(text)}$"):
        ask(plain("hi"))


def test_the_code_of_text_and_html_is_one() -> None:
    assert MESSAGE.code() == MESSAGE.code(digits=6) == "482913"
    assert [code.digits for code in plain("Backup codes:\n1122 3344\n5566 7788").codes()] == ["11223344", "55667788"]
    with pytest.raises(NotOne, match="has 2 one-time codes where one was expected"):
        plain("Backup codes:\n1122 3344\n5566 7788").code()


def test_an_attachment_can_be_read(tmp_path: Path) -> None:
    data = MESSAGE.attachment("data.json")

    assert (data.name, data.type, data.data, data.text) == ("data.json", "application/json", b'{"a": 1}', '{"a": 1}')
    assert data.json() == {"a": 1}
    assert data.save(tmp_path / "other").read_bytes() == b'{"a": 1}'
    assert data.save(str(tmp_path)) == tmp_path / "data.json"
    with pytest.raises(json.JSONDecodeError):
        MESSAGE.attachment("*.pdf").json()


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\x.txt", "x.txt"),
        ("..", "part-0"),
        ("", "part-0"),
        ("/", "part-0"),
        ("a:b?.txt", "a_b_.txt"),
        (".profile", "profile"),
        ("x" * 500 + ".pdf", "x" * 60 + ".pdf"),
        ("résumé.pdf", "résumé.pdf"),
    ],
)
def test_a_hostile_name_stays_in_its_directory(tmp_path: Path, name: str, saved: str) -> None:
    quoted = name.replace("\\", "\\\\")
    raw = f'Content-Type: a/b\r\nContent-Disposition: attachment; filename="{quoted}"\r\n\r\nx'

    path = Message(1, ENVELOPE, raw.encode(), 1.0).attachment().save(tmp_path)

    assert path == tmp_path / saved
    assert path.read_bytes() == b"x"


def test_an_inline_part_is_found_as_it_is_written_anywhere() -> None:
    assert MESSAGE.inline().data == b"PNG"
    assert MESSAGE.inline("cid:logo") is MESSAGE.inline("<logo>") is MESSAGE.inline("lo*")


@settings(deadline=None, max_examples=200)
@given(
    raw=st.binary(max_size=300)
    | st.sampled_from([RAW]).flatmap(lambda raw: st.integers(0, len(raw)).map(lambda n: raw[n:]))
)
def test_whatever_the_mail_is_only_the_one_kind_of_failure_comes_out(raw: bytes) -> None:
    message = Message(1, ENVELOPE, raw, 1.0)

    texts = [text_of_failure(ask) for ask in (message.link, message.code, message.attachment, message.inline)]
    texts.append(text_of_failure(message.unsubscribe))
    _ = (message.links(), message.codes(), message.text_of_html, message.bcc, str(message))
    assert all(line.isprintable() for text in texts for line in text.split("\n"))
    assert "internal fault" not in "".join(message.content.defects)
