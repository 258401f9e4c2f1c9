"""One message: what it says, its bytes and its parts, and what SMTP and POP3 did with it."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from flask import Response
from werkzeug.exceptions import BadRequest, NotFound

from mailtrap_lite.message import Message, Part
from mailtrap_lite.web import bodies
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find, session_of
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes import message as shapes
from mailtrap_lite.web.shapes.message import EnvelopeJson, MessageJson, PartJson, RestoredJson
from mailtrap_lite.web.shapes.sessions import SessionJson, session
from mailtrap_lite.web.thumbs import thumbnail

routes = Routes("message", "One message: what it says, its bytes, its parts, its envelope.")

PartKey = Annotated[str, "the PartID of a part: 1.2 is the second child of the first part, 0 the whole message"]


class RestoreJson(TypedDict):
    """In which mailbox."""

    Mailbox: NotRequired[
        Annotated[str, "an address, a local part or `*` for all, which it is without it", facts(minLength=1)]
    ]


@routes.get("/api/v1/message/<key>", refuses=NO_MESSAGE)
def show_message(served: Served, key: Key) -> MessageJson:
    """Show a message, and mark it as read."""
    message = find(served.sandbox, key)
    served.sandbox.mark_read([message.id])
    return shapes.message(message)


@routes.get("/api/v1/message/<key>/headers", refuses=NO_MESSAGE)
def show_headers(served: Served, key: Key) -> dict[str, list[str]]:
    """Show the decoded header fields by name, in alphabetical order."""
    return shapes.headers(find(served.sandbox, key))


@routes.get("/api/v1/message/<key>/raw", kinds=("text/plain",), refuses=NO_MESSAGE)
def show_source(served: Served, key: Key) -> Response:
    """Download the source, to the octet as it came."""
    return bodies.source(find(served.sandbox, key))


@routes.get("/api/v1/message/<key>/structure", refuses=NO_MESSAGE)
def show_structure(served: Served, key: Key) -> PartJson:
    """Show the tree of parts; the message is not marked as read."""
    return shapes.structure(find(served.sandbox, key).content.root)


@routes.get(
    "/api/v1/message/<key>/part/<part>",
    kinds=("application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp"),
    refuses={404: "No message has that id, or it has no such part."},
)
def show_part(served: Served, key: Key, part: PartKey) -> Response:
    """Download a decoded part.

    PNG, JPEG, GIF and WebP by their first octets are shown; everything else is application/octet-stream to be saved,
    whatever the mail calls it.
    """
    return bodies.part(part_of(find(served.sandbox, key), part))


@routes.get(
    "/api/v1/message/<key>/part/<part>/thumb",
    kinds=("image/jpeg",),
    refuses={
        404: "No message has that id, or it has no such part.",
        409: "Pillow, which makes them, is not installed: the extra `thumbs`.",
        415: "The part is no PNG, JPEG, GIF or WebP, or a broken one.",
        422: "The picture declares too many points to be decoded.",
    },
)
def show_thumbnail(served: Served, key: Key, part: PartKey) -> Response:
    """Show a small picture of a part, 180 x 120 points."""
    return bodies.picture(thumbnail(part_of(find(served.sandbox, key), part).data))


@routes.get("/api/v1/message/<key>/envelope", refuses=NO_MESSAGE)
def show_envelope(served: Served, key: Key) -> EnvelopeJson:
    """Show what SMTP said, and who fetched and deleted the message over POP3."""
    return shapes.envelope(find(served.sandbox, key))


@routes.get(
    "/api/v1/message/<key>/session", refuses={404: "No message has that id, or no session that is known delivered it."}
)
def show_session_of_message(served: Served, key: Key) -> SessionJson:
    """Show the SMTP conversation that delivered a message."""
    return session(session_of(find(served.sandbox, key)))


@routes.post("/api/v1/message/<key>/restore", refuses=NO_MESSAGE)
def restore_message(served: Served, key: Key, body: RestoreJson) -> RestoredJson:
    """Put back what POP3 deleted of a message; it keeps its UIDL."""
    message = find(served.sandbox, key)
    mailbox = body.get("Mailbox", "*")
    if not mailbox.strip():
        raise BadRequest("Mailbox: this is no address, no local part and not *")
    return shapes.restored(message.id, served.sandbox.restore(message.id, mailbox))


def part_of(message: Message, part: str) -> Part:
    """Return a part of a message by its PartID; raises NotFound."""
    try:
        return message.content.part(part)
    except KeyError:
        raise NotFound(f"the message {message.id} has no part {part[:60]!a}") from None
