"""Mails for the tests of the folder: the corpus in tests/mail, and what every reading of a content must give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailtrap_lite.message import Content, Envelope, Origin
from mailtrap_lite.message.lint import findings

CORPUS = Path(__file__).parent.parent / "mail"
SENT = Envelope.of("a@x.test", ["b@x.test"], origin=Origin.SMTP)


@pytest.fixture
def mail() -> Callable[[str], Content]:
    """Open a mail of the corpus by its name."""
    return lambda name: Content((CORPUS / f"{name}.eml").read_bytes())


@pytest.fixture(scope="session")
def corpus() -> list[bytes]:
    """The raw bytes of all mails of the corpus."""
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]


@pytest.fixture(scope="session")
def read_all() -> Callable[[Content], tuple[str, ...]]:
    """Read everything that a content can be asked, and its lint; return its defects."""
    return _read_all


def _read_all(content: Content) -> tuple[str, ...]:
    for name in (
        "subject",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply_to",
        "date",
        "message_id",
        "return_path",
        "text",
        "html",
    ):
        getattr(content, name)
    _ = (content.list_unsubscribe, list(content.headers), content.inline, content.attachments, content.remote)
    _ = (content.links, content.remote_content)
    content.render_html()
    assert len(content.snippet(250)) <= 250
    for part in content.parts:
        _ = (part.filename, part.content_id, part.disposition, part.charset, part.headers, part.raw, repr(part))
        assert part.size == len(part.data)
        assert content.part(part.id) is part
    findings(content, SENT)
    return content.defects
