"""Lint of the handing over: what MAIL has to announce, and when header and envelope may differ without a word."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Envelope, Message, Recipient

HEAD = b"From: a@x.test\r\nDate: Mon, 3 Jun 2024 10:00:00 +0200\r\nMessage-ID: <1@x.test>\r\nMIME-Version: 1.0\r\n"
BINARY = HEAD + b"Content-Type: application/zip\r\nContent-Transfer-Encoding: binary\r\n\r\nPK\0\n\r\xff" + b"x" * 2_000
UTF8 = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n"
PARTS = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
PICTURE = b'--b\r\nContent-Type: image/png; name="\xc3\xbc.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n'


def codes(
    raw: bytes, *recipients: str, sender: str = "a@x.test", options: tuple[str, ...] = ("BODY=8BITMIME",)
) -> list[str]:
    """Return the codes of what is found in a mail that came over SMTP."""
    envelope = Envelope(sender, tuple(Recipient(address) for address in recipients), options)
    return [finding.code for finding in Message(1, envelope, raw, 0.0).lint]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["undeclared-8bit"]),
        (("BODY=7BIT",), ["undeclared-8bit"]),
        (("SMTPUTF8",), ["undeclared-8bit"]),
        (("BODY=8BITMIME",), []),
        (("SIZE=9", "body=8bitmime"), []),
        (("BODY=BINARYMIME",), []),
    ],
    ids=str,
)
def test_8_bit_octets_in_the_body_have_to_be_announced(options: tuple[str, ...], found: list[str]) -> None:
    assert codes(HEAD + UTF8, "b@x.test", options=options) == found


def test_8_bit_octets_are_found_wherever_they_are() -> None:
    body = b"x" * 70 + b"\r\n"
    for lines in (0, 1, 908, 909, 910, 911, 3_000):  # some of them are behind the first 64 KB
        raw = HEAD + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + body * lines + b"\xff\r\n"
        (found,) = [
            finding
            for finding in Message(1, Envelope("", (Recipient("b@x.test"),)), raw, 0.0).lint
            if finding.code == "undeclared-8bit"
        ]

        assert found.text == f"8-bit octets in the body, first in line {lines + 7}"


@pytest.mark.parametrize(("options", "found"), [((), ["undeclared-utf8"]), (("smtputf8",), [])], ids=["not", "said"])
@pytest.mark.parametrize(
    "raw",
    [HEAD + b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\n", PARTS + PICTURE + b"--b--\r\n"],
    ids=["in the header", "in that of a part"],
)
def test_utf_8_in_headers_has_to_be_announced(raw: bytes, options: tuple[str, ...], found: list[str]) -> None:
    assert codes(raw, "b@x.test", options=("BODY=8BITMIME", *options)) == found


def test_utf_8_in_the_header_of_a_part_is_named_by_its_field() -> None:
    raw = PARTS + PICTURE * 3 + b"--b--\r\n"

    found = Message(1, Envelope("a@x.test", (Recipient("b@x.test"),), ("BODY=8BITMIME",)), raw, 0.0).lint

    assert [str(finding) for finding in found] == ["undeclared-utf8: part 1: 8-bit octets in Content-Type, and 2 more"]


def test_a_binary_body_may_have_any_octets_if_it_was_announced() -> None:
    assert codes(BINARY, "b@x.test", options=("BODY=BINARYMIME",)) == []
    assert codes(BINARY, "b@x.test") == ["bare-lf", "bare-cr", "nul", "long-line", "undeclared-binary"]


def test_the_header_of_a_binary_mail_is_text_all_the_same() -> None:
    raw = BINARY.replace(b"a@x.test\r\n", b"a@x.test\n")

    assert codes(raw, "b@x.test", options=("BODY=BINARYMIME",)) == ["bare-lf"]


BCC: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "the others can read it": ("c@x.test, d@x.test", ("b@x.test", "c@x.test", "d@x.test"), ["bcc-header"]),
    "no blind copy was sent": ("c@x.test", ("b@x.test",), ["bcc-header"]),
    # RFC 5322 section 3.6.3: a copy of its own for those who got a blind one.
    "a copy for him": ("C <c@x.test>", ("C@x.test",), []),
    "a copy for them": ("c@x.test, d@x.test", ("d@x.test",), []),
    "an empty field": ("", ("b@x.test",), []),
    "a group of nobody": ("undisclosed:;", ("b@x.test",), []),
}


@pytest.mark.parametrize(("field", "recipients", "found"), BCC.values(), ids=BCC)
def test_a_bcc_field_is_for_those_who_are_in_it(field: str, recipients: tuple[str, ...], found: list[str]) -> None:
    assert codes(b"Bcc: " + field.encode() + b"\r\n" + HEAD + b"\r\n", *recipients) == found


FORGOTTEN = ["recipient-left-out"]
ADDRESSED: dict[str, tuple[str, str, tuple[str, ...], list[str]]] = {
    "Cc was forgotten": ("b@x.test", "c@x.test", ("b@x.test",), FORGOTTEN),
    "one of To was refused": ("b@x.test, g: c@x.test;", "", ("B@X.test",), FORGOTTEN),
    "all are there": ("B <B@x.test>", "c@x.test", ("c@x.test", "b@x.test"), []),
    "blind copies": ("b@x.test", "", ("b@x.test", "c@x.test", "d@x.test"), []),
    "blind copies alone": ("a@x.test", "", ("c@x.test",), []),
    "nobody is named": ("undisclosed-recipients:;", "", ("c@x.test",), []),
    "no address": ("b@x.test, The Office", "", ("b@x.test",), []),
    "an international domain": ("b@x.test, c@ex\u00e4mple.test", "", ("b@x.test", "c@xn--exmple-cua.test"), []),
    "an international domain in the header": ("b@x.test, c@xn--exmple-cua.test", "", ("b@x.test",), []),
    "quotes": ('b@x.test, "c"@x.test', "", ("b@x.test", "c@x.test"), []),
    "quotes in the envelope": ("b@x.test, c@x.test", "", ("b@x.test", '"c"@x.test'), []),
    "a hundred": ("b0@x.test, c@x.test", "", tuple(f"b{n}@x.test" for n in range(100)), []),
}


@pytest.mark.parametrize(("to", "cc", "recipients", "found"), ADDRESSED.values(), ids=ADDRESSED)
def test_whom_the_header_names_gets_the_mail(to: str, cc: str, recipients: tuple[str, ...], found: list[str]) -> None:
    raw = f"To: {to}\r\nCc: {cc}\r\n".encode() + HEAD + b"\r\n"

    assert codes(raw, *recipients, options=("SMTPUTF8",)) == found


@pytest.mark.parametrize(
    ("field", "sender"),
    [
        ("List-Id: <l.x.test>", "a@x.test"),
        ("List-Unsubscribe: <mailto:l@x.test>", "a@x.test"),
        ("Precedence: list", "a@x.test"),
        ("Resent-To: b@x.test", "a@x.test"),
        ("X: y", "bounce+b=x.test@lists.test"),
        ("X: y", ""),
    ],
    ids=["list", "newsletter", "bulk", "sent on", "VERP", "bounce"],
)
def test_mail_that_was_sent_on_goes_to_others_than_its_header_says(field: str, sender: str) -> None:
    raw = f"To: list@x.test, b@x.test\r\n{field}\r\n".encode() + HEAD + b"\r\n"

    assert codes(raw, "b@x.test", sender=sender) == []


@pytest.mark.parametrize("sender", ["", "bounces@elsewhere.test", "a@x.test"])
def test_bounces_may_go_where_no_header_says(sender: str) -> None:
    assert codes(b"To: b@x.test\r\n" + HEAD + b"\r\n", "b@x.test", sender=sender) == []
