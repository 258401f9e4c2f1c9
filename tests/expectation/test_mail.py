"""What is expected of a mail, and what is said of mail that is not it."""

from __future__ import annotations

import re
from typing import Any  # Any: conditions by name, wrong ones too

import pytest

from mailtrap_lite import Envelope, Mail, Message
from mailtrap_lite.errors import BadQuery

RAW = (
    b"From: Al <al@x.test>\r\nTo: Bob <bob@x.test>\r\nCc: carol@x.test\r\nReply-To: help@x.test\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= [urgent]\r\nX-Tag: one\r\nX-Tag: two\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
    b"--B\r\nContent-Type: text/plain\r\n\r\nHello Bob,\r\nyour order 4711 was\r\nshipped today.\r\n"
    b"--B\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>Bob</b></p>\r\n"
    b"--B\r\nContent-Disposition: attachment; filename=invoice-7.pdf\r\n\r\nPDF\r\n"
    b"--B\r\nContent-Disposition: attachment; filename=terms.txt\r\n\r\nterms\r\n--B--\r\n"
)
MESSAGE = Message(1, Envelope.of("bounce@x.test", ["Bob@x.test", "carol@x.test", "audit@x.test"]), RAW, 1.0)
PLAIN = Message(2, Envelope.of("", ["eve@x.test"]), b"Subject: hi\r\n\r\nhi\r\n", 1.0)
HTML_ONLY = Message(
    3, Envelope.of("a@x.test", ["b@x.test"]), b"Content-Type: text/html\r\n\r\n<p>Hello <b>Bob</b>", 1.0
)


def has_bye(message: Message) -> bool:
    return "bye" in message.text


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param({}, id="anything"),
        pytest.param({"to": "bob@x.test"}, id="recipient without case"),
        pytest.param({"to": "AUDIT@*"}, id="any recipient, wildcard"),
        pytest.param({"to": re.compile("^carol@")}, id="recipient by regex"),
        pytest.param({"to": ["bob@x.test"]}, id="exactly whom it is addressed to, copies left out"),
        pytest.param({"cc": "carol@x.test"}, id="copy"),
        pytest.param({"cc": ["carol@x.test"], "bcc": ["audit@x.test"]}, id="exactly these copies"),
        pytest.param({"bcc": "audit@*"}, id="blind copy"),
        pytest.param({"sender": "bounce@x.test"}, id="envelope sender"),
        pytest.param({"sender": "al@x.test"}, id="from"),
        pytest.param({"reply_to": "help@x.test"}, id="reply to"),
        pytest.param({"subject": "Grüße [urgent]"}, id="decoded subject, brackets as they are"),
        pytest.param({"subject": "Gr?ße*"}, id="subject with wildcards"),
        pytest.param({"subject": re.compile("urg")}, id="subject by regex"),
        pytest.param({"text": "order 4711 was shipped"}, id="something of the text, over a line's end"),
        pytest.param({"text": "Hello *, your order ????"}, id="text with wildcards"),
        pytest.param({"text": re.compile(r"order \d+")}, id="text by regex"),
        pytest.param({"html": "<b>Bob</b>"}, id="something of the HTML"),
        pytest.param({"header": {"x-tag": "two"}}, id="one of two fields of a name"),
        pytest.param({"header": {"X-Tag": "*", "X-Spam": None}}, id="a field that is not there"),
        pytest.param({"attachments": "invoice-*.pdf"}, id="one of the attachments"),
        pytest.param({"attachments": ["terms.txt", "invoice-*.pdf"]}, id="these attachments, in any order"),
        pytest.param({"attachments": ["*", "invoice-*.pdf"]}, id="a wildcard leaves the other its own"),
        pytest.param({"has_attachment": True}, id="any attachment"),
        pytest.param({"has_attachment": "*.txt"}, id="attachment by name"),
        pytest.param({"query": "from:al has:attachment -newsletter"}, id="search"),
        pytest.param({"to": "bob@x.test", "where": lambda m: m.subject.startswith("Gr")}, id="all at once"),
    ],
)
def test_what_is_as_expected_is_equal_on_both_sides(expected: dict[str, Any]) -> None:
    mail = Mail(**expected)

    assert mail.difference(MESSAGE).lines == []
    assert mail == MESSAGE
    assert MESSAGE == mail  # noqa: SIM300 - the side matters
    assert not mail != MESSAGE  # noqa: SIM202 - both operators matter


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        pytest.param(
            {"to": "dave@x.test"}, ["but its to is 'Bob@x.test', 'carol@x.test', 'audit@x.test'"], id="recipient"
        ),
        pytest.param(
            {"to": ["bob@x.test", "dave@x.test"]},
            ["but its to is 'Bob@x.test':", "  - 'dave@x.test' is missing"],
            id="recipients",
        ),
        pytest.param({"to": []}, ["but its to is 'Bob@x.test':", "  + 'Bob@x.test' was not expected"], id="nobody"),
        pytest.param(
            {"cc": []}, ["but its cc is 'carol@x.test':", "  + 'carol@x.test' was not expected"], id="no copy"
        ),
        pytest.param({"sender": "bob@x.test"}, ["but its sender is 'bounce@x.test', 'al@x.test'"], id="sender"),
        pytest.param({"subject": "grüße*"}, ["but its subject is 'Grüße [urgent]'"], id="subject with its case"),
        pytest.param({"subject": "urgent"}, ["but its subject is 'Grüße [urgent]'"], id="a subject fits as a whole"),
        pytest.param({"header": {"X-Tag": "three"}}, ["but its header X-Tag is 'one', 'two'"], id="two fields"),
        pytest.param({"header": {"X-Spam": "*"}}, ["but its header X-Spam is missing"], id="no such field"),
        pytest.param({"header": {"X-Tag": None}}, ["but its header X-Tag is 'one', 'two'"], id="a field too much"),
        pytest.param(
            {"attachments": ["invoice-*.pdf"]},
            ["but its attachments are 'invoice-7.pdf', 'terms.txt':", "  + 'terms.txt' was not expected"],
            id="an attachment too much",
        ),
        pytest.param({"has_attachment": False}, ["but its attachments are 'invoice-7.pdf', 'terms.txt'"], id="any"),
        pytest.param({"has_attachment": "*.doc"}, ["but its attachments are 'invoice-7.pdf', 'terms.txt'"], id="named"),
        pytest.param(
            {"query": "from:al hello nothing -bob"},
            ["but its answer to `nothing` is no", "but its answer to `-bob` is no"],
            id="search",
        ),
        pytest.param({"where": has_bye}, ["but its where=has_bye says no"], id="function"),
        pytest.param(
            {"text": "Hello Bob,\nyour order 4712 was\nshipped today."},
            [
                "but its text does not say so (45 characters):",
                "    Hello Bob,",
                "  - your order 4712 was",
                "  + your order 4711 was",
                "  ?               ^",
                "    shipped today.",
            ],
            id="text",
        ),
        pytest.param(
            {"to": "x", "subject": "y"},
            [
                "but its to is 'Bob@x.test', 'carol@x.test', 'audit@x.test'",
                "but its subject is 'Grüße [urgent]'",
            ],
            id="two at once",
        ),
    ],
)
def test_what_differs_is_said(expected: dict[str, Any], lines: list[str]) -> None:
    mail = Mail(**expected)

    assert mail.difference(MESSAGE).lines == lines
    assert mail != MESSAGE
    assert MESSAGE != mail  # noqa: SIM300 - the side matters


def test_a_recipient_that_only_the_header_names_is_pointed_out() -> None:
    listed = Message(1, Envelope.of("a@x.test", ["eve@x.test"]), b"To: team@x.test\r\n\r\n", 1.0)

    assert Mail(to="team@x.test").difference(listed).lines == [
        "but its to is 'eve@x.test':",
        "  its To field names 'team@x.test', but no RCPT TO did",
    ]


def test_mail_without_a_field_says_so() -> None:
    expected = Mail(cc="x", sender="y", attachments="z", has_attachment=True, text="?" * 9, html="<p>")

    assert [line for line in expected.difference(PLAIN).lines if line.startswith("but")] == [
        "but its sender is ''",
        "but its cc is nobody",
        "but its attachments are none",
        "but its attachments are none",
        "but its text does not say so (3 characters):",
        "but its html is empty",
    ]


def test_the_text_of_a_mail_that_has_only_html_is_what_it_shows() -> None:
    assert Mail(text="Hello Bob") == HTML_ONLY
    assert Mail(text="Hi").difference(HTML_ONLY).lines[0] == (
        "but its text does not say so (what its HTML shows, 9 characters):"
    )


def test_a_function_is_asked_only_when_all_else_fits() -> None:
    def never(_: Message) -> bool:
        raise AssertionError("asked although another condition has failed already")

    assert len(Mail(to="nobody", where=never).difference(MESSAGE).unmet) == 1


def test_the_nearer_mail_has_the_smaller_distance() -> None:
    near, far = Mail(to="bob@x.test", subject="Grüße [urgnt]"), Mail(to="zoe@y.test", subject="Your invoice")

    assert 0 < near.difference(MESSAGE).distance < 1 < far.difference(MESSAGE).distance
    assert Mail().difference(MESSAGE).distance == 0


def test_an_expected_mail_reads_like_its_call() -> None:
    mail = Mail(subject=re.compile("x+"), to="a@b", attachments=["*.pdf"], header={"X": None}, where=has_bye)

    assert repr(mail) == (
        "Mail(to='a@b', subject=re.compile('x+'), header={'X': None}, attachments=['*.pdf'], where=has_bye)"
    )
    assert repr(Mail()) == "Mail()"
    assert str(Mail()) == "any message"


def test_expected_mails_with_the_same_conditions_are_equal() -> None:
    assert Mail(subject="x") == Mail(subject="x")
    assert Mail(subject="x") != Mail(subject="y")
    assert Mail() != "x"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"to": 5}, {"subject": b"x"}, {"sender": re.compile(b"x")}, {"where": "x"}, {"to": [5]}, {"cc": b"x"}),
        *(
            {"query": 5},
            {"subject": ["x"]},
            {"header": "X"},
            {"header": {"X": 5}},
            {"has_attachment": 1},
            {"attachments": True},
        ),
    ],
    ids=repr,
)
def test_a_condition_of_a_wrong_type_is_named_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(wrong))}="):
        Mail(**wrong)


def test_an_unknown_condition_is_named_with_the_one_that_was_meant() -> None:
    conditions: Any = {"subjct": "x"}

    with pytest.raises(TypeError, match=r"wait_for knows no condition subjct=; did you mean subject=\?"):
        Mail.of(None, "wait_for", conditions)


def test_a_search_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(BadQuery):
        Mail(query="larger:much")


def test_conditions_are_added_to_an_expected_mail() -> None:
    assert Mail.of(Mail(subject="x", to="a"), "wait_for", {"to": "b"}) == Mail(subject="x", to="b")


def test_a_number_for_the_expected_mail_is_refused() -> None:
    wrong: Any = 3

    with pytest.raises(TypeError, match=r"assert_sent\(3\): give a Mail"):
        Mail.of(wrong, "assert_sent", {})
