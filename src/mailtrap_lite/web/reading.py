"""What the pane of one message shows: its tabs, and the values that their templates are given.

It knows the message and the query of a request; it knows no list around it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any  # Any: what a template is given

from flask import request

from mailtrap_lite.message import Message
from mailtrap_lite.message.html import image_type
from mailtrap_lite.web import bodies

MOST_SOURCE = 64 * 1024  # octets of the source on a message's page; the whole is one click away
MOST_TEXT = 256 * 1024  # characters of the text on a message's page


class Tab(StrEnum):
    """The views of a message, in their order."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    SOURCE = "source"
    ATTACHMENTS = "attachments"
    ENVELOPE = "envelope"
    CHECKS = "checks"


def values(message: Message) -> dict[str, Any]:
    """Return what the templates of a message are given."""
    content = message.content
    html = bool(content.html)
    objections = message.lint
    tab = _tab(html)
    amounts = {Tab.ATTACHMENTS: len(content.attachments) + len(content.inline), Tab.CHECKS: len(objections)}
    # "latest" may be what was asked for; what is shown is that one message.
    return {
        "message": message,
        "content": content,
        "tab": tab,
        "tabs": [(item, amounts.get(item)) for item in Tab if html or item is not Tab.HTML],
        "remote": request.args.get("remote") == "1",
        "frame_sandbox": bodies.FRAME_SANDBOX,
        "text": content.text[:MOST_TEXT],
        "text_is_cut": len(content.text) > MOST_TEXT,
        "source": message.raw[:MOST_SOURCE].decode("utf-8", "replace"),
        "source_is_cut": len(message.raw) > MOST_SOURCE,
        "attached": [(part, bool(image_type(part.data))) for part in (*content.attachments, *content.inline)],
        "session": message.session,
        "gone": [delivery for delivery in message.deliveries if delivery.deleted_at is not None],
        "findings": objections,
        "only_in_envelope": _only_in_envelope(message),
    }


def _tab(html: bool) -> Tab:
    wanted = request.args.get("tab", "")
    fallback = Tab.HTML if html else Tab.TEXT
    return Tab(wanted) if wanted in set(Tab) and (html or wanted != Tab.HTML) else fallback


def _only_in_envelope(message: Message) -> list[str]:
    """Return the recipients that no header names: blind copies, lists, or a mistake worth seeing."""
    content = message.content
    named = {address.address.casefold() for address in (*content.to, *content.cc, *content.bcc)}
    return [address for address in dict.fromkeys(message.envelope.addresses) if address.casefold() not in named]
