"""What a list shows of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypedDict

from mailtrap_lite.message import Address, Summary
from mailtrap_lite.store import Counts
from mailtrap_lite.web.schema import Moment


class AddressJson(TypedDict):
    """A name and an address, as a header field has them."""

    Name: str
    Address: str


class MessageSummaryJson(TypedDict):
    """A message as a list shows it."""

    ID: Annotated[str, "rises with each message; never used again"]
    MessageID: Annotated[str, "the Message-ID without its angle brackets"]
    Read: bool
    From: AddressJson
    To: list[AddressJson]
    Cc: list[AddressJson]
    Bcc: list[AddressJson]
    ReplyTo: list[AddressJson]
    Subject: str
    Created: Annotated[Moment, "when it was accepted"]
    Tags: list[str]
    Size: Annotated[int, "octets of the source"]
    Attachments: Annotated[int, "how many there are"]
    Snippet: Annotated[str, "the first 250 characters of its text"]
    Username: Annotated[str, "as whom the client had logged in; empty if it had not"]


class MessagesSummaryJson(TypedDict):
    """A page of messages."""

    total: Annotated[int, "messages in the store"]
    unread: Annotated[int, "those that nobody opened"]
    messages_count: Annotated[int, "messages that were asked for, on all pages"]
    messages_unread: Annotated[int, "those of them that nobody opened"]
    start: int
    tags: Annotated[list[str], "every tag there is"]
    messages: list[MessageSummaryJson]
    next: Annotated[str, "ours: `behind` of the next page; empty if this is the last"]
    complete: Annotated[bool, "ours: false if there may be more than messages_count, because mail is still looked at"]


class CountJson(TypedDict):
    """Ours: how many messages there are of those that were asked for."""

    Total: int
    Unread: int


class NewsJson(TypedDict):
    """Ours: the data of one event. Complete is false when there were more new messages than an event carries."""

    Total: int
    Unread: int
    Cursor: Annotated[int, "the id of the newest message"]
    Complete: bool
    Messages: list[MessageSummaryJson]


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address(value: Address) -> AddressJson:
    """Return the JSON of an address."""
    return {"Name": value.name, "Address": value.address}


def addresses(values: Iterable[Address]) -> list[AddressJson]:
    """Return the JSON of addresses."""
    return [address(value) for value in values]


def summary(value: Summary) -> MessageSummaryJson:
    """Return the JSON of a message in a list."""
    digest = value.digest
    return {
        "ID": str(value.id),
        "MessageID": digest.message_id,
        "Read": value.read,
        "From": address(digest.sender),
        "To": addresses(digest.to),
        "Cc": addresses(digest.cc),
        "Bcc": addresses(digest.bcc),
        "ReplyTo": addresses(digest.reply_to),
        "Subject": digest.subject,
        "Created": timestamp(value.received),
        "Tags": list(value.tags),
        "Size": value.size,
        "Attachments": digest.attachments,
        "Snippet": digest.snippet,
        "Username": value.envelope.user or "",
    }


def listing(
    values: Sequence[Summary],
    counts: Counts,
    *,
    start: int,
    tags: Iterable[str],
    following: str,
    found: CountJson | None = None,
    complete: bool = True,
) -> MessagesSummaryJson:
    """Return the JSON of a page.

    following: where the next one begins. found: how many there are of those that were asked for; None: all.
    complete: whether that is certain.
    """
    return {
        "total": counts.total,
        "unread": counts.unread,
        "messages_count": counts.total if found is None else found["Total"],
        "messages_unread": counts.unread if found is None else found["Unread"],
        "start": start,
        "tags": list(tags),
        "messages": [summary(value) for value in values],
        "next": following,
        "complete": complete,
    }


def news(counts: Counts, fresh: Sequence[Summary], *, cursor: int, complete: bool) -> NewsJson:
    """Return the JSON of one event."""
    return {
        "Total": counts.total,
        "Unread": counts.unread,
        "Cursor": cursor,
        "Complete": complete,
        "Messages": [summary(value) for value in fresh],
    }
