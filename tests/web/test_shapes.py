"""The shapes of the answers, checked against a table of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Recorder
from mailtrap_lite.sandbox import Sandbox

# What clients of Mailpit's API rely on, written down by hand. A list holds what each of its items is; a set is a type
# or a choice; {str: X} is an object with any names.
ADDRESS = {"Name": str, "Address": str}
FILE = {
    "PartID": str,
    "FileName": str,
    "ContentType": str,
    "ContentID": str,
    "Size": int,
    "Checksums": {"MD5": str, "SHA1": str, "SHA256": str},
}
ROW = {
    "ID": str,
    "MessageID": str,
    "Read": bool,
    "From": ADDRESS,
    "To": [ADDRESS],
    "Cc": [ADDRESS],
    "Bcc": [ADDRESS],
    "ReplyTo": [ADDRESS],
    "Subject": str,
    "Created": datetime,
    "Tags": [str],
    "Size": int,
    "Attachments": int,
    "Snippet": str,
    "Username": str,
}
LIST = {
    "total": int,
    "unread": int,
    "messages_count": int,
    "messages_unread": int,
    "start": int,
    "tags": [str],
    "messages": [ROW],
    "next": str,
    "complete": bool,
}
MESSAGE = {
    "ID": str,
    "MessageID": str,
    "From": ADDRESS,
    "To": [ADDRESS],
    "Cc": [ADDRESS],
    "Bcc": [ADDRESS],
    "ReplyTo": [ADDRESS],
    "ReturnPath": str,
    "Subject": str,
    "ListUnsubscribe": {"Header": str, "Links": [str], "Errors": str, "HeaderPost": str},
    "Date": datetime,
    "Tags": [str],
    "Username": str,
    "Text": str,
    "HTML": str,
    "Size": int,
    "Inline": [FILE],
    "Attachments": [FILE],
}
INFORMATION = {
    "Version": str,
    "LatestVersion": str,
    "Database": str,
    "DatabaseSize": int,
    "Messages": int,
    "Unread": int,
    "Tags": {str: int},
    "RuntimeStats": {
        "Uptime": int,
        "Memory": int,
        "MessagesDeleted": int,
        "SMTPAccepted": int,
        "SMTPAcceptedSize": int,
        "SMTPRejected": int,
        "SMTPIgnored": int,
    },
}
HEADERS = {str: [str]}
# Ours.
ENVELOPE = {
    "ID": str,
    "Sender": str,
    "Recipients": [{"Address": str, "Options": [str], "Notify": [str], "Original": str}],
    "Options": [str],
    "Body": str,
    "SMTPUTF8": bool,
    "RequireTLS": bool,
    "Ret": str,
    "EnvID": str,
    "Client": str,
    "Helo": str,
    "User": str,
    "TLS": str,
    "Origin": str,
    "Session": str,
    "Received": datetime,
    "Deliveries": [
        {
            "Mailbox": str,
            "UID": str,
            "FetchedAt": str,
            "FetchedBy": str,
            "Fetches": [{"At": datetime, "By": str}],
            "DeletedAt": str,
            "DeletedBy": str,
        }
    ],
    "Defects": [str],
    "Remarks": [str],
    "Transcript": [str],
}
SUMMARY = {
    "ID": str,
    "Protocol": str,
    "Client": str,
    "Helo": str,
    "User": str,
    "TLS": str,
    "Cipher": str,
    "Started": datetime,
    "Ended": datetime,
    "Ending": str,
    "Duration": float,
    "OctetsIn": int,
    "OctetsOut": int,
    "Pipelined": bool,
    "Delivered": bool,
    "Messages": [str],
    "Refused": int,
}
FINDING = {"Code": str, "Text": str, "Refusable": bool, "RFC": str}
SESSION = {
    **SUMMARY,
    "Retrieved": [int],
    "Downloads": [str],
    "Deleted": [int],
    "Said": {str: int},
    "Lint": [FINDING],
    "Lines": [{"Speaker": str, "At": float, "Text": str, "Fault": bool}],
    "Exchanges": [{"Command": str, "Replies": [str], "At": float, "Took": float}],
    "Omitted": int,
    "Gap": int,
}
SESSIONS = {"total": int, "start": int, "sessions": [SUMMARY]}
LINT = {"Findings": [FINDING]}
SHAPES = {
    "/api/v1/messages": LIST,
    "/api/v1/message/1": MESSAGE,
    "/api/v1/message/latest": MESSAGE,
    "/api/v1/message/1/headers": HEADERS,
    "/api/v1/message/1/envelope": ENVELOPE,
    "/api/v1/message/1/lint": LINT,
    "/api/v1/info": INFORMATION,
}


def differences(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """Yield where a value has not the shape."""
    match shape:
        case dict() if str in shape:
            item = shape[str]
            yield from (found for name in value for found in differences(item, value[name], f"{where}.{name}"))
        case dict():
            if not isinstance(value, dict) or set(value) != set(shape):
                yield f"{where}: {value!r} has not exactly {sorted(shape)}"
            else:
                yield from (
                    found for name in shape for found in differences(shape[name], value[name], f"{where}.{name}")
                )
        case [item]:
            if not isinstance(value, list):
                yield f"{where}: {value!r} is no list"
            else:
                yield from (found for n, each in enumerate(value) for found in differences(item, each, f"{where}[{n}]"))
        case _ if shape is datetime:
            if datetime.fromisoformat(value).tzinfo is None or "T" not in value:
                yield f"{where}: {value!r} has no zone"
        case _:
            if type(value) is not shape:
                yield f"{where}: {value!r} is not {shape.__name__}"


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize("bare", [False, True], ids=["rich", "bare"])
def test_an_answer_has_the_shape(client: FlaskClient, sandbox: Sandbox, request: Any, path: str, bare: bool) -> None:
    if bare:
        sandbox.deliver(b"", to="b@x.test")
    else:
        request.getfixturevalue("rich")

    answer = client.get(path)

    assert answer.content_type == "application/json"
    assert list(differences(SHAPES[path], answer.json)) == []


def test_a_session_and_their_list_have_the_shape(client: FlaskClient, talk: Callable[..., Recorder]) -> None:
    session = talk("S: 220 hello", "C: EHLO me", "S: 250 hello", messages=[7], user="ann").id

    whole, listed = client.get(f"/api/v1/session/{session}").json, client.get("/api/v1/sessions").json

    assert list(differences(SESSION, whole)) == []
    assert list(differences(SESSIONS, listed)) == []


def test_the_list_of_nothing_has_lists(client: FlaskClient) -> None:
    assert client.get("/api/v1/messages").json == {
        "total": 0,
        "unread": 0,
        "messages_count": 0,
        "messages_unread": 0,
        "start": 0,
        "tags": [],
        "messages": [],
        "next": "",
        "complete": True,
    }
    assert client.get("/api/v1/sessions").json == {"total": 0, "start": 0, "sessions": []}
