"""The wrapper: what raises below it becomes a defect and an empty value."""

from __future__ import annotations

import logging

import pytest

from mailtrap_lite.message import Content, content


def test_a_fault_of_ours_is_logged_and_becomes_a_defect(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> None:
        raise RecursionError(text)

    monkeypatch.setattr(content, "date_in", broken)
    mail = Content(b"Date: today\n\nbody")

    with caplog.at_level(logging.ERROR):
        date = mail.date

    assert (date, mail.text) == (None, "body")
    assert mail.defects == ("internal fault: date could not be read; please report it with the raw mail",)
    assert [record.message for record in caplog.records] == ["cannot read date of a mail"]


def test_a_mail_whose_structure_cannot_be_read_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes) -> None:
        raise MemoryError(len(raw))

    monkeypatch.setattr(content, "read_tree", broken)
    mail = Content(b"Subject: x\n\nbody")

    assert (mail.subject, mail.text, mail.parts[0].data) == ("", "", b"")
    assert any("internal fault" in defect for defect in mail.defects)


def test_an_attribute_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = Content(b"Subject: x\n\nbody")
    first = mail.text
    monkeypatch.setattr(content.Part, "data", b"other")

    assert mail.text is first
