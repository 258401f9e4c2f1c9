"""The pages by which mail moves on: the release of a message, the queue, and one entry of it with its attempts.

They work without scripts; a GET changes nothing. They know templates and the sandbox's verbs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self  # Any: what a template is given

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.errors import BadMail, MailtrapError, NoSuchEntry
from mailtrap_lite.message import Message
from mailtrap_lite.message.queued import QueueEntry, QueueState
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import asked
from mailtrap_lite.web.api import find
from mailtrap_lite.web.english import t
from mailtrap_lite.web.place import PAGE
from mailtrap_lite.web.rooms import Rooms

_UNFINISHED: Final = tuple(state for state in QueueState if state.unfinished)
# What the list of the queue can be narrowed to, as its address says it; "" is what may still be sent.
SHOWN: Final = {
    "": _UNFINISHED,
    "sent": (QueueState.SENT,),
    "failed": (QueueState.FAILED,),
    "cancelled": (QueueState.CANCELLED,),
    "all": (),
}
DEEDS: Final = ("retry", "pause", "resume", "cancel")
MOST_LEGS = 1000  # recipients that a form offers one by one
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody chose of a release. to: None if nothing was chosen yet. sender: None keeps the envelope's."""

    to: list[str] | None
    more: str
    sender: str | None
    preview: bool

    @classmethod
    def of(cls, said: MultiDict[str, str]) -> Self:
        """Read it from a query or a form."""
        more = said.get("more", "")
        to = [*said.getlist("to"), *filter(None, _BETWEEN.split(more))]
        chosen = "more" in said or bool(to)
        sender = said.get("sender", "").strip() if said.get("as") == "other" else None
        return cls(to if chosen else None, more, sender, said.get("step") == "preview")


def moving(here: Rooms) -> Blueprint:
    """Return the routes, over the sandbox of the request."""
    routes = Blueprint("moving", __name__)

    @routes.app_context_processor
    def leaving() -> dict[str, Any]:
        return {"leaving": lambda: _leaving(here.sandbox)}

    @routes.get("/message/<key>/release")
    def ask_to_release(key: str) -> Response:
        message = find(here.sandbox, key)
        return _release_page(here.sandbox, message, Asked.of(request.args))

    @routes.post("/message/<key>/release")
    def release(key: str) -> BaseResponse:
        message = find(here.sandbox, key)
        chosen = Asked.of(request.form)
        here.sandbox.release(message, to=chosen.to or [], sender=chosen.sender)
        return redirect(url_for("moving.list_queue", message=message.id, show="all"), 303)

    @routes.get("/queue")
    def list_queue() -> Response:
        return _page("queue.html", **_listed(here.sandbox))

    @routes.post("/queue")
    def change() -> BaseResponse:
        count = _act(here.sandbox)
        did: dict[str, Any] = {"did": request.form["do"], "count": count}
        if entry := asked.message_id(request.form.get("entry", "")):
            return redirect(url_for("moving.show_entry", entry=entry, **did), 303)
        shown: dict[str, Any] = {name: request.form.get(name, "") for name in ("show", "message", "after")}
        return redirect(url_for("moving.list_queue", **{n: v for n, v in shown.items() if v}, **did), 303)

    @routes.get("/queue/<entry>")
    def show_entry(entry: str) -> Response:
        number = asked.message_id(entry)
        if number is None:
            raise NoSuchEntry(f"{entry[:60]!a} is not the id of an entry of the queue")
        found = here.sandbox.queue.entry(number)
        attempts = here.sandbox.queue.attempts(number)
        subject = _subjects(here.sandbox, [found]).get(found.message, "")
        return _page("entry.html", entry=found, attempts=attempts, subject=subject, **_done(), **_around(here.sandbox))

    return routes


def _leaving(sandbox: Sandbox) -> int | None:
    """Return how many entries may still be sent; None where a link to the queue would lead to nothing."""
    try:
        counts = sandbox.queue.counts()
    except MailtrapError:  # a page that says why is more than a page that fails here
        return None
    if sandbox.policy is None and not any(counts.values()):
        return None
    return sum(counts[state] for state in _UNFINISHED)


def _release_page(sandbox: Sandbox, message: Message, chosen: Asked) -> Response:
    values: dict[str, Any] = {"message": message, "chosen": chosen, "policy": sandbox.policy, "problem": ""}
    values["known"] = sandbox.preview_release(message).legs[:MOST_LEGS] if message.envelope.addresses else ()
    if chosen.preview:
        try:
            values["release"] = sandbox.preview_release(message, to=chosen.to or [], sender=chosen.sender)
        except BadMail as problem:
            values["problem"] = str(problem) if chosen.to else t("release.nobody")
    found = _page("release.html", **values)
    if values["problem"]:
        found.status_code = BadMail.http
    return found


def _listed(sandbox: Sandbox) -> dict[str, Any]:
    shown = request.args.get("show", "")
    if shown not in SHOWN:
        raise BadRequest(f"show: {shown[:60]!a} is not one of {', '.join(filter(None, SHOWN))}")
    message = asked.message_id(request.args.get("message", ""))
    after = asked.message_id(request.args.get("after", "")) or 0
    found = sandbox.queue.entries(*SHOWN[shown], message=message, after=after, limit=PAGE + 1)
    entries, more = found[:PAGE], len(found) > PAGE
    return {
        "entries": entries,
        "subjects": _subjects(sandbox, entries),
        "more": entries[-1].id if more else None,
        "shown": shown,
        "choices": list(SHOWN),
        "message": message,
        "after": after,
        **_done(),
        **_around(sandbox),
    }


def _around(sandbox: Sandbox) -> dict[str, Any]:
    queue = sandbox.queue
    return {"paused": queue.paused, "counts": queue.counts(), "now": queue.now(), "policy": sandbox.policy}


def _done() -> dict[str, Any]:
    """Return what a form before this page did, to be said."""
    did = request.args.get("did", "")
    return {"did": did if did in DEEDS else "", "did_count": asked.number("count", default=0)}


def _act(sandbox: Sandbox) -> int:
    said = request.form.get("do", "")
    deeds: dict[str, Callable[..., int]] = {
        "retry": sandbox.queue.retry_now,
        "pause": sandbox.queue.pause,
        "resume": sandbox.queue.resume,
        "cancel": sandbox.queue.cancel,
    }
    if said not in deeds:
        raise BadRequest(f"do: {said[:60]!a} is not one of {', '.join(DEEDS)}")
    if request.form.get("all") == "yes":
        return deeds[said]()
    ids = asked.known_ids(request.form.getlist("id"))
    return deeds[said](*ids) if ids else 0  # without an id it would be the whole queue


def _subjects(sandbox: Sandbox, entries: list[QueueEntry]) -> dict[int, str]:
    found = sandbox.summaries_of(sorted({entry.message for entry in entries}))
    return {summary.id: summary.digest.subject for summary in found}


def _page(template: str, **values: Any) -> Response:
    """Return a page. Lone surrogates that came in with a mail are replaced, as UTF-8 has no way to write them."""
    text = render_template(template, **values)
    return Response(text.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")
