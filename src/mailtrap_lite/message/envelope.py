"""The envelope: what SMTP said about a mail, never what its headers say (RFC 5321 section 2.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# RFC 3461 section 4; RFC 6533 section 3.
_XCHAR = re.compile(r"\+([0-9A-F]{2})|\\x\{([0-9A-F]{2,6})\}")


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

    @property
    def notify(self) -> tuple[str, ...]:
        """When the sender wants to hear of it (RFC 3461 section 4.1): NEVER, or of SUCCESS, FAILURE and DELAY.

        Empty when the client left it to the server.
        """
        said = _option(self.options, "NOTIFY")
        return tuple(said.upper().split(",")) if said else ()

    @property
    def original(self) -> str | None:
        """The address that the mail was first sent to, as "rfc822;bob@x.test" (ORCPT, RFC 3461 section 4.2)."""
        said = _option(self.options, "ORCPT")
        return said if said is None else _of_xtext(said)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the client said while it handed the message over. Kept exactly.

    sender: the reverse-path; "" is the null sender `<>` of bounces.
    recipients: one for each accepted RCPT TO, in order, duplicates included.
    options: the MAIL parameters as sent ("SIZE=120", "BODY=8BITMIME", "SMTPUTF8").
    client: the client's IP address and port as "127.0.0.1:52344"; "" when planted.
    helo: the name given with HELO or EHLO. user: the authenticated user, or None. tls: the TLS version, or None.
    session: the id of the Session that delivered it, or "".
    remarks: lint codes of what only the wire showed, in the order seen.
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
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, sender: str, recipients: Iterable[str], *, origin: Origin = Origin.PLANTED) -> Envelope:
        """Return an envelope with plain addresses and nothing else."""
        return cls(sender, tuple(Recipient(address) for address in recipients), origin=origin)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The recipients' addresses, in order."""
        return tuple(recipient.address for recipient in self.recipients)

    @property
    def body(self) -> str:
        """What the client said that the mail is made of: 7BIT, 8BITMIME or BINARYMIME (RFC 6152, RFC 3030)."""
        return (_option(self.options, "BODY") or "7BIT").upper()

    @property
    def smtputf8(self) -> bool:
        """Whether the client asked for internationalised mail (RFC 6531)."""
        return _has(self.options, "SMTPUTF8")

    @property
    def require_tls(self) -> bool:
        """Whether the mail may only go on over verified TLS (RFC 8689)."""
        return _has(self.options, "REQUIRETLS")

    @property
    def ret(self) -> str | None:
        """How much of the mail a report is to hold: FULL or HDRS (RFC 3461 section 4.3); None if nothing was said."""
        said = _option(self.options, "RET")
        return said if said is None else said.upper()

    @property
    def envid(self) -> str | None:
        """The sender's own name for this sending (ENVID, RFC 3461 section 4.4), decoded; None without one."""
        said = _option(self.options, "ENVID")
        return said if said is None else _of_xtext(said)


def _option(options: tuple[str, ...], keyword: str) -> str | None:
    for option in options:
        name, _, value = option.partition("=")
        if name.upper() == keyword:
            return value
    return None


def _has(options: tuple[str, ...], keyword: str) -> bool:
    return any(option.upper() == keyword for option in options)


def _of_xtext(text: str) -> str:
    """Return what a text in xtext stands for; what stands for no character stays as it is."""
    return _XCHAR.sub(lambda found: _character(found[1] or found[2]) or found[0], text)


def _character(digits: str) -> str:
    character = chr(min(int(digits, 16), 0x10FFFF))
    return character if character.isprintable() else ""
