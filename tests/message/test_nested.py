"""The tree of a mail, with attached mails opened."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Content
from mailtrap_lite.message.nested import part_at, rows

FORWARDED = (
    b"Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n"
    b"--b\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=c\n\n"
    b"--c\n\nhello\n--c--\n\n--b--\n"
)


def test_attached_mails_are_opened_in_the_tree() -> None:
    found = rows(Content(FORWARDED))

    assert [(row.path, row.depth, row.part.content_type) for row in found] == [
        ("0", 0, "multipart/mixed"),
        ("1", 1, "text/plain"),
        ("2", 1, "message/rfc822"),
        ("2!0", 2, "multipart/mixed"),
        ("2!1", 3, "text/plain"),
    ]
    assert [row.mail.subject for row in found if row.mail] == ["inner"]


def test_a_path_leads_into_an_attached_mail() -> None:
    mail, part = part_at(Content(FORWARDED), "2!1")

    assert (mail.subject, part.text.strip()) == ("inner", "hello")


@pytest.mark.parametrize("path", ["3", "1!0", "2!7", "", "x", "2!1!0"])
def test_a_path_to_nowhere_is_a_key_error(path: str) -> None:
    with pytest.raises(KeyError):
        part_at(Content(FORWARDED), path)


def test_each_path_of_a_tree_is_found() -> None:
    content = Content(FORWARDED)

    assert [part_at(content, row.path)[1].raw for row in rows(content)] == [row.part.raw for row in rows(content)]


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
        b"Content-Type: multipart/mixed; boundary=B\n\n" + b"--B\nContent-Type: message/rfc822\n\n\n" * 2_000,
        b"Content-Type: multipart/digest; boundary=B\n\n" + (b"--B\n\nSubject: x\n\n" + b"x" * 20_000 + b"\n") * 1_000,
    ],
    ids=["deep", "wide", "digest"],
)
def test_a_tree_has_a_bounded_number_of_rows(raw: bytes) -> None:
    assert 20 < len(rows(Content(raw))) <= 1_001
