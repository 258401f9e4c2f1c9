"""The HTTP API: Mailpit's paths and shapes under /api/v1 and /view, and what is ours beside them.

It knows requests and the sandbox's verbs; the JSON is in `shapes`, the mail's own bytes in `bodies`.
Where Mailpit's API lets a GET change something (reading a message marks it as read), so does this one.
"""

from __future__ import annotations

import sys

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from mailtrap_lite.errors import NoSuchMessage, NoSuchSession
from mailtrap_lite.message import Message, Session
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import asked, bodies, shapes
from mailtrap_lite.web.events import Events, TooManyStreams
from mailtrap_lite.web.sessions import Wanted, newest_first
from mailtrap_lite.web.view import SCHEMES

MOST_LISTED = 1000  # messages or sessions in one answer; a larger limit counts as this
DELETE_KEYS = frozenset({"IDs"})
READ_KEYS = frozenset({"IDs", "Read", "Search"})


def api(sandbox: Sandbox, events: Events) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("api", __name__)
    began = sandbox.clock()
    at_first = sandbox.counts().total
    before = sandbox.last_id

    @routes.get("/api/v1/messages")
    def list_messages() -> Response:
        start = asked.number("start", default=0)
        limit = asked.number("limit", default=50, most=MOST_LISTED)
        return jsonify(shapes.listing(sandbox.summaries(start=start, limit=limit), sandbox.counts(), start=start))

    @routes.delete("/api/v1/messages")
    def delete_messages() -> Response:
        ids = asked.chosen(keys=DELETE_KEYS).ids
        if ids is None:
            sandbox.clear()
        else:
            sandbox.delete(ids)
        return _ok()

    @routes.put("/api/v1/messages")
    def set_read_status() -> Response:
        asked_for = asked.chosen(keys=READ_KEYS)
        sandbox.mark_read(asked_for.ids, read=asked_for.read)
        return _ok()

    @routes.get("/api/v1/message/<key>")
    def show_message(key: str) -> Response:
        message = find(sandbox, key)
        sandbox.mark_read([message.id])
        return jsonify(shapes.message(message))

    @routes.get("/api/v1/message/<key>/headers")
    def show_headers(key: str) -> Response:
        return jsonify(shapes.headers(find(sandbox, key)))

    @routes.get("/api/v1/message/<key>/raw")
    def show_source(key: str) -> Response:
        return bodies.source(find(sandbox, key))

    @routes.get("/api/v1/message/<key>/part/<part>")
    def show_part(key: str, part: str) -> Response:
        message = find(sandbox, key)
        try:
            return bodies.part(message.content.part(part))
        except KeyError:
            raise NotFound(f"the message {message.id} has no part {part[:60]!a}") from None

    @routes.get("/api/v1/message/<key>/envelope")
    def show_envelope(key: str) -> Response:
        message = find(sandbox, key)
        return jsonify(shapes.envelope(message))

    @routes.post("/api/v1/message/<key>/restore")
    def restore_message(key: str) -> Response:
        message = find(sandbox, key)
        return jsonify(shapes.restored(message.id, sandbox.restore(message.id, asked.mailbox())))

    @routes.get("/api/v1/message/<key>/session")
    def show_session_of_message(key: str) -> Response:
        return jsonify(shapes.session(session_of(find(sandbox, key))))

    @routes.get("/api/v1/message/<key>/lint")
    def show_lint(key: str) -> Response:
        return jsonify(shapes.lint(find(sandbox, key).lint))

    @routes.get("/api/v1/sessions")
    def list_sessions() -> Response:
        start = asked.number("start", default=0)
        limit = asked.number("limit", default=50, most=MOST_LISTED)
        found = newest_first(sandbox.sessions, Wanted.asked())
        return jsonify(shapes.session_listing(found[start : start + limit], total=len(found), start=start))

    @routes.get("/api/v1/session/<session>")
    def show_session(session: str) -> Response:
        return jsonify(shapes.session(sandbox.session(session)))

    @routes.get("/api/v1/mailboxes")
    def list_mailboxes() -> Response:
        return jsonify(shapes.mailboxes(sandbox.mailboxes()))

    @routes.get("/api/v1/mailbox/<path:name>")
    def show_mailbox(name: str) -> Response:
        return jsonify(shapes.mailbox(sandbox.mailbox(name).name, sandbox.maildrop(name)))

    @routes.get("/api/v1/info")
    def show_information() -> Response:
        counts = sandbox.counts()
        accepted = sandbox.last_id - before
        facts = shapes.information(
            counts,
            store=sandbox.settings.store,
            memory=_memory(),
            accepted=accepted,
            deleted=max(0, at_first + accepted - counts.total),
            uptime=max(0, int(sandbox.clock() - began)),
        )
        return jsonify(facts)

    @routes.get("/api/v1/events")
    def follow() -> Response:
        # A browser sends Last-Event-ID when it connects again, and then it counts more than where the page began.
        last = asked.cursor(request.headers.get("Last-Event-ID", ""))
        cursor = asked.number("after", default=sandbox.last_id) if last is None else last
        try:
            stream = events.open(cursor)
        except TooManyStreams:
            text = f"{events.streams} pages are live already; raise --event-streams (MAILTRAP_LITE_EVENT_STREAMS)"
            raise ServiceUnavailable(text, retry_after=5) from None
        response = Response(stream, content_type="text/event-stream; charset=utf-8")
        response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects events would make them late
        return response

    @routes.get("/view/<key>.html")
    def view_html(key: str) -> Response:
        message = find(sandbox, key)
        if not message.content.html:
            raise NotFound(f"the message {message.id} has no HTML part")
        # A link in a mail must not load the mail's remote content: only our own page, or a person, can ask for it.
        ours = request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}
        remote = request.args.get("remote") == "1" and ours
        return bodies.html(
            message, embed=request.args.get("embed") == "1", remote=remote, scheme=asked.choice("scheme", SCHEMES)
        )

    @routes.get("/view/<key>.txt")
    def view_text(key: str) -> Response:
        return bodies.text(find(sandbox, key))

    @routes.get("/livez")
    @routes.get("/readyz")
    def is_alive() -> Response:
        sandbox.counts()  # raises what the store would answer to a reader
        return _ok()

    return routes


def find(sandbox: Sandbox, key: str) -> Message:
    """Return the message of an id in a path, or the newest for "latest"; raises NoSuchMessage."""
    if key == "latest":
        return sandbox.latest()
    number = asked.message_id(key)
    if number is None:
        raise NoSuchMessage(f"{key[:60]!a} is not the id of a message")
    return sandbox.message(number)


def session_of(message: Message) -> Session:
    """Return the session that delivered a message; raises NoSuchSession."""
    if not message.envelope.session:
        raise NoSuchSession(f"the message {message.id} was planted; no session delivered it")
    if (found := message.session) is None:
        raise NoSuchSession(f"the session that delivered the message {message.id} was forgotten")
    return found


def _ok() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


def _memory() -> int:
    """Return the octets of memory that this process had at most; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource  # only where it exists

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
