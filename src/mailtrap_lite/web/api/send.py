"""Mail sent as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NotRequired, TypedDict

from werkzeug.exceptions import BadRequest

from mailtrap_lite.errors import TooLarge
from mailtrap_lite.tags import checked_tag
from mailtrap_lite.web.api.declared import MOST_MAIL, Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.compose import Draft, File, Person, checked, compose, decoded
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.exchange import SentJson, sent

routes = Routes("send", "Mail sent as JSON, without SMTP.")


class PersonJson(TypedDict):
    """Somebody."""

    Email: Annotated[str, facts(example="bob@example.com")]
    Name: NotRequired[Annotated[str, facts(example="Bob")]]


class FileJson(TypedDict):
    """A file that goes with a mail."""

    Content: Annotated[str, "its octets in base64", facts(example="aGVsbG8=")]
    Filename: Annotated[str, facts(example="hello.txt")]
    ContentID: NotRequired[Annotated[str, "makes it an inline part that the HTML can refer to as cid:"]]
    ContentType: NotRequired[Annotated[str, "told from its octets and its name without it"]]


class SendJson(TypedDict):
    """A mail, and to whom it goes: To, Cc and Bcc, of which at least one names somebody."""

    From: PersonJson
    To: NotRequired[list[PersonJson]]
    Cc: NotRequired[list[PersonJson]]
    Bcc: NotRequired[Annotated[list[str], "addresses that no header field names", facts(example=["eve@example.com"])]]
    ReplyTo: NotRequired[list[PersonJson]]
    Subject: NotRequired[str]
    Text: NotRequired[str]
    HTML: NotRequired[str]
    Headers: NotRequired[Annotated[dict[str, str], "further header fields", facts(example={"X-Order": "7"})]]
    Attachments: NotRequired[list[FileJson]]
    Tags: NotRequired[list[str]]


@routes.post(
    "/api/v1/send",
    most=MOST_MAIL,
    refuses={
        422: "A value, which is named, cannot be in a mail: it holds CR, LF, NUL or another control, or is no address."
    },
)
def send_message(served: Served, body: SendJson) -> SentJson:
    """Send a mail.

    It is built in UTF-8 and then delivered as if it had come over SMTP; the ID is usable at once.
    The body may be as large as a message.
    """
    sandbox = served.sandbox
    draft = _draft(body)
    tags = [checked_tag(checked(f"Tags[{number}]", tag)) for number, tag in enumerate(body.get("Tags", []))]
    most = sandbox.settings.recipients
    if not 0 < len(draft.recipients) <= most:
        raise BadRequest(f"To, Cc and Bcc name {len(draft.recipients):,} recipients; there can be 1 to {most:,}")
    raw = compose(draft, now=sandbox.clock())
    if 0 < sandbox.settings.message_size < len(raw):
        raise TooLarge(f"the mail has {len(raw):,} octets; {sandbox.settings.message_size:,} are the most")
    message = sandbox.deliver(raw, to=draft.recipients, sender=draft.sender.address)
    if tags:
        sandbox.set_tags([message.id], [*message.tags, *tags])
    return sent(message.id)


def _draft(body: SendJson) -> Draft:
    return Draft(
        sender=_person(body["From"]),
        to=_people(body.get("To", [])),
        cc=_people(body.get("Cc", [])),
        bcc=tuple(body.get("Bcc", [])),
        reply_to=_people(body.get("ReplyTo", [])),
        subject=body.get("Subject", ""),
        text=body.get("Text", ""),
        html=body.get("HTML", ""),
        fields=tuple(body.get("Headers", {}).items()),
        files=tuple(_file(number, file) for number, file in enumerate(body.get("Attachments", []))),
    )


def _people(values: Sequence[PersonJson]) -> tuple[Person, ...]:
    return tuple(_person(value) for value in values)


def _person(value: PersonJson) -> Person:
    return Person(value["Email"], value.get("Name", ""))


def _file(number: int, value: FileJson) -> File:
    return File(
        value["Filename"],
        decoded(f"Attachments[{number}].Content", value["Content"]),
        kind=value.get("ContentType", ""),
        content_id=value.get("ContentID", ""),
    )
