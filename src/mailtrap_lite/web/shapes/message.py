"""A message whole: what it says, its parts, and what SMTP and POP3 did with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Annotated, TypedDict

from mailtrap_lite.message import Delivery, Envelope, Message, Part, Recipient
from mailtrap_lite.web.schema import Moment
from mailtrap_lite.web.shapes.messages import AddressJson, address, addresses, timestamp

_LINK = re.compile(r"<([^<>]{1,2000})>")


class ListUnsubscribeJson(TypedDict):
    """What List-Unsubscribe and List-Unsubscribe-Post say (RFC 2369, RFC 8058)."""

    Header: str
    Links: list[str]
    Errors: Annotated[str, "what is wrong with the field; empty for nothing"]
    HeaderPost: str


class ChecksumsJson(TypedDict):
    """Digests of the decoded bytes, to compare files with."""

    MD5: str
    SHA1: str
    SHA256: str


class AttachmentJson(TypedDict):
    """A file in a message."""

    PartID: Annotated[str, "for /part/{PartID}; 1.2 is the second child of the first part"]
    FileName: Annotated[str, "as the mail has it; never write to it"]
    ContentType: str
    ContentID: str
    Size: int
    Checksums: ChecksumsJson


class MessageJson(TypedDict):
    """A message: what it says, without the bytes of its files."""

    ID: str
    MessageID: str
    From: AddressJson
    To: list[AddressJson]
    Cc: list[AddressJson]
    Bcc: list[AddressJson]
    ReplyTo: list[AddressJson]
    ReturnPath: str
    Subject: str
    ListUnsubscribe: ListUnsubscribeJson
    Date: Annotated[Moment, "its Date with the zone that it has; when it was accepted if it has none"]
    Tags: list[str]
    Username: str
    Text: str
    HTML: Annotated[str, "as it came: show it only in a sandboxed frame"]
    Size: int
    Inline: Annotated[list[AttachmentJson], "files that the HTML refers to"]
    Attachments: list[AttachmentJson]


class PartJson(TypedDict):
    """Ours: a node of the tree of parts."""

    PartID: Annotated[str, "0 is the whole message, 1 its first part, 1.2 that one's second"]
    ContentType: str
    Charset: str
    Encoding: Annotated[str, "the Content-Transfer-Encoding"]
    Disposition: str
    FileName: str
    ContentID: str
    Size: Annotated[int, "octets when decoded"]
    Headers: Annotated[list[list[str]], "name and value of each field, in order"]
    Defects: list[str]
    Parts: list[PartJson]


class RecipientJson(TypedDict):
    """Ours: one RCPT TO. Notify is empty and Original "" when the client said nothing of it."""

    Address: str
    Options: list[str]
    Notify: list[str]
    Original: str


class FetchJson(TypedDict):
    """Ours: a POP3 client was sent a message whole."""

    At: str
    By: str


class DeliveryJson(TypedDict):
    """Ours: one recipient's copy. What has not happened is "" or null."""

    Mailbox: str
    UID: str
    FetchedAt: Annotated[str, "the last time"]
    FetchedBy: Annotated[str, "who did last"]
    Fetches: Annotated[list[FetchJson], "each time, oldest first; of more than 100 the first and the last ones"]
    DeletedAt: str
    DeletedBy: str


class EnvelopeJson(TypedDict):
    """Ours: what SMTP said, what became of each delivery, and what is wrong with the mail."""

    ID: str
    Sender: str
    Recipients: list[RecipientJson]
    Options: list[str]
    Body: str
    SMTPUTF8: bool
    RequireTLS: bool
    Ret: str
    EnvID: str
    Client: str
    Helo: str
    User: str
    TLS: str
    Origin: str
    Session: str
    Received: Moment
    Deliveries: list[DeliveryJson]
    Defects: list[str]
    Remarks: list[str]
    Transcript: list[str]


class KnownJson(EnvelopeJson):
    """Ours: the envelope of a message in a list, and how it is marked."""

    Read: bool
    Tags: list[str]


class EnvelopesJson(TypedDict):
    """Ours: messages without their source, oldest first."""

    Envelopes: list[KnownJson]


class RestoredJson(TypedDict):
    """Ours: in how many mailboxes a message lies again that POP3 had deleted there."""

    ID: str
    Restored: int


def message(value: Message) -> MessageJson:
    """Return the JSON of a message."""
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
        "Tags": list(value.tags),
        "Username": value.envelope.user or "",
        "Text": content.text,
        "HTML": content.html,
        "Size": value.size,
        "Inline": [attachment(item) for item in content.inline],
        "Attachments": [attachment(item) for item in content.attachments],
    }


def attachment(value: Part) -> AttachmentJson:
    """Return the JSON of a file."""
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


def headers(value: Message) -> dict[str, list[str]]:
    """Return header fields by name, in alphabetical order; each name once, spelled as where it came first."""
    spelled: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, text in value.content.headers:
        found.setdefault(spelled.setdefault(name.lower(), name), []).append(text)
    return {name: found[name] for name in sorted(found)}


def structure(value: Part) -> PartJson:
    """Return the JSON of a part and of all below it."""
    return {
        "PartID": value.id,
        "ContentType": value.content_type,
        "Charset": value.charset,
        "Encoding": value.encoding,
        "Disposition": value.disposition,
        "FileName": value.filename,
        "ContentID": value.content_id,
        "Size": value.size,
        "Headers": [[name, text] for name, text in value.headers],
        "Defects": list(value.defects),
        "Parts": [structure(child) for child in value.children],
    }


def envelope(value: Message) -> EnvelopeJson:
    """Return the JSON of what was said beside a message."""
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


def envelopes(values: Iterable[Message]) -> EnvelopesJson:
    """Return the JSON of what is known of messages."""
    return {"Envelopes": [{**envelope(value), "Read": value.read, "Tags": list(value.tags)} for value in values]}


def recipient(value: Recipient) -> RecipientJson:
    """Return the JSON of one RCPT TO."""
    return {
        "Address": value.address,
        "Options": list(value.options),
        "Notify": list(value.notify),
        "Original": value.original or "",
    }


def delivery(value: Delivery) -> DeliveryJson:
    """Return the JSON of one recipient's copy."""
    return {
        "Mailbox": value.mailbox,
        "UID": value.uid,
        "FetchedAt": "" if value.fetched_at is None else timestamp(value.fetched_at),
        "FetchedBy": value.fetched_by or "",
        "Fetches": [{"At": timestamp(fetch.at), "By": fetch.by} for fetch in value.fetches],
        "DeletedAt": "" if value.deleted_at is None else timestamp(value.deleted_at),
        "DeletedBy": value.deleted_by or "",
    }


def restored(message: int, mailboxes: int) -> RestoredJson:
    """Return the JSON of what a restore did."""
    return {"ID": str(message), "Restored": mailboxes}


def _list_unsubscribe(value: Message) -> ListUnsubscribeJson:
    header = value.content.list_unsubscribe
    links = _LINK.findall(header)
    errors = "no link in angle brackets" if header and not links else ""
    post = value.content.headers.get("List-Unsubscribe-Post", "")
    return {"Header": header, "Links": list(links), "Errors": errors, "HeaderPost": post}
