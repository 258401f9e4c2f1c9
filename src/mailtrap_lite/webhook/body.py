"""What a webhook says: a notice as JSON, and the fields that prove who said it. Knows no socket and no clock.

The fields are those of Standard Webhooks (https://www.standardwebhooks.com), for which there are libraries that verify.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from mailtrap_lite.message import Address, Content, Envelope
from mailtrap_lite.message.notices import Notice, Subject
from mailtrap_lite.message.summary import Digest

Json = dict[str, object]


def body_of(notice: Notice, subject: Subject | None, *, sandbox: str, base: str) -> bytes:
    """Return the body of a request.

    subject: None if nobody knows any more what the message was. base: the URL of the pages, "" if there are none.
    """
    about: Json = {"id": notice.message, "deleted": subject is None or subject.deleted}
    if subject is not None:
        about |= {"received": _moment(subject.received), "size": subject.size}
    document: Json = {
        "id": notice.key,
        "event": notice.event,
        "when": _moment(notice.at),
        "sequence": notice.id,
        "sandbox": sandbox,
        "message": about,
        **_details(notice),
        "envelope": None if subject is None else _envelope(subject.envelope),
        "summary": None if subject is None else _summary(subject.digest or Digest.of(Content(subject.head))),
        "urls": {} if about["deleted"] or not base else _urls(base, notice.message),
    }
    # UTF-8 has no way to write a lone surrogate, which hostile mail can contain.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def signed(key: bytes, body: bytes, *, identity: str, now: float) -> Mapping[str, str]:
    """Return the fields that go with a body. identity: the key of the notice."""
    stamp = str(int(now))
    digest = hmac.digest(key, b".".join([identity.encode("ascii"), stamp.encode("ascii"), body]), "sha256")
    return {
        "Content-Type": "application/json",
        "Webhook-Id": identity,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": f"v1,{base64.b64encode(digest).decode('ascii')}",
    }


def _details(notice: Notice) -> Json:
    """Return what only some events have."""
    match notice.event.value:
        case "fetched":
            return {"mailbox": notice.whom, "by": notice.by}
        case "deleted":
            # The store has no mailbox: there it is gone for everybody.
            return {"mailbox": notice.whom or None, "by": notice.by or None}
        case "relayed" | "bounced":
            return {"recipient": notice.whom, "reply": notice.said}
    return {}


def _envelope(envelope: Envelope) -> Json:
    return {
        "sender": envelope.sender,
        "recipients": [{"address": each.address, "options": list(each.options)} for each in envelope.recipients],
        "options": list(envelope.options),
        "client": envelope.client,
        "helo": envelope.helo,
        "user": envelope.user,
        "tls": envelope.tls,
        "session": envelope.session,
        "origin": envelope.origin,
    }


def _summary(digest: Digest) -> Json:
    return {
        "subject": digest.subject,
        "from": _address(digest.sender),
        "to": _addresses(digest.to),
        "cc": _addresses(digest.cc),
        "reply_to": _addresses(digest.reply_to),
        "message_id": digest.message_id,
        "snippet": digest.snippet,
        "attachments": digest.attachments,
    }


def _addresses(addresses: Iterable[Address]) -> list[Json]:
    return [_address(each) for each in addresses]


def _address(address: Address) -> Json:
    return {"name": address.name, "address": address.address}


def _urls(base: str, message: int) -> Json:
    api = f"{base}/api/v1/message/{message}"
    return {"page": f"{base}/message/{message}", "api": api, "raw": f"{api}/raw"}


def _moment(seconds: float) -> str | None:
    """Return a time as RFC 3339 has it; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None
