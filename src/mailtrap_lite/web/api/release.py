"""Release: a caught mail sent on to real mailboxes, and what that would do. Settings say whether anything may leave."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes import queue as shapes
from mailtrap_lite.web.shapes.queue import ReleasePreviewJson

routes = Routes("release", "A caught mail sent on, on purpose.")

NULL_SENDER = "<>"  # as it stands in MAIL, where an empty text would be none


class ReleaseJson(TypedDict):
    """To whom it goes. Without Sender it goes in the name of who sent it."""

    To: Annotated[list[str], "addresses", facts(minItems=1, example=["bob@example.com"])]
    Sender: NotRequired[Annotated[str, "the reverse-path in place of that of its envelope; `<>` is the null sender"]]


@routes.get("/api/v1/message/<key>/release", refuses=NO_MESSAGE)
def preview_release(
    served: Served,
    key: Key,
    to: Annotated[list[str], "addresses; those of its envelope without it"] = [],  # noqa: B006 - never changed
    sender: Annotated[str, "as Sender of the release"] = "",
) -> ReleasePreviewJson:
    """Preview a release: what would be sent, where, and what speaks against it.

    Nothing is sent.
    """
    message = find(served.sandbox, key)
    return shapes.preview(served.sandbox.preview_release(message, to=to or None, sender=reverse_path(sender or None)))


@routes.post(
    "/api/v1/message/<key>/release",
    refuses={**NO_MESSAGE, 409: "No server is configured that mail may be sent on to, or a recipient is not allowed."},
)
def release_message(served: Served, key: Key, body: ReleaseJson) -> Literal["ok"]:
    """Send a message on.

    It is in the queue when this is answered, for all recipients or for none.
    """
    served.sandbox.release(find(served.sandbox, key), to=body["To"], sender=reverse_path(body.get("Sender")))
    return "ok"


def reverse_path(said: str | None) -> str | None:
    """Return the sender that somebody chose; None keeps that of the envelope."""
    return "" if said == NULL_SENDER else said
