"""Messages, sessions and strays, built again from what the API tells of them. The other way round is web/shapes."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Any  # Any: JSON documents, whose shapes are in docs/api.md

from mailtrap_lite.message import (
    Delivery,
    Ending,
    Envelope,
    Fetch,
    Finding,
    Line,
    Message,
    Protocol,
    Recipient,
    Session,
    Speaker,
)
from mailtrap_lite.message.envelope import Origin
from mailtrap_lite.sandbox.turn import Stray


def envelope_of(told: Any) -> Envelope:
    """Return what SMTP said."""
    return Envelope(
        sender=told["Sender"],
        recipients=tuple(Recipient(each["Address"], tuple(each["Options"])) for each in told["Recipients"]),
        options=tuple(told["Options"]),
        client=told["Client"],
        helo=told["Helo"],
        user=told["User"] or None,
        tls=told["TLS"] or None,
        session=told["Session"],
        origin=Origin(told["Origin"]),
        remarks=tuple(told["Remarks"]),
    )


def message_of(told: Any, raw: bytes) -> Message:
    """Return a message. told: its envelope; in a list that has marks and tags too."""
    number = int(told["ID"])
    return Message(
        id=number,
        envelope=envelope_of(told),
        raw=raw,
        received=seconds_of(told["Received"]),
        read=told.get("Read", False),
        deliveries=tuple(_delivery(n, number, each) for n, each in enumerate(told["Deliveries"], 1)),
        kept_tags=tuple(told.get("Tags", ())),
    )


def session_of(told: Any) -> Session:
    """Return a session."""
    started = seconds_of(told["Started"])
    return Session(
        id=told["ID"],
        protocol=Protocol(told["Protocol"]),
        client=told["Client"],
        started=started,
        ended=None if told["Duration"] is None else started + told["Duration"],
        lines=tuple(Line(Speaker(each["Speaker"]), each["At"], each["Text"], each["Fault"]) for each in told["Lines"]),
        omitted=told["Omitted"],
        gap=told["Gap"],
        user=told["User"] or None,
        messages=tuple(int(each) for each in told["Messages"]),
        said=tuple(told["Said"].items()),
        retrieved=tuple(told["Retrieved"]),
        deleted=tuple(told["Deleted"]),
        downloads=tuple(told["Downloads"]),
        tls=told["TLS"] or None,
        cipher=told["Cipher"] or None,
        octets_in=told["OctetsIn"],
        octets_out=told["OctetsOut"],
        pipelined=told["Pipelined"],
        ending=Ending(told["Ending"]),
        lint=tuple(Finding(each["Code"], each["Text"], each["Refusable"], each["RFC"]) for each in told["Lint"]),
    )


def stray_of(told: Any) -> Stray:
    """Return a stray."""
    message = message_of(told["Envelope"], b64decode(told["Raw"]))
    return Stray(message, told["BeganIn"], told["CameIn"])


def _delivery(number: int, message: int, told: Any) -> Delivery:
    # Its number in the store is told to nobody.
    return Delivery(
        id=number,
        message=message,
        mailbox=told["Mailbox"],
        uid=told["UID"],
        fetches=tuple(Fetch(seconds_of(each["At"]), each["By"]) for each in told["Fetches"]),
        deleted_at=seconds_of(told["DeletedAt"]) if told["DeletedAt"] else None,
        deleted_by=told["DeletedBy"] or None,
    )


def seconds_of(moment: str) -> float:
    """Return a moment of the API in seconds since the epoch."""
    return datetime.fromisoformat(moment).timestamp()
