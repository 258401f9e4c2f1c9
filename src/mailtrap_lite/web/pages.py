"""The inspector's pages: the inbox, a message beside it, and what a person can do to mail.

Everything can be read and deleted without scripts; the scripts make it live. A GET changes nothing here.
It knows templates and the sandbox's verbs; the mail's own HTML is never part of a page, only of a frame (`bodies`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any  # Any: what a template is given

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.message import Message, Summary
from mailtrap_lite.message.html import image_type
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.version import __version__
from mailtrap_lite.web import asked, bodies, present
from mailtrap_lite.web.api import find

PAGE = 50  # messages on one page of the list
MOST_MAILBOXES = 100  # named beside the list; others are opened by address
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list somebody is. mailbox: "" is all mail."""

    start: int
    mailbox: str

    @classmethod
    def asked(cls) -> Place:
        """Return the place that the query names; raises BadRequest."""
        return cls(asked.number("start", default=0), request.args.get("mailbox", "").strip())

    def query(self, **changes: Any) -> dict[str, Any]:
        """Return the query of a link that stays here, or goes where the changes say."""
        query = {"start": self.start, "mailbox": self.mailbox, **changes}
        return {name: value for name, value in query.items() if value}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list. older and newer: where the neighbours start, None at the ends."""

    place: Place
    summaries: list[Summary]
    older: int | None
    newer: int | None


def pages(sandbox: Sandbox, addresses: Callable[[], Mapping[str, str]]) -> Blueprint:
    """Return the routes. addresses: where the doors are, as HOST:PORT by name."""
    routes = Blueprint("pages", __name__)
    routes.add_app_template_filter(present.size)
    routes.add_app_template_filter(present.iso)
    routes.add_app_template_filter(present.moment)
    routes.add_app_template_filter(present.count)
    routes.add_app_template_filter(present.author)
    routes.add_app_template_filter(present.recipients)
    routes.add_app_template_filter(present.initials)
    routes.add_app_template_filter(present.hue)

    def around(place: Place) -> dict[str, Any]:
        """Return what every page shows beside its own: the mailboxes, the counts and the list."""
        mailboxes = sandbox.mailboxes()
        return {
            "version": __version__,
            "counts": sandbox.counts(),
            "mailboxes": mailboxes[:MOST_MAILBOXES],
            "more_mailboxes": len(mailboxes) - MOST_MAILBOXES,
            "listing": _listing(sandbox, place),
            "place": place,
            "doors": {name: address.rpartition(":")[::2] for name, address in addresses().items()},
        }

    @routes.get("/")
    def inbox() -> Response:
        return page("inbox.html", **around(Place.asked()))

    @routes.get("/message/<key>")
    def message(key: str) -> Response:
        found = find(sandbox, key)
        return page("message.html", **around(Place.asked()), **_reading(found))

    @routes.get("/delete-all")
    def ask_to_delete_all() -> Response:
        return page("delete_all.html", **around(Place(0, "")))

    @routes.post("/delete-all")
    def delete_all() -> BaseResponse:
        sandbox.clear()
        return redirect(url_for("pages.inbox"), 303)

    @routes.post("/message/<key>/delete")
    def delete(key: str) -> BaseResponse:
        sandbox.delete([find(sandbox, key).id])
        return redirect(url_for("pages.inbox", **Place.asked().query()), 303)

    @routes.post("/message/<key>/read")
    def mark(key: str) -> BaseResponse:
        found = find(sandbox, key)
        sandbox.mark_read([found.id], read=request.form.get("read") == "yes")
        return redirect(url_for("pages.message", key=found.id, **Place.asked().query()), 303)

    return routes


def error_page(status: int, text: str) -> Response:
    """Return what a person sees when a page cannot be shown. The status is the caller's to set."""
    return page("error.html", status=status, text=text)


def page(template: str, **values: Any) -> Response:
    """Return a page. Lone surrogates that came in with a mail are replaced, as UTF-8 has no way to write them."""
    text = render_template(template, **values)
    return Response(text.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")


def _listing(sandbox: Sandbox, place: Place) -> Listing:
    found = sandbox.summaries(start=place.start, limit=PAGE + 1, mailbox=place.mailbox)
    older = place.start + PAGE if len(found) > PAGE else None
    newer = max(0, place.start - PAGE) if place.start else None
    return Listing(place, found[:PAGE], older, newer)


def _reading(message: Message) -> dict[str, Any]:
    content = message.content
    html = bool(content.html)
    tab = _tab(html)
    # "latest" may be what was asked for; what is shown is that one message.
    return {
        "message": message,
        "content": content,
        "tab": tab,
        "tabs": [(item, _amount(item, message)) for item in Tab if html or item is not Tab.HTML],
        "remote": request.args.get("remote") == "1",
        "frame_sandbox": bodies.FRAME_SANDBOX,
        "text": content.text[:MOST_TEXT],
        "text_is_cut": len(content.text) > MOST_TEXT,
        "source": message.raw[:MOST_SOURCE].decode("utf-8", "replace"),
        "source_is_cut": len(message.raw) > MOST_SOURCE,
        "attached": [(part, bool(image_type(part.data))) for part in (*content.attachments, *content.inline)],
        "session": message.session,
        "only_in_envelope": _only_in_envelope(message),
    }


def _tab(html: bool) -> Tab:
    wanted = request.args.get("tab", "")
    fallback = Tab.HTML if html else Tab.TEXT
    return Tab(wanted) if wanted in set(Tab) and (html or wanted != Tab.HTML) else fallback


def _amount(tab: Tab, message: Message) -> int | None:
    """Return the number beside a tab's name, None for none."""
    if tab is Tab.ATTACHMENTS:
        return len(message.content.attachments) + len(message.content.inline) or None
    return None


def _only_in_envelope(message: Message) -> list[str]:
    """Return the recipients that no header names: blind copies, lists, or a mistake worth seeing."""
    content = message.content
    named = {address.address.casefold() for address in (*content.to, *content.cc, *content.bcc)}
    return [address for address in dict.fromkeys(message.envelope.addresses) if address.casefold() not in named]
