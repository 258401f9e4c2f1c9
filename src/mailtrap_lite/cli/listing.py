"""`mailtrap-lite list`: messages in a table, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.asked import query_of, quoted
from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import OK
from mailtrap_lite.cli.output import bold, columns, dim, say, say_json

_PAGE = 1000  # the most that the API lists at once
_USUAL = 50
# The widest that the columns before the subject may be: id, mark, time, from, to.
_WIDEST = (12, 1, 16, 30, 30)


def run(values: Any, environment: Mapping[str, str]) -> int:
    """List what was asked for; that there is none is no failure."""
    mailbox = f"mailbox:{quoted(values.mailbox)}" if values.mailbox else ""
    query = query_of(values.query, mailbox, "is:unread" if values.unread else "")
    with Api.of(vars(values), environment) as api:
        found = listed(api, query, limit=_USUAL if values.limit is None else values.limit)
    if values.json:
        say_json(found)
        return OK
    for line in table(found["messages"], environment):
        say(line)
    shown, there = len(found["messages"]), found["messages_count"]
    if shown < there:
        say(dim(f"{shown:,} of {there:,}; --limit shows more", environment))
    return OK


def listed(api: Api, query: str, *, limit: int) -> dict[str, Any]:
    """Return a page of the API with so many messages, 0 for all of them; it may take several requests."""
    whole: dict[str, Any] = {}
    messages: list[dict[str, Any]] = []
    while not whole or (messages and (not limit or len(messages) < limit) and len(messages) < whole["messages_count"]):
        size = min(_PAGE, limit - len(messages)) if limit else _PAGE
        page = api.get("/api/v1/search" if query else "/api/v1/messages", query=query, start=len(messages), limit=size)
        whole = whole or page
        if not page["messages"]:
            break
        known = {message["ID"] for message in messages}  # mail that comes meanwhile moves the pages
        messages += [message for message in page["messages"] if message["ID"] not in known]
    return {**whole, "messages": messages}


def table(messages: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> list[str]:
    """Return the lines of a table of messages; unread ones are bold."""
    lines = columns([row(message) for message in messages], environment, most=_WIDEST)
    return [line if message["Read"] else bold(line, environment) for line, message in zip(lines, messages, strict=True)]


def row(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a list says of a message."""
    to = [*message["To"], *message["Cc"], *message["Bcc"]]
    more = f" +{len(to) - 1}" if len(to) > 1 else ""
    files = f"  [{message['Attachments']} file{'s' if message['Attachments'] > 1 else ''}]"
    return (
        message["ID"],
        " " if message["Read"] else "*",
        moment(message["Created"]),
        message["From"]["Address"] or message["From"]["Name"] or "-",
        (to[0]["Address"] + more) if to else "-",
        message["Subject"] + (files if message["Attachments"] else ""),
    )


def moment(text: str) -> str:
    """Return a moment of the API in the time of this machine, to the minute."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
