"""What a tag may be, and which a mail comes with."""

from __future__ import annotations

import pytest

from mailtrap_lite.errors import BadTag
from mailtrap_lite.message import Content, Envelope
from mailtrap_lite.tags import arrival_tags, checked_tag, distinct


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("invoice", "invoice"),
        (" Two  words ", "Two words"),
        ("a-b_c.d@e 9", "a-b_c.d@e 9"),
        ("K\u00f6ln", "K\u00f6ln"),
        ("Ko\u0308ln", "K\u00f6ln"),
        ("\u65e5\u672c", "\u65e5\u672c"),
        ("x" * 100, "x" * 100),
    ],
)
def test_this_can_be_a_tag(name: str, tag: str) -> None:
    assert checked_tag(name) == tag


@pytest.mark.parametrize(
    "name", ["", " ", "a,b", "a\x00b", "<b>", "a:b", "x" * 101, "\u202e", "\U0001f600", "%", "a\\b"]
)
def test_this_cannot_be_a_tag(name: str) -> None:
    with pytest.raises(BadTag, match="cannot be a tag: a tag has 1 to 100 letters") as refused:
        checked_tag(name)

    assert refused.value.http == 400
    assert str(refused.value).isprintable()


def test_of_tags_that_differ_in_case_only_the_first_counts() -> None:
    assert distinct(["b", "A", "a", "B", "STRASSE", "stra\u00dfe"]) == {"a": "A", "b": "b", "strasse": "STRASSE"}


RAW = (
    b"From: x <me+From@x.test>\r\nTo: bob+one+two@x.test\r\nCc: c+@x.test\r\nBcc: d+ONE@x.test\r\n"
    b'Reply-To: r+never@x.test\r\nX-Tags: Red, , a/b, "quoted",\r\nx-tags: red, last\r\n\r\n'
)


@pytest.mark.parametrize(
    ("plus", "x_tags", "tags"),
    [
        (True, True, ("ab", "env", "From", "last", "one", "quoted", "Red", "two")),
        (True, False, ("env", "From", "one", "two")),
        (False, True, ("ab", "last", "quoted", "Red")),
        (False, False, ()),
    ],
)
def test_a_mail_comes_with_the_tags_of_its_addresses_and_its_field(
    plus: bool, x_tags: bool, tags: tuple[str, ...]
) -> None:
    envelope = Envelope.of("s+sender@x.test", ["eve+env@x.test", '"a+quoted"@x.test', "plain@x.test"])

    assert arrival_tags(Content(RAW), envelope, plus_addresses=plus, x_tags=x_tags) == tags


def test_a_mail_with_a_million_tags_comes_with_a_hundred() -> None:
    raw = b"X-Tags: " + b",".join(b"t%d" % number for number in range(1_000_000)) + b"\r\n\r\n"

    tags = arrival_tags(Content(raw), Envelope.of("", []), plus_addresses=True, x_tags=True)

    assert len(tags) == 100
