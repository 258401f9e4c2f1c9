"""Mailboxes: the mail delivered to one recipient, as a POP3 client finds it."""

from __future__ import annotations

from typing import Annotated

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Limit, Served, Start
from mailtrap_lite.web.shapes import mailboxes as shapes
from mailtrap_lite.web.shapes.mailboxes import MailboxesJson, MailboxJson
from mailtrap_lite.web.shapes.messages import MessageSummaryJson, summary

routes = Routes("mailboxes", "The mail of one recipient, as a POP3 client finds it.")

Name = Annotated[str, "an address, a local part, or `*` for all"]


@routes.get("/api/v1/mailboxes")
def list_mailboxes(served: Served) -> MailboxesJson:
    """List each mailbox that has a message."""
    return shapes.mailboxes(served.sandbox.mailboxes())


@routes.get("/api/v1/mailbox/<path:name>/messages")
def list_messages_of_mailbox(
    served: Served, name: Name, start: Start = 0, limit: Limit = 50
) -> list[MessageSummaryJson]:
    """List the messages that were delivered to a mailbox, newest first, also those that POP3 deleted since."""
    return [summary(value) for value in served.sandbox.summaries(start=start, limit=limit, mailbox=name)]


@routes.get("/api/v1/mailbox/<path:name>")
def show_mailbox(served: Served, name: Name) -> MailboxJson:
    """List what a POP3 client would find in a mailbox now."""
    return shapes.mailbox(served.sandbox.mailbox(name).name, served.sandbox.maildrop(name))
