"""What the pane of one message shows: its head, its tabs, and the view that is open.

It knows the message and the query of a request; it knows no list around it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any  # Any: what a template is given

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import panels
from mailtrap_lite.web.view import Tab, View

MOST_COUNTED = 256 * 1024  # characters of HTML in which links are counted for the name of their tab


def values(message: Message, sandbox: Sandbox) -> dict[str, Any]:
    """Return what the templates of a message are given."""
    content = message.content
    html = bool(content.html)
    view = _opened(View.asked(), html)
    amounts = {
        Tab.PARTS: len(content.parts) if len(content.parts) > 1 else 0,
        Tab.ATTACHMENTS: len(content.attachments) + len(content.inline),
        Tab.LINKS: len(set(content.links)) if len(content.html) + len(content.text) <= MOST_COUNTED else 0,
        Tab.CHECKS: len(message.lint),
    }
    # "latest" may be what was asked for; what is shown is that one message.
    return {
        "message": message,
        "content": content,
        "view": view,
        "tab": view.tab,
        "tabs": [(item, amounts.get(item)) for item in Tab if html or item is not Tab.HTML],
        "gone": [delivery for delivery in message.deliveries if delivery.deleted_at is not None],
        **panels.values(message, view, sandbox),
    }


def _opened(view: View, html: bool) -> View:
    fallback = Tab.HTML if html else Tab.TEXT
    tab = fallback if view.tab is None or (view.tab is Tab.HTML and not html) else view.tab
    return replace(view, tab=tab)
