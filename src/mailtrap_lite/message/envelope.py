"""The envelope: what SMTP said about a mail, never what its headers say (RFC 5321 section 2.3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Through which door a message came in."""

    SMTP = "smtp"
    PLANTED = "planted"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO: the address as the client spelled it, and its ESMTP parameters ("KEY" or "KEY=value") in order."""

    address: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the client said while it handed the message over. Kept exactly.

    sender: the reverse-path; "" is the null sender `<>` of bounces.
    recipients: one for each accepted RCPT TO, in order, duplicates included.
    options: the MAIL parameters as sent ("SIZE=120", "BODY=8BITMIME", "SMTPUTF8").
    client: the client's IP address and port as "127.0.0.1:52344"; "" when planted.
    helo: the name given with HELO or EHLO. user: the authenticated user, or None. tls: the TLS version, or None.
    session: the id of the Session that delivered it, or "".
    """

    sender: str
    recipients: tuple[Recipient, ...]
    options: tuple[str, ...] = ()
    client: str = ""
    helo: str = ""
    user: str | None = None
    tls: str | None = None
    session: str = ""
    origin: Origin = Origin.SMTP

    @classmethod
    def of(cls, sender: str, recipients: Iterable[str], *, origin: Origin = Origin.PLANTED) -> Envelope:
        """Return an envelope with plain addresses and nothing else."""
        return cls(sender, tuple(Recipient(address) for address in recipients), origin=origin)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The recipients' addresses, in order."""
        return tuple(recipient.address for recipient in self.recipients)
