"""A client library that was written for Mailpit's API works here: mailpit-api of npm."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.clients.programs import call

from mailtrap_lite import Server

SCRIPT = Path(__file__).with_name("mailpit.mjs")


def module(project: Path) -> Path | None:
    """Return where the package is: below .clients, or where MAILPIT_API says."""
    found = Path(
        os.environ.get("MAILPIT_API", project / ".clients" / "node_modules" / "mailpit-api" / "dist" / "index.mjs")
    )
    return found if found.exists() else None


def test_the_client_does_all_that_it_can(project: Path) -> None:
    package = module(project)
    if package is None or (node := shutil.which("node")) is None:
        pytest.skip("mailpit-api is no package of Debian: npm install --prefix .clients mailpit-api@2.1.0")
    with Server(smtp="127.0.0.1:0", pop3="127.0.0.1:0", web="127.0.0.1:0") as mail:
        done = call(node, SCRIPT, package, mail.url)

    found = json.loads(done)
    assert found == {
        "sent": "1",
        "subject": "Your order",
        "latest": "1",
        "order": ["7"],
        "source": True,
        "attachment": '"data"',
        "html": True,
        "text": "Hello Bob\n",
        "listed": ["1"],
        "search": 1,
        "waited": "Your order",
        "unread": "ok",
        "tags": ["Orders"],
        "set": "ok",
        "renamed": "ok",
        "deleted_tag": "ok",
        "left": ["Two"],
        "version": "string",
        "relay": False,
        "check": 0,
        "chaos": 0,
        "reset": 0,
        "links": "409",
        "spam": "409",
        "release": "409",
        "missing": "404",
        "deleted_search": "ok",
        "deleted": "ok",
        "empty": [],
        "cleared": "ok",
    }
