"""Release: a caught mail sent on to real mailboxes. Nothing here sends anything before relaying is configured."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypedDict

from werkzeug.exceptions import BadRequest, Conflict

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find
from mailtrap_lite.web.schema import facts

routes = Routes("release", "A caught mail sent on, on purpose.")

_ADDRESS = re.compile(r"[^\s<>(),;:\\\"\x00-\x20\x7f]{1,255}@[^\s<>(),;:\\\"@\x00-\x20\x7f]{1,255}")


class ReleaseJson(TypedDict):
    """To whom it goes."""

    To: Annotated[list[str], "addresses", facts(minItems=1, example=["bob@example.com"])]


@routes.post(
    "/api/v1/message/<key>/release", refuses={**NO_MESSAGE, 409: "No server is configured that mail may be sent on to."}
)
def release_message(served: Served, key: Key, body: ReleaseJson) -> Literal["ok"]:
    """Send a message on."""
    message = find(served.sandbox, key)
    if not body["To"]:
        raise BadRequest("To: it names nobody")
    for number, address in enumerate(body["To"]):
        if not _ADDRESS.fullmatch(address) or not address.isprintable():
            raise BadRequest(f"To[{number}]: {address[:60]!a} is no address")
    raise Conflict(f"the message {message.id} stays here: no server is configured that mail may be released to")
