"""What is inside of a mail, each with an address of its own: a part's octets, its HTML in a frame, the mail on paper.

All of it carries the policies of `bodies`; nothing of it is a page of ours.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from mailtrap_lite.message import Content, Message, Part
from mailtrap_lite.message.nested import part_at
from mailtrap_lite.web import bodies, coloured
from mailtrap_lite.web.api import find
from mailtrap_lite.web.rooms import Rooms
from mailtrap_lite.web.view import Scheme


def inside(here: Rooms) -> Blueprint:
    """Return the routes, over the sandbox of the request."""
    routes = Blueprint("inside", __name__)

    @routes.get("/message/<key>/print")
    def on_paper(key: str) -> Response:
        message = find(here.sandbox, key)
        content = message.content
        head = render_template("print.html", message=message, content=content, prose=coloured.prose)
        text = content.render_html() if content.html else ""
        return bodies.page(text, embed=True, remote=False, scheme=Scheme.LIGHT, before=_writable(head))

    @routes.get("/message/<key>/part/<part>/data")
    def data(key: str, part: str) -> Response:
        message = find(here.sandbox, key)
        found = _part(message, part)
        return bodies.octets(found.data, name=found.filename or f"message-{message.id}-part-{found.id}")

    @routes.get("/message/<key>/part/<part>/raw")
    def raw(key: str, part: str) -> Response:
        message = find(here.sandbox, key)
        found = _part(message, part)
        return bodies.octets(found.raw, name=f"message-{message.id}-part-{found.id}.txt")

    @routes.get("/message/<key>/part/<part>/html")
    def html(key: str, part: str) -> Response:
        """Show the HTML of an attached mail, or of a part that is HTML."""
        found = _part(find(here.sandbox, key), part)
        text = found.text if found.content_type == "text/html" else Content(found.data).render_html()
        return bodies.page(text, embed=True, remote=False, scheme=Scheme.LIGHT)

    return routes


def _part(message: Message, path: str) -> Part:
    try:
        return part_at(message.content, path)[1]
    except KeyError:
        raise NotFound(f"the message {message.id} has no part {path[:60]!a}") from None


def _writable(text: str) -> str:
    """Return text without the lone surrogates that UTF-8 has no way to write."""
    return text.encode("utf-8", "replace").decode("utf-8")
