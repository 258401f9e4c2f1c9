"""Mailboxes, and what waits in them. All of it is ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypedDict

from mailtrap_lite.store import Entry, MailboxCount


class MailboxCountJson(TypedDict):
    """A mailbox and how many messages a POP3 client would find in it."""

    Name: str
    Waiting: int


class MailboxesJson(TypedDict):
    """Each mailbox that has a message."""

    mailboxes: list[MailboxCountJson]


class EntryJson(TypedDict):
    """A message in a maildrop."""

    ID: str
    UID: Annotated[str, "what UIDL says (RFC 1939 section 7)"]
    Size: Annotated[int, "the octets that RETR sends"]


class MailboxJson(TypedDict):
    """What a POP3 client would list now, in its order."""

    Name: str
    Waiting: list[EntryJson]


def mailboxes(values: Iterable[MailboxCount]) -> MailboxesJson:
    """Return the JSON of all mailboxes."""
    return {"mailboxes": [{"Name": value.name, "Waiting": value.waiting} for value in values]}


def mailbox(name: str, entries: Iterable[Entry]) -> MailboxJson:
    """Return the JSON of one mailbox."""
    waiting: list[EntryJson] = [{"ID": str(value.message), "UID": value.uid, "Size": value.octets} for value in entries]
    return {"Name": name, "Waiting": waiting}
