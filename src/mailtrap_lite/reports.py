"""What mail systems report of a mail, as octets: that it was not delivered, or that somebody complained of it.

RFC 3464 and RFC 5965. No clock and no chance: they arrive as arguments.

The original is put in as it came, octet by octet; nothing is decoded and written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Message, Recipient

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_STATUS: Final = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}")
# RFC 3464 section 2.3.3, by the class of the status, and the NOTIFY that has to ask for it (RFC 3461 section 4.1).
_ACTIONS: Final = {"5": "failed", "4": "delayed", "2": "delivered"}
_WANTED: Final = {"failed": "FAILURE", "delayed": "DELAY", "delivered": "SUCCESS", "relayed": "SUCCESS"}
# What a receiver says with these (RFC 3463), and the reply code that goes with it.
_DIAGNOSES: Final = {
    "2.0.0": (250, "Ok"),
    "4.2.1": (450, "Mailbox temporarily disabled"),
    "4.2.2": (452, "Mailbox full"),
    "4.4.1": (451, "No answer from host"),
    "4.7.1": (450, "Greylisted"),
    "5.1.1": (550, "User unknown"),
    "5.1.2": (550, "Bad destination system address"),
    "5.2.1": (550, "Mailbox disabled"),
    "5.2.2": (552, "Mailbox full"),
    "5.3.4": (552, "Message too big"),
    "5.7.1": (550, "Delivery not authorized"),
}
_USUAL: Final = {"2": (250, "Ok"), "4": (451, "Temporary failure"), "5": (550, "Permanent failure")}
_SUBJECTS: Final = {
    "failed": "Undelivered Mail Returned to Sender",
    "delayed": "Delayed Mail (still being retried)",
    "delivered": "Successful Mail Delivery Report",
    "relayed": "Mail Sent On to a Server that Reports No Delivery",
}
_TEXTS: Final = {
    "failed": "Your message could not be delivered to:",
    "delayed": "Your message is not delivered yet, and is tried again:",
    "delivered": "Your message was delivered to:",
    "relayed": "Your message was sent on, and no report of its delivery will come:",
}
_SOMEBODY: Final = "?"  # a server that a test does not name
MOST_DIAGNOSIS: Final = 900  # characters; a line of a mail may have 998
FEEDBACK_TYPES: Final = ("abuse", "fraud", "virus", "other", "not-spam")  # RFC 5965 section 7.3, RFC 6430


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and when. hostname: its name. now: seconds since the epoch. mark: unlike any other report's."""

    hostname: str
    now: float
    mark: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is reported of one recipient. status: as "5.1.1". diagnosis: what was said, on one line.

    server: who said it, "" for ourselves. until: when it is given up, in seconds since the epoch; None if it is not
    tried again.
    """

    recipient: Recipient
    status: str
    diagnosis: str
    server: str = ""
    until: float | None = None


def bounce(
    message: Message, *, status: str, by: Reporter, to: Sequence[str] | None = None, reason: str | None = None
) -> bytes:
    """Return a delivery status notification about some recipients of a message, all if `to` is None.

    status: as "5.1.1"; 4.x.x is a delay, 2.x.x a success. reason: what the receiver said; the usual text if None.
    Raises BadMail for a null sender, whom nobody may send one to (RFC 3464 section 2), and when NOTIFY says so.
    """
    if not message.envelope.sender:
        raise BadMail("the sender of this mail is <>, to whom no report may be sent (RFC 3464 section 2)")
    if not _STATUS.fullmatch(status):
        raise BadMail(f"{status[:60]!r} is not a status such as 5.1.1, 4.2.2 or 2.0.0 (RFC 3463)")
    action = _ACTIONS[status[0]]
    recipients = [each for each in _chosen(message, to) if _asked_for(each, _WANTED[action])]
    if not recipients:
        raise BadMail(f"no recipient is left of whom NOTIFY lets one report that mail is {action} (RFC 3461)")
    code, usual = _DIAGNOSES.get(status, _USUAL[status[0]])
    said = reason or usual
    if not said.isprintable() or not said.isascii():
        raise BadMail(f"reason={said!r} is not one line of ASCII")
    told = [Told(each, status, f"{code} {status} {said}", _SOMEBODY) for each in recipients]
    return _notification(message, told, action=action, by=by, to=message.envelope.sender)


def notification(message: Message, told: Sequence[Told], *, action: str, by: Reporter, to: str) -> bytes | None:
    """Return a report to a sender of what became of a mail that was to move on; None if nobody may be told or asks.

    action: failed, delayed or relayed (RFC 3464 section 2.3.3). What servers said is cut down to printable ASCII.
    """
    heard = [each for each in told if _asked_for(each.recipient, _WANTED[action])]
    if not to or not heard:
        return None
    return _notification(message, heard, action=action, by=by, to=to)


def _notification(message: Message, told: Sequence[Told], *, action: str, by: Reporter, to: str) -> bytes:
    addresses = [to, *(each.recipient.address for each in told)]
    wide = not all(each.isascii() for each in addresses) or message.envelope.smtputf8
    listed = [f"<{each.recipient.address}>: {_line(each.diagnosis)}" for each in told]
    return _report(
        ("delivery-status", "global-delivery-status" if wide else "delivery-status"),
        by=by,
        sender="MAILER-DAEMON",
        to=to,
        subject=_SUBJECTS[action],
        text=["This is the mail system at host " + by.hostname + ".", "", _TEXTS[action], "", *listed],
        fields="\r\n\r\n".join([_of_message(message, by), *(_of_recipient(each, action) for each in told)]),
        original=_original(message, whole=message.envelope.ret != "HDRS" and action == "failed", wide=wide),
    )


def complaint(message: Message, *, by: Reporter, to: str, kind: str = "abuse") -> bytes:
    """Return a report in the Abuse Reporting Format. to: who gets it. kind: as "abuse"; raises BadMail for another."""
    if kind not in FEEDBACK_TYPES:
        raise BadMail(f"{kind[:60]!r} is not a type of feedback; these are {', '.join(FEEDBACK_TYPES)} (RFC 5965)")
    envelope = message.envelope
    wide = envelope.smtputf8 or not all(each.isascii() for each in (envelope.sender, *envelope.addresses))
    fields = [
        f"Feedback-Type: {kind}",
        "User-Agent: mailtrap-lite/1",
        "Version: 1",
        f"Original-Mail-From: <{envelope.sender}>",
        *(f"Original-Rcpt-To: <{address}>" for address in envelope.addresses),
        f"Arrival-Date: {formatdate(message.received)}",
        f"Reporting-MTA: dns; {by.hostname}",
        *([f"Source-IP: {envelope.client.rpartition(':')[0].strip('[]')}"] if envelope.client else []),
    ]
    return _report(
        ("feedback-report", "feedback-report"),
        by=by,
        sender="complaints",
        to=to,
        subject=f"FW: complaint ({kind}) about a message from {envelope.sender or '<>'}",
        text=[f"This is a report of {kind} for a message that was received by {by.hostname}."],
        fields="\r\n".join(fields),
        original=_original(message, whole=True, wide=wide),
    )


def _chosen(message: Message, to: Sequence[str] | None) -> list[Recipient]:
    recipients = list(message.envelope.recipients)
    if to is None:
        return recipients
    wanted = {address.casefold() for address in ([to] if isinstance(to, str) else to)}
    unknown = wanted - {each.address.casefold() for each in recipients}
    if unknown:
        raise BadMail(
            f"{', '.join(sorted(unknown))} is no recipient of this mail; "
            f"these are {', '.join(message.envelope.addresses)}"
        )
    return [each for each in recipients if each.address.casefold() in wanted]


def _asked_for(recipient: Recipient, wanted: str) -> bool:
    # RFC 3461 section 4.1: without NOTIFY failures are reported, delays may be, and success is not.
    return wanted in recipient.notify if recipient.notify else wanted != "SUCCESS"


def _of_message(message: Message, by: Reporter) -> str:
    envid = message.envelope.envid
    lines = [f"Original-Envelope-Id: {envid}"] if envid else []
    lines += [f"Reporting-MTA: dns; {by.hostname}", f"Arrival-Date: {formatdate(message.received)}"]
    return "\r\n".join(lines)


def _of_recipient(told: Told, action: str) -> str:
    recipient, original = told.recipient, told.recipient.original
    kind = "rfc822" if recipient.address.isascii() else "utf-8"  # RFC 6533 section 3
    lines = [f"Original-Recipient: {original.replace(';', '; ', 1)}"] if original else []
    lines += [f"Final-Recipient: {kind}; {recipient.address}", f"Action: {action}", f"Status: {told.status}"]
    if told.server and told.server != _SOMEBODY:
        lines.append(f"Remote-MTA: dns; {told.server}")
    lines.append(f"Diagnostic-Code: {'smtp' if told.server else 'x-mailtrap-lite'}; {_line(told.diagnosis)}")
    if told.until is not None:
        lines.append(f"Will-Retry-Until: {formatdate(told.until)}")
    return "\r\n".join(lines)


def _line(text: str) -> str:
    return "".join(each if " " <= each <= "~" else "?" for each in " ".join(text.split()))[:MOST_DIAGNOSIS]


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    octets: bytes


def _original(message: Message, *, whole: bool, wide: bool) -> _Part:
    if whole:
        return _Part("message/global" if wide else "message/rfc822", message.raw)
    head = re.split(rb"\r?\n\r?\n", message.raw, maxsplit=1)[0] + b"\r\n"
    return _Part("message/global-headers" if wide else "text/rfc822-headers", head)


def _report(
    kinds: tuple[str, str],
    *,
    by: Reporter,
    sender: str,
    to: str,
    subject: str,
    text: Iterable[str],
    fields: str,
    original: _Part,
) -> bytes:
    """Return a multipart/report (RFC 6522). kinds: its report-type, and the media type of what machines read."""
    boundary = f"=_{by.mark}"
    head = [
        f"From: Mail Delivery System <{sender}@{by.hostname}>",
        f"To: <{to}>",
        f"Subject: {subject}",
        f"Date: {formatdate(by.now)}",
        f"Message-ID: <{by.mark}@{by.hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kinds[0]};\r\n boundary="{boundary}"',
    ]
    parts = [
        _part("text/plain; charset=utf-8", "\r\n".join([*text, ""]).encode()),
        _part(f"message/{kinds[1]}", f"{fields}\r\n".encode()),
        _part(original.kind, original.octets),
    ]
    line = f"\r\n--{boundary}".encode()
    return "\r\n".join([*head, ""]).encode() + b"".join(line + b"\r\n" + part for part in parts) + line + b"--\r\n"


def _part(kind: str, octets: bytes) -> bytes:
    # Binary is what may hold anything; who has bare line ends, or lines of any length, needs no other (RFC 2045).
    encoding = "7bit" if octets.isascii() and b"\0" not in octets else "8bit"
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + octets
