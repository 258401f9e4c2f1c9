"""What lint objects to, over the API and on a message's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.web.findings import findings


@dataclass(frozen=True)
class Objection:
    """A finding."""

    code: str
    text: str
    refusable: bool
    rfc: str


NO_DATE = Objection("no-date", "The mail has no Date field.", True, "RFC 5322 section 3.6")
LONG = Objection("long-line", "A line has <b>1,200</b> octets\u202e.", False, "RFC 5322 section 2.1.1")


@pytest.fixture
def objecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lint objects to two things in every message."""
    monkeypatch.setattr(Message, "lint", property(lambda _: (NO_DATE, LONG)), raising=False)


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lint objects to nothing."""
    monkeypatch.setattr(Message, "lint", (), raising=False)


@pytest.mark.usefixtures("objecting")
def test_the_findings_are_those_of_the_message(rich: Message) -> None:
    assert findings(rich) == (NO_DATE, LONG)


@pytest.mark.usefixtures("objecting")
def test_the_api_tells_what_lint_found(client: FlaskClient, rich: Message) -> None:
    told = client.get("/api/v1/message/1/lint").json

    assert told == {
        "Findings": [
            {"Code": "no-date", "Text": NO_DATE.text, "Refusable": True, "RFC": "RFC 5322 section 3.6"},
            {"Code": "long-line", "Text": LONG.text, "Refusable": False, "RFC": "RFC 5322 section 2.1.1"},
        ]
    }
    assert client.get("/api/v1/message/latest/lint").json == told
    assert client.get("/api/v1/message/9/lint").status_code == 404


@pytest.mark.usefixtures("content")
def test_nothing_found_is_a_list_too(client: FlaskClient, rich: Message) -> None:
    assert client.get("/api/v1/message/1/lint").json == {"Findings": []}


@pytest.mark.usefixtures("objecting")
def test_the_checks_are_counted_beside_their_tab(client: FlaskClient, rich: Message) -> None:
    text = client.get("/message/1?tab=checks").text

    assert re.findall(r'id="tab-checks"[^>]*>(.*?)</a>', text) == ['Checks<span class="number">2</span>']
    panel = text[text.index('id="panel-checks"') :]
    for shown in ("no-date", "The mail has no Date field.", "RFC 5322 section 3.6", "&lt;b&gt;1,200&lt;/b&gt;"):
        assert shown in panel
    assert "octets\\u202e." in panel
    assert panel.count("a strict receiver refuses this") == 1


@pytest.mark.usefixtures("content")
def test_a_mail_that_is_right_has_nothing_beside_its_tab(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    text = client.get("/message/1?tab=checks").text

    assert re.findall(r'id="tab-checks"[^>]*>(.*?)</a>', text) == ["Checks"]
    assert "Nothing to object to." in text
