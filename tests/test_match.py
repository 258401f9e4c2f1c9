"""What a wait looks for, and what it says of mail that is not it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mailtrap_lite.match import Match
from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.search import parse

RAW = b"From: Al <al@x.test>\r\nTo: list@x.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= [urgent]\r\n\r\nhi\r\n"
MESSAGE = Message(1, Envelope.of("bounce@x.test", ["Bob@x.test", "eve@x.test"]), RAW, 1.0)


def has_text(message: Message) -> bool:
    return "bye" in message.text


@pytest.mark.parametrize(
    "match",
    [
        pytest.param(Match(), id="anything"),
        pytest.param(Match(to="bob@x.test"), id="recipient without case"),
        pytest.param(Match(to="EVE@*"), id="second recipient, wildcard"),
        pytest.param(Match(to=re.compile("^eve@")), id="recipient by regex"),
        pytest.param(Match(sender="bounce@x.test"), id="envelope sender"),
        pytest.param(Match(sender="al@x.test"), id="from"),
        pytest.param(Match(subject="Grüße [urgent]"), id="decoded subject, brackets as they are"),
        pytest.param(Match(subject="Gr?ße*"), id="subject with wildcards"),
        pytest.param(Match(subject=re.compile("urg")), id="subject by regex"),
        pytest.param(Match(query=parse("from:al subject:GR\u00dcSSE", now=0.0)), id="query"),
        pytest.param(Match(to="eve@x.test", subject="*", where=lambda m: m.text == "hi\n" or "hi" in m.text), id="all"),
    ],
)
def test_what_matches_has_no_differences(match: Match) -> None:
    assert match.differences(MESSAGE) == []


@pytest.mark.parametrize(
    ("match", "differences"),
    [
        pytest.param(Match(to="list@x.test"), ["to is 'Bob@x.test', 'eve@x.test'"], id="a header is no recipient"),
        pytest.param(Match(sender="bob@x.test"), ["sender is 'bounce@x.test', 'al@x.test'"], id="sender"),
        pytest.param(Match(subject="grüße*"), ["subject is 'Grüße [urgent]'"], id="subject with its case"),
        pytest.param(Match(subject="urgent"), ["subject is 'Grüße [urgent]'"], id="a text fits as a whole"),
        pytest.param(
            Match(query=parse("from:al hello -hi", now=0.0)),
            ["answer to `hello` is no", "answer to `-hi` is no"],
            id="query",
        ),
        pytest.param(Match(where=has_text), ["where=has_text says no"], id="function"),
        pytest.param(
            Match(to="x", subject="y"),
            ["to is 'Bob@x.test', 'eve@x.test'", "subject is 'Grüße [urgent]'"],
            id="two at once",
        ),
    ],
)
def test_what_differs_is_said(match: Match, differences: list[str]) -> None:
    assert match.differences(MESSAGE) == differences


@pytest.mark.parametrize(
    "wrong", [{"to": 5}, {"subject": b"x"}, {"sender": re.compile(b"x")}, {"where": "x"}], ids=repr
)
def test_a_condition_of_a_wrong_type_is_named_at_once(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(wrong))}="):
        Match(**wrong)


def test_a_match_reads_like_its_call() -> None:
    assert str(Match(to="a@b", subject=re.compile("x+"), where=has_text)) == (
        "to='a@b', subject=re.compile('x+'), where=has_text"
    )
    assert str(Match()) == "any message"


def test_a_subject_of_many_stars_is_compared_in_linear_time() -> None:
    hostile = Message(1, Envelope.of("a", ["b"]), b"Subject: " + b"a" * 2000 + b"\r\n\r\n", 1.0)

    assert Match(subject="*a" * 8 + "b").differences(hostile) != []


def _never(_: Message) -> bool:
    raise AssertionError("asked although another condition has failed already")


def test_a_function_is_asked_only_when_all_else_fits() -> None:
    asked: Callable[[Message], bool] = _never

    assert Match(to="nobody", where=asked).differences(MESSAGE) == ["to is 'Bob@x.test', 'eve@x.test'"]
