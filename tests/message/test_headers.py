"""The view of the header fields, and where the header block ends."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Content, Headers

HEADERS = Headers([("Subject", "one"), ("X-Tag", "a"), ("x-tag", "b")])


def test_names_have_no_case_and_the_first_value_counts() -> None:
    assert HEADERS["SUBJECT"] == "one"
    assert (HEADERS.get("x-TAG"), HEADERS.all("X-TAG"), HEADERS.all("none")) == ("a", ["a", "b"], [])
    assert (HEADERS.get("none"), HEADERS.get("none", "default")) == (None, "default")
    assert ("subject" in HEADERS, "none" in HEADERS, 1 in HEADERS) == (True, False, False)


def test_a_missing_name_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="none"):
        HEADERS["none"]


def test_headers_are_pairs_in_order_and_a_value() -> None:
    assert list(HEADERS) == [("Subject", "one"), ("X-Tag", "a"), ("x-tag", "b")]
    assert len(HEADERS) == 3
    assert Headers(list(HEADERS)) == HEADERS
    assert hash(Headers(list(HEADERS))) == hash(HEADERS)
    assert Headers() != HEADERS
    assert list(HEADERS) != HEADERS
    assert repr(Headers([("A", "b")])) == "Headers([('A', 'b')])"


@pytest.mark.parametrize(
    ("raw", "fields", "text", "defects"),
    [
        (b"A: b\n\nbody", [("A", "b")], "body", ()),
        (b"A: b\r\n\nbody", [("A", "b")], "body", ()),
        (b"A: b\n\r\nbody\n\nmore", [("A", "b")], "body\n\nmore", ()),
        (b"\nbody", [], "body", ()),
        (b"A : b\n\n", [("A", "b")], "", ()),
        (b"A:\n\n", [("A", "")], "", ()),
        (b"A:b:c", [("A", "b:c")], "", ()),
        (b"From x@y Mon Jan 1\nA: b\n\nbody", [("A", "b")], "body", ()),
        (
            b"A: b\njunk\n junk\nC: d\n\nbody",
            [("A", "b"), ("C", "d")],
            "body",
            ("a line in the header that is no field",),
        ),
        (b" A: b\n\nbody", [], " A: b\n\nbody", ("no header fields",)),
        (b"A\xff: b\n\nbody", [], "Aÿ: b\n\nbody", ("no header fields", "8-bit octets without a charset")),
        (b"A: b\nbody", [("A", "b")], "body", ("no empty line between header and body",)),
    ],
    ids=repr,
)
def test_the_header_ends_at_the_first_empty_line(
    raw: bytes, fields: list[tuple[str, str]], text: str, defects: tuple[str, ...]
) -> None:
    content = Content(raw)

    assert (list(content.headers), content.text, content.defects) == (fields, text, defects)


def test_the_first_1000_fields_are_shown() -> None:
    content = Content(b"".join(b"X-%d: y\r\n" % n for n in range(1_001)) + b"\r\nbody")

    assert (len(content.headers), content.text) == (1_000, "body")
    assert content.defects == ("more than 1000 header fields; the others are not shown",)


def test_a_long_field_is_cut() -> None:
    content = Content(b"Subject: " + b"x" * 20_000 + b"\r\n\r\nbody")

    assert (content.subject, content.text) == ("x" * 16_384, "body")
    assert content.defects == ("the field Subject is cut to 16384 characters",)
