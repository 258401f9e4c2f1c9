"""What is read out of a mail for a person: authentication, leaving a list, the envelope compared, file names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.message import Content, Envelope
from mailtrap_lite.message.authentication import Signature, Verdict, signatures, verdicts
from mailtrap_lite.message.compared import Author, Receiver, Where, authors, receivers
from mailtrap_lite.message.filenames import Danger, dangers
from mailtrap_lite.message.headers import Headers
from mailtrap_lite.message.unsubscribe import Fault, unsubscribe_in

SIGNED = ("DKIM-Signature", "v=1; h=From:List-Unsubscribe:List-Unsubscribe-Post; d=x.test")


def test_results_are_read_out() -> None:
    fields = [
        ("Authentication-Results", "mx.b.test (v1); spf=pass (ok) smtp.mailfrom=a.test;\n dkim=fail header.d=a.test"),
        ("ARC-Authentication-Results", "i=2; mx.c.test; dmarc=none"),
        ("Received-SPF", "Softfail (x) client-ip=192.0.2.1"),
        ("Subject", "spf=pass"),
    ]

    assert verdicts(fields) == (
        Verdict("mx.b.test", "spf", "pass", "smtp.mailfrom=a.test"),
        Verdict("mx.b.test", "dkim", "fail", "header.d=a.test"),
        Verdict("mx.c.test", "dmarc", "none"),
        Verdict("", "spf", "softfail", "(x) client-ip=192.0.2.1"),
    )


def test_signatures_are_read_out_without_what_nobody_reads() -> None:
    (found,) = signatures([("DKIM-Signature", "v=1; a=rsa-sha256; d=a.test; s=k1; h=From : To; bh=abc=; b=def")])

    assert found == Signature(
        "DKIM-Signature", (("v", "1"), ("a", "rsa-sha256"), ("d", "a.test"), ("s", "k1"), ("h", "From:To"))
    )
    assert found.domain == "a.test"


@pytest.mark.parametrize(
    ("fields", "one_click", "faults"),
    [
        ([("List-Unsubscribe", "<https://x.test/l>, <mailto:l@x.test>")], False, ()),
        ([("List-Unsubscribe", "https://x.test/l")], False, (Fault.NO_ADDRESS,)),
        ([("List-Unsubscribe", "<ftp://x.test>")], False, (Fault.UNKNOWN_SCHEME,)),
        ([("List-Unsubscribe", "<mailto:l@x.test> (by mail)")], False, ()),
        ([("List-Unsubscribe", "<mailto:l@x.test> and more")], False, (Fault.STRAY,)),
        ([("List-Unsubscribe", "<https://x.test>")] * 2, False, (Fault.DOUBLED,)),
        (
            [("List-Unsubscribe", "<https://x.test>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), SIGNED],
            True,
            (),
        ),
        (
            [("List-Unsubscribe", "<https://x.test>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")],
            True,
            (Fault.NOT_SIGNED,),
        ),
        (
            [("List-Unsubscribe", "<mailto:l@x.test>"), ("List-Unsubscribe-Post", "yes"), SIGNED],
            False,
            (Fault.BAD_POST, Fault.POST_WITHOUT_HTTPS),
        ),
        ([("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), SIGNED], False, (Fault.POST_WITHOUT_LIST,)),
    ],
    ids=["good", "bare", "scheme", "comment", "stray", "twice", "click", "unsigned", "mailto", "alone"],
)
def test_how_a_list_is_left(fields: list[tuple[str, str]], one_click: bool, faults: tuple[Fault, ...]) -> None:
    found = unsubscribe_in(Headers(fields))

    assert (found.one_click, found.faults) == (one_click, faults)
    assert found


def test_a_mail_of_no_list_says_nothing() -> None:
    assert not unsubscribe_in(Headers([("Subject", "x")]))


def test_the_envelope_is_compared_with_the_headers() -> None:
    content = Content(
        b"From: Ann <a@x.test>\nSender: bounce@x.test\nTo: b@x.test, C@x.test\nCc: b@x.test, list@x.test\n\n"
    )
    envelope = Envelope.of("bounce@x.test", ["b@x.test", "c@x.test", "secret@x.test", "b@x.test"])

    assert authors(content, envelope) == (
        Author("From", ("a@x.test",), False),
        Author("Sender", ("bounce@x.test",), True),
        Author("Return-Path", (), None),
    )
    assert [(found, found.where) for found in receivers(content, envelope)] == [
        (Receiver("b@x.test", ("To", "Cc"), 2), Where.BOTH),
        (Receiver("c@x.test", ("To",), 1), Where.BOTH),
        (Receiver("secret@x.test", (), 1), Where.ENVELOPE),
        (Receiver("list@x.test", ("Cc",), 0), Where.HEADERS),
    ]


@pytest.mark.parametrize("sender", ["", "a@x.test"])
def test_an_empty_return_path_is_the_null_sender(sender: str) -> None:
    (found,) = authors(Content(b"Return-Path: <>\n\n"), Envelope.of(sender, []))[2:]

    assert found.same is (sender == "")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("invoice.pdf", ()),
        ("", ()),
        ("R\u00e9sum\u00e9 2026.docx", ()),
        ("archive.tar.gz", ()),
        ("invoice.pdf.exe", (Danger.PROGRAM, Danger.DOUBLE)),
        ("setup.EXE ", (Danger.PROGRAM,)),
        ("page.svg", (Danger.PROGRAM,)),
        ("ann\u202efdp.exe", (Danger.PROGRAM, Danger.TURNED)),
        ("a\u200b.txt", (Danger.CONTROL,)),
        ("../../etc/passwd", (Danger.PATH, Danger.HIDDEN)),
        ("C:x", (Danger.PATH,)),
        ("CON.txt", (Danger.DEVICE,)),
        ("-rf", (Danger.HIDDEN,)),
        ("x" * 300, (Danger.LONG,)),
    ],
    ids=ascii,
)
def test_dangerous_file_names_are_marked(name: str, found: tuple[Danger, ...]) -> None:
    assert dangers(name) == found


VALUE = st.lists(st.sampled_from([*"abi=;:<>() ,\n\\\"'@/", "d=", "spf=pass", "<https://", "h="])).map("".join)


@given(value=VALUE)
def test_no_value_raises(value: str) -> None:
    names = ["Authentication-Results", "Received-SPF", "DKIM-Signature", "List-Unsubscribe", "List-Unsubscribe-Post"]
    fields = [(name, value) for name in names]

    verdicts(fields)
    signatures(fields)
    unsubscribe_in(Headers(fields))
    dangers(value)
    receivers(Content(f"To: {value}\nFrom: {value}\n\n".encode()), Envelope.of(value, [value]))
    authors(Content(f"Sender: {value}\nFrom: {value}\n\n".encode()), Envelope.of(value, [value]))
