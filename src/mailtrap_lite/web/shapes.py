"""The JSON of the API: one function for each shape.

Under /api/v1 the names and shapes are those of Mailpit's API, so that its clients work here; what is ours is marked.
Lists are never null. It knows messages and JSON types; it knows no request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from mailtrap_lite.message import Address, Delivery, Envelope, Message, Part, Summary
from mailtrap_lite.store import Counts, MailboxCount
from mailtrap_lite.version import __version__

# What json.dumps takes; Sequence and Mapping so that the literals below fit.
Json: TypeAlias = "str | int | float | bool | Sequence[Json] | dict[str, Json] | None"
Shape: TypeAlias = dict[str, Json]

_LINK = re.compile(r"<([^<>]{1,2000})>")


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address(value: Address) -> Shape:
    """Address."""
    return {"Name": value.name, "Address": value.address}


def addresses(values: Iterable[Address]) -> list[Json]:
    """A list of Address."""
    return [address(value) for value in values]


def summary(value: Summary) -> Shape:
    """MessageSummary."""
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
        "Tags": [],
        "Size": value.size,
        "Attachments": digest.attachments,
        "Snippet": digest.snippet,
        "Username": value.envelope.user or "",
    }


def listing(values: Sequence[Summary], counts: Counts, *, start: int) -> Shape:
    """MessagesSummary."""
    return {
        "total": counts.total,
        "unread": counts.unread,
        "messages_count": counts.total,
        "messages_unread": counts.unread,
        "start": start,
        "tags": [],
        "messages": [summary(value) for value in values],
    }


def message(value: Message) -> Shape:
    """Message."""
    content = value.content
    sent = content.date
    return {
        "ID": str(value.id),
        "MessageID": content.message_id,
        "From": address(content.sender),
        "To": addresses(content.to),
        "Cc": addresses(content.cc),
        "Bcc": addresses(content.bcc),
        "ReplyTo": addresses(content.reply_to),
        "ReturnPath": content.return_path,
        "Subject": content.subject,
        "ListUnsubscribe": _list_unsubscribe(value),
        "Date": sent.isoformat().replace("+00:00", "Z") if sent else timestamp(value.received),
        "Tags": [],
        "Username": value.envelope.user or "",
        "Text": content.text,
        "HTML": content.html,
        "Size": value.size,
        "Inline": [part(item) for item in content.inline],
        "Attachments": [part(item) for item in content.attachments],
    }


def part(value: Part) -> Shape:
    """Attachment."""
    data = value.data
    return {
        "PartID": value.id,
        "FileName": value.filename,
        "ContentType": value.content_type,
        "ContentID": value.content_id,
        "Size": value.size,
        "Checksums": {
            # For comparing files, as the API has them; nothing here trusts them.
            "MD5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "SHA1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            "SHA256": hashlib.sha256(data).hexdigest(),
        },
    }


def headers(value: Message) -> Shape:
    """Header fields by name, in alphabetical order; each name once, spelled as where it came first."""
    spelled: dict[str, str] = {}
    found: dict[str, list[Json]] = {}
    for name, text in value.content.headers:
        found.setdefault(spelled.setdefault(name.lower(), name), []).append(text)
    return {name: found[name] for name in sorted(found)}


def information(counts: Counts, *, store: str, memory: int, accepted: int, deleted: int, uptime: int) -> Shape:
    """AppInformation. LatestVersion is this version: nothing here asks anybody for a newer one."""
    return {
        "Version": __version__,
        "LatestVersion": __version__,
        "Database": store,
        "DatabaseSize": counts.octets,
        "Messages": counts.total,
        "Unread": counts.unread,
        "Tags": {},
        "RuntimeStats": {
            "Uptime": uptime,
            "Memory": memory,
            "MessagesDeleted": deleted,
            "SMTPAccepted": accepted,
            "SMTPAcceptedSize": counts.octets,
            "SMTPRejected": 0,
            "SMTPIgnored": 0,
        },
    }


def envelope(value: Message) -> Shape:
    """Ours: what SMTP said, what became of each delivery, and what is wrong with the mail."""
    said: Envelope = value.envelope
    session = value.session
    return {
        "ID": str(value.id),
        "Sender": said.sender,
        "Recipients": [{"Address": r.address, "Options": list(r.options)} for r in said.recipients],
        "Options": list(said.options),
        "Client": said.client,
        "Helo": said.helo,
        "User": said.user or "",
        "TLS": said.tls or "",
        "Origin": str(said.origin),
        "Session": said.session,
        "Received": timestamp(value.received),
        "Deliveries": [delivery(item) for item in value.deliveries],
        "Defects": list(value.content.defects),
        "Transcript": [str(line) for line in session.lines] if session else [],
    }


def delivery(value: Delivery) -> Shape:
    """Ours: one recipient's copy. Times are "" while it has not happened."""
    return {
        "Mailbox": value.mailbox,
        "UID": value.uid,
        "FetchedAt": "" if value.fetched_at is None else timestamp(value.fetched_at),
        "FetchedBy": value.fetched_by or "",
        "DeletedAt": "" if value.deleted_at is None else timestamp(value.deleted_at),
        "DeletedBy": value.deleted_by or "",
    }


def mailboxes(values: Iterable[MailboxCount]) -> Shape:
    """Ours: each mailbox and how many messages a POP3 client would find in it."""
    return {"mailboxes": [{"Name": value.name, "Waiting": value.waiting} for value in values]}


def news(counts: Counts, fresh: Sequence[Summary], *, cursor: int, complete: bool) -> Shape:
    """Ours: the data of one event. Complete is false when there were more new messages than an event carries."""
    return {
        "Total": counts.total,
        "Unread": counts.unread,
        "Cursor": cursor,
        "Complete": complete,
        "Messages": [summary(value) for value in fresh],
    }


def error(text: str) -> Shape:
    """JSONErrorResponse."""
    return {"Error": text}


def _list_unsubscribe(value: Message) -> Shape:
    """RFC 2369 section 3.2 and RFC 8058."""
    header = value.content.list_unsubscribe
    links = _LINK.findall(header)
    errors = "no link in angle brackets" if header and not links else ""
    post = value.content.headers.get("List-Unsubscribe-Post", "")
    return {"Header": header, "Links": list(links), "Errors": errors, "HeaderPost": post}
