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

from mailtrap_lite.message import Address, Delivery, Envelope, Finding, Message, Part, Recipient, Session, Summary
from mailtrap_lite.store import Counts, Entry, MailboxCount
from mailtrap_lite.version import __version__
from mailtrap_lite.web import sessions

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
        "Recipients": [recipient(item) for item in said.recipients],
        "Options": list(said.options),
        "Body": said.body,
        "SMTPUTF8": said.smtputf8,
        "RequireTLS": said.require_tls,
        "Ret": said.ret or "",
        "EnvID": said.envid or "",
        "Client": said.client,
        "Helo": said.helo,
        "User": said.user or "",
        "TLS": said.tls or "",
        "Origin": str(said.origin),
        "Session": said.session,
        "Received": timestamp(value.received),
        "Deliveries": [delivery(item) for item in value.deliveries],
        "Defects": list(value.content.defects),
        "Remarks": list(said.remarks),
        "Transcript": [str(line) for line in session.lines] if session else [],
    }


def recipient(value: Recipient) -> Shape:
    """Ours: one RCPT TO. Notify is empty and Original "" when the client said nothing of it."""
    return {
        "Address": value.address,
        "Options": list(value.options),
        "Notify": list(value.notify),
        "Original": value.original or "",
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


def session_summary(value: Session) -> Shape:
    """Ours: a session without what was said. Ended is "" and Duration null while it goes on; times are in seconds."""
    return {
        "ID": value.id,
        "Protocol": str(value.protocol),
        "Client": value.client,
        "Helo": sessions.helo(value),
        "User": value.user or "",
        "TLS": value.tls or "",
        "Cipher": value.cipher or "",
        "Started": timestamp(value.started),
        "Ended": "" if value.ended is None else timestamp(value.ended),
        "Ending": str(value.ending),
        "Duration": None if value.duration is None else round(value.duration, 6),
        "OctetsIn": value.octets_in,
        "OctetsOut": value.octets_out,
        "Pipelined": value.pipelined,
        "Delivered": value.delivered,
        "Messages": [str(message) for message in value.messages],
        "Refused": len(value.errors),
    }


def session_listing(values: Sequence[Session], *, total: int, start: int) -> Shape:
    """Ours: one page of the sessions. total: how many there are of those that were asked for."""
    return {"total": total, "start": start, "sessions": [session_summary(value) for value in values]}


def session(value: Session) -> Shape:
    """Ours: a session whole. Omitted lines are missing before Lines[Gap]. At: seconds since it began.

    Retrieved and Deleted: message numbers of a POP3 session, in which they begin with 1.
    """
    return {
        **session_summary(value),
        "Retrieved": list(value.retrieved),
        "Deleted": list(value.deleted),
        "Lines": [{"Speaker": str(line.speaker), "At": round(line.at, 6), "Text": line.text} for line in value.lines],
        "Exchanges": [
            {
                "Command": each.command,
                "Replies": list(each.replies),
                "At": round(each.at, 6),
                "Took": round(each.took, 6),
            }
            for each in value.exchanges
        ],
        "Omitted": value.omitted,
        "Gap": value.gap,
    }


def lint(values: Iterable[Finding]) -> Shape:
    """Ours: what a strict receiver or a reader of the RFCs objects to."""
    return {
        "Findings": [
            {"Code": value.code, "Text": value.text, "Refusable": value.refusable, "RFC": value.rfc} for value in values
        ]
    }


def mailboxes(values: Iterable[MailboxCount]) -> Shape:
    """Ours: each mailbox and how many messages a POP3 client would find in it."""
    return {"mailboxes": [{"Name": value.name, "Waiting": value.waiting} for value in values]}


def mailbox(name: str, entries: Iterable[Entry]) -> Shape:
    """Ours: what a POP3 client would list now, in its order. Size: the octets that RETR sends."""
    waiting: list[Json] = [{"ID": str(value.message), "UID": value.uid, "Size": value.octets} for value in entries]
    return {"Name": name, "Waiting": waiting}


def restored(message: int, mailboxes: int) -> Shape:
    """Ours: in how many mailboxes a message lies again that POP3 had deleted there."""
    return {"ID": str(message), "Restored": mailboxes}


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
