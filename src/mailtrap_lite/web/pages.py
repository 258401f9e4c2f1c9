"""The inspector's pages: the inbox, a message beside it, the sessions, and what a person can do to mail.

Everything can be read and deleted without scripts; the scripts make it live. A GET changes nothing here.
It knows templates and the sandbox's verbs; the mail's own HTML is never part of a page, only of a frame (`bodies`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any  # Any: what a template is given

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.accounts import Selection
from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.message import Protocol, Session, Summary
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.version import __version__
from mailtrap_lite.web import asked, present, reading, sessions
from mailtrap_lite.web.api import find
from mailtrap_lite.web.sessions import Wanted
from mailtrap_lite.web.view import Tab

PAGE = 50  # messages or sessions on one page of their list
MOST_MAILBOXES = 100  # named beside the list; others are opened by address
MOST_NAMED = 20  # messages of a session that are named by their subjects; the others are links


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


# What templates write values with.
FILTERS = (
    *(present.size, present.iso, present.moment, present.span, present.count, present.ending, present.visible),
    *(present.author, present.recipients, present.initials, present.hue),
    sessions.helo,
)


def pages(sandbox: Sandbox, addresses: Callable[[], Mapping[str, str]]) -> Blueprint:
    """Return the routes. addresses: where the doors are, as HOST:PORT by name."""
    routes = Blueprint("pages", __name__)
    for written in FILTERS:
        routes.add_app_template_filter(written)

    def doors() -> dict[str, tuple[str, str]]:
        """Return host and port of each door, by its name."""
        split = {name: address.rpartition(":") for name, address in addresses().items()}
        return {name: (host, port) for name, (host, _, port) in split.items()}

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
            "doors": doors(),
        }

    @routes.get("/")
    def inbox() -> Response:
        return page("inbox.html", **around(Place.asked()))

    @routes.get("/message/<key>")
    def message(key: str) -> Response:
        found = find(sandbox, key)
        values = around(Place.asked())
        beside = [summary.id for summary in values["listing"].summaries]
        return page("message.html", **values, beside=_neighbours(beside, found.id), **reading.values(found, sandbox))

    @routes.get("/sessions")
    def list_sessions() -> Response:
        return page("sessions.html", doors=doors(), **_sessions(sandbox))

    @routes.get("/session/<session>")
    def session(session: str) -> Response:
        found = sandbox.session(session)
        return page("session.html", doors=doors(), session=found, named=_named(sandbox, found))

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

    @routes.post("/message/<key>/restore")
    def restore(key: str) -> BaseResponse:
        found = find(sandbox, key)
        # The mailbox as the deliveries have it, so not a name to be understood; none is all of them.
        sandbox.restore(found.id, Selection(mailbox=request.form.get("mailbox", "")))
        place = Place.asked().query(tab=Tab.ENVELOPE.value)
        return redirect(url_for("pages.message", key=found.id, **place), 303)

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


def _sessions(sandbox: Sandbox) -> dict[str, Any]:
    start = asked.number("start", default=0)
    wanted = Wanted.asked()
    found = sessions.newest_first(sandbox.sessions, wanted)
    return {
        "wanted": wanted,
        "protocols": list(Protocol),
        "start": start,
        "total": len(found),
        "found": found[start : start + PAGE],
        "older": start + PAGE if len(found) > start + PAGE else None,
        "newer": max(0, start - PAGE) if start else None,
    }


def _named(sandbox: Sandbox, session: Session) -> list[tuple[int, str | None]]:
    """Return the first messages of a session, each once, with their subjects; None for one that was deleted."""

    def subject(message: int) -> str | None:
        try:
            return sandbox.message(message).subject
        except NoSuchMessage:
            return None

    return [(message, subject(message)) for message in list(dict.fromkeys(session.messages))[:MOST_NAMED]]


def _neighbours(ids: list[int], message: int) -> tuple[int | None, int | None]:
    """Return the messages before and after one in a page of the list."""
    if message not in ids:
        return None, None
    place = ids.index(message)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None
