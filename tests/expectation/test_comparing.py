"""Why a comparison with expected mail fails, as pytest prints it."""

from __future__ import annotations

import pytest

from mailtrap_lite import Envelope, Mail, Message
from mailtrap_lite.expectation.comparing import explanation


def mail(number: int, subject: str, to: str = "bob@x.test") -> Message:
    return Message(number, Envelope.of("a@x.test", [to]), f"Subject: {subject}\r\n\r\nhi\r\n".encode(), 1.0)


WELCOME, RESET = mail(1, "Welcome"), mail(2, "Reset", "eve@x.test")


@pytest.mark.parametrize("swapped", [False, True], ids=["message first", "expected first"])
def test_each_condition_is_explained_on_both_sides(swapped: bool) -> None:
    expected = Mail(subject="Reset*", to="bob@x.test")

    sides = (expected, WELCOME) if swapped else (WELCOME, expected)
    lines = explanation("==", *sides)

    assert lines is not None
    assert lines[0] == (
        "Mail(to='bob@x.test', subject='Reset*') == message 1"
        if swapped
        else "message 1 == Mail(to='bob@x.test', subject='Reset*')"
    )
    assert lines[1:] == [
        "1: 'Welcome' from a@x.test to bob@x.test, 24 octets",
        "its subject is 'Welcome', not 'Reset*'",
    ]


def test_mail_that_should_differ_and_does_not() -> None:
    assert explanation("!=", WELCOME, Mail(subject="W*")) == [
        "message 1 != Mail(subject='W*')",
        "but it is such a mail: 'Welcome' from a@x.test to bob@x.test, 24 octets",
    ]


def test_mail_that_is_not_among_others_is_compared_with_the_nearest_first() -> None:
    assert explanation("in", Mail(to="eve@x.test", subject="Rest"), [WELCOME, RESET]) == [
        "Mail(to='eve@x.test', subject='Rest') in 2 messages",
        "2: 'Reset' from a@x.test to eve@x.test, 22 octets",
        "   but its subject is 'Reset'",
        "1: 'Welcome' from a@x.test to bob@x.test, 24 octets",
        "   but its to is 'bob@x.test'",
        "   but its subject is 'Welcome'",
    ]
    assert explanation("in", Mail(), []) == ["Mail() in 0 messages", "nothing arrived at all"]


def test_mail_that_is_among_others_and_should_not() -> None:
    assert explanation("not in", Mail(to="eve@*"), [WELCOME, RESET]) == [
        "Mail(to='eve@*') not in 2 messages",
        "but message 2 is such a mail: 'Reset' from a@x.test to eve@x.test, 22 octets",
    ]


def test_lists_are_compared_place_by_place() -> None:
    assert explanation("==", [WELCOME, RESET], [Mail(subject="Welcome"), Mail(subject="x"), Mail(to="z")]) == [
        "2 messages == 3 expected",
        "[1] is message 2: 'Reset' from a@x.test to eve@x.test, 22 octets",
        "    its subject is 'Reset', not 'x'",
        "[2] is missing: Mail(to='z')",
    ]
    assert explanation("==", [Mail(subject="Welcome")], [WELCOME, RESET]) == [
        "1 expected == 2 messages",
        "[1] was not expected: message 2: 'Reset' from a@x.test to eve@x.test, 22 octets",
    ]


def test_control_characters_of_a_mail_do_not_reach_the_terminal() -> None:
    hostile = Message(1, Envelope.of("a\x1b[2J", ["b"]), b"X: =?utf-8?q?=1B[2J?=\r\n\r\n\x1b[2J\x07", 1.0)

    lines = explanation("==", hostile, Mail(text="x", html="y", header={"X": "z\x1b"}, subject="\x1b"))

    assert lines
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("left", "right"), [(1, 2), ("x", Mail()), (WELCOME, RESET), ([], []), ([WELCOME], [])], ids=repr
)
def test_other_comparisons_are_left_to_pytest(left: object, right: object) -> None:
    assert explanation("==", left, right) is None


def test_what_differs_fits_into_the_eight_lines_that_pytest_shows() -> None:
    text = "Hello Bob,\n\nyour order 4711 was shipped today.\nIt arrives tomorrow.\n\nBye"
    message = Message(1, Envelope.of("a@x.test", ["b@x.test"]), f"Subject: Your order 4711\n\n{text}".encode(), 1.0)
    expected = Mail(subject="Your order 4712", attachments=["invoice-*.pdf"], text=text.replace("4711", "4712"))

    assert explanation("==", message, expected) == [
        "message 1 == Mail(subject='Your order 4712', text='Hello Bob,\\n\\nyour order 4712 was shipped today."
        "\\nIt arrives tomorrow.\\n\\nBye', attachments=['invoice-…)",
        "1: 'Your order 4711' from a@x.test to b@x.test, 98 octets",
        "its subject is 'Your order 4711', not 'Your order 4712'",
        "its attachments are none: 'invoice-*.pdf' is missing",
        "its text does not say so (72 characters):",
        "  - your order 4712 was shipped today.",
        "  + your order 4711 was shipped today.",
        "  ?               ^",
    ]
