"""Tags: which there are, and which a message has."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from werkzeug.exceptions import NotFound

from mailtrap_lite.tags import checked_tag
from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.messages import Ids
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.schema import facts

routes = Routes("tags", "Tags of messages.")

Tag = Annotated[str, "a tag; upper and lower case are the same", facts(example="Orders")]
NO_TAG = {404: "No message has that tag."}


class SetTagsJson(TypedDict):
    """Which messages get which tags, and no others."""

    IDs: Ids
    Tags: Annotated[list[str], "none takes all tags away", facts(example=["Orders", "Urgent"])]


class RenameTagJson(TypedDict):
    """The new name."""

    Name: Annotated[str, facts(example="Invoices")]


@routes.get("/api/v1/tags")
def list_tags(served: Served) -> list[str]:
    """List each tag that a message has, in order."""
    return served.sandbox.tags()


@routes.put("/api/v1/tags")
def set_tags(served: Served, body: SetTagsJson) -> Literal["ok"]:
    """Give messages these tags and no others."""
    tags = [checked_tag(tag) for tag in body["Tags"]]
    served.sandbox.set_tags(asked.known_ids(body["IDs"]), tags)
    return "ok"


@routes.put("/api/v1/tags/<path:tag>", refuses=NO_TAG)
def rename_tag(served: Served, tag: Tag, body: RenameTagJson) -> Literal["ok"]:
    """Rename a tag; if there is one of the new name, they become one."""
    if not served.sandbox.rename_tag(tag, body["Name"]):
        raise _unknown(tag)
    return "ok"


@routes.delete("/api/v1/tags/<path:tag>", refuses=NO_TAG)
def delete_tag(served: Served, tag: Tag) -> Literal["ok"]:
    """Take a tag from all messages, which stay."""
    if not served.sandbox.delete_tag(tag):
        raise _unknown(tag)
    return "ok"


def _unknown(tag: str) -> NotFound:
    return NotFound(f"no message has the tag {tag[:100]!a}")
