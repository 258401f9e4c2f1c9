"""What lint objects to, over the API and on a message's page."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox

WRONG = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: <b>x</b>\r\nSubject: y\r\n\r\nhi\nthere\r\n"
CLEAN = (
    b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n"
    b"From: a@x.test\r\nTo: b@x.test\r\nSubject: x\r\n\r\nhi\r\n"
)


@pytest.fixture
def wrong(sandbox: Sandbox) -> Message:
    return sandbox.deliver(WRONG, to="b@x.test")


def test_the_api_tells_what_lint_found(client: FlaskClient, wrong: Message) -> None:
    told = client.get("/api/v1/message/1/lint").json

    assert told is not None
    assert told == {
        "Findings": [
            {"Code": found.code, "Text": found.text, "Refusable": found.refusable, "RFC": found.rfc}
            for found in wrong.lint
        ]
    }
    assert {(item["Code"], item["Refusable"]) for item in told["Findings"]} == {
        ("bare-lf", True),
        ("doubled-header", True),
        ("missing-date", True),
        ("missing-message-id", False),
    }
    assert client.get("/api/v1/message/latest/lint").json == told
    assert client.get("/api/v1/message/9/lint").status_code == 404


def test_nothing_found_is_a_list_too(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(CLEAN, to="b@x.test")

    assert client.get("/api/v1/message/1/lint").json == {"Findings": []}


def test_the_checks_are_counted_beside_their_tab(client: FlaskClient, wrong: Message) -> None:
    text = client.get("/message/1?tab=checks").text

    assert re.findall(r'id="tab-checks"[^>]*>(.*?)</a>', text) == ['Checks <span class="number">4</span>']
    panel = text[text.index('id="panel-checks"') :]
    for found in wrong.lint:
        assert found.code in panel
        assert found.rfc in panel
    assert "<b>x</b>" not in text
    assert panel.count("a strict receiver refuses this") == 3


def test_a_mail_that_is_right_has_nothing_beside_its_tab(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(CLEAN, to="b@x.test")

    text = client.get("/message/1?tab=checks").text

    assert re.findall(r'id="tab-checks"[^>]*>(.*?)</a>', text) == ["Checks"]
    assert "Nothing to object to." in text
