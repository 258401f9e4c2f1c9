"""The inspector's pages: the inbox, a message beside it, the sessions, and what a person can do to mail.

Everything can be read, chosen and deleted without scripts; the scripts make it live. A GET changes nothing here.
It knows templates and the sandbox's verbs; the mail's own HTML is never part of a page, only of a frame (`bodies`).
"""

from __future__ import annotations

from typing import Any  # Any: what a template is given

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.accounts import Selection
from mailtrap_lite.errors import BadQuery, NoSuchMessage
from mailtrap_lite.message import Message, Protocol, Session
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.sandboxes import domain_of
from mailtrap_lite.web import asked, present, reading, sample, selecting, sessions
from mailtrap_lite.web.api import find
from mailtrap_lite.web.api.exchange import exported
from mailtrap_lite.web.listing import Part
from mailtrap_lite.web.place import PAGE, Place, spelled
from mailtrap_lite.web.recipes import recipes
from mailtrap_lite.web.rooms import Rooms
from mailtrap_lite.web.sessions import Wanted
from mailtrap_lite.web.view import Tab

MOST_NAMED = 20  # messages of a session that are named by their subjects; the others are links


# What templates write values with.
FILTERS = (
    *(present.size, present.iso, present.moment, present.span, present.count, present.ending, present.visible),
    *(present.author, present.recipients, present.initials, present.hue, present.tag_hue),
    sessions.helo,
)


def pages(here: Rooms) -> Blueprint:
    """Return the routes, over the sandbox of the request."""
    routes = Blueprint("pages", __name__)
    for written in FILTERS:
        routes.add_app_template_filter(written)
    routes.add_app_template_filter(spelled, "spot")

    def around(place: Place, message: Message | None = None) -> dict[str, Any]:
        return here.surroundings.around(place, message)

    def doors() -> dict[str, tuple[str, str]]:
        return here.surroundings.doors()

    def empty() -> dict[str, Any]:
        sandbox, settings = here.sandbox, here.sandbox.settings
        values = {"recipes": recipes(doors(), settings, sandbox=sandbox.name), "settings": settings}
        return {**values, "domain": domain_of(sandbox)} if sandbox.name else values

    @routes.get("/")
    def inbox() -> Response:
        values = around(Place.asked())
        found = page("inbox.html", **values, **empty())
        if "listing" in values and values["listing"].problem is not None:
            found.status_code = BadQuery.http
        return found

    @routes.get("/rows")
    def rows() -> Response:
        place = Place.asked()
        return page("rows.html", place=place.top, listing=here.surroundings.listing(place))

    @routes.get("/mailboxes")
    def list_mailboxes() -> Response:
        return page("mailboxes.html", **around(Place.asked()))

    @routes.post("/selection")
    def change() -> BaseResponse:
        place = Place.asked()
        if (kind := selecting.wanted_file()) is not None:
            return exported(here.sandbox, selecting.chosen(here.sandbox, place), kind)
        changed = selecting.act(here.sandbox, place)
        if Part.asked() is not Part.PAGE:  # a script shows the list itself
            return Response(str(changed), content_type="text/plain; charset=utf-8")
        return redirect(url_for("pages.inbox", **place.query()), 303)

    @routes.post("/test-mail")
    def send_test_mail() -> BaseResponse:
        planted = here.sandbox.deliver(sample.sample(here.sandbox.clock()), to=sample.RECIPIENT, sender=sample.SENDER)
        return redirect(url_for("pages.message", key=planted.id), 303)

    @routes.get("/message/<key>")
    def message(key: str) -> Response:
        found = find(here.sandbox, key)
        place = Place.asked()
        beside = here.surroundings.beside(place, found)
        return page("message.html", **around(place, found), beside=beside, **reading.values(found, here.sandbox))

    @routes.get("/sessions")
    def list_sessions() -> Response:
        return page("sessions.html", doors=doors(), **_sessions(here.sandbox))

    @routes.get("/session/<session>")
    def session(session: str) -> Response:
        found = here.sandbox.session(session)
        return page("session.html", doors=doors(), session=found, named=_named(here.sandbox, found))

    @routes.get("/delete-all")
    def ask_to_delete_all() -> Response:
        return page("delete_all.html", **around(Place.asked().top))

    @routes.post("/delete-all")
    def delete_all() -> BaseResponse:
        place = Place.asked().top
        selecting.delete_all(here.sandbox, place)
        return redirect(url_for("pages.inbox", **place.query()), 303)

    @routes.post("/message/<key>/delete")
    def delete(key: str) -> BaseResponse:
        here.sandbox.delete([find(here.sandbox, key).id])
        return redirect(url_for("pages.inbox", **Place.asked().query()), 303)

    @routes.post("/message/<key>/read")
    def mark(key: str) -> BaseResponse:
        found = find(here.sandbox, key)
        here.sandbox.mark_read([found.id], read=request.form.get("read") == "yes")
        return redirect(url_for("pages.message", key=found.id, **Place.asked().query()), 303)

    @routes.post("/message/<key>/restore")
    def restore(key: str) -> BaseResponse:
        found = find(here.sandbox, key)
        # The mailbox as the deliveries have it, so not a name to be understood; none is all of them.
        here.sandbox.restore(found.id, Selection(mailbox=request.form.get("mailbox", "")))
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
