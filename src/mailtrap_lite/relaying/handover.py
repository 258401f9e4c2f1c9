"""What a mail needs of the next server, and what is said to that: parameters, or why it cannot go there.

Nothing is converted. A mail that the next server cannot take as it is goes back to its sender (RFC 6152 section 3,
RFC 6531 section 3.2): what a test caught is what its receiver would have got, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailtrap_lite.message import Message, Recipient
from mailtrap_lite.relaying.verdicts import Said, refused_here

_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_BARE: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
# An address that ends neither its path nor its command, as one of a planted mail could (RFC 5321 section 4.1.2).
# A lone surrogate, as of a planted mail, has no octets.
_PLAIN: Final = r"[^\x00-\x20\x7f<>\"\ud800-\udfff]+"
_PATH: Final = re.compile(rf'(?:"(?:[^\x00-\x1f\x7f\\"\ud800-\udfff]|\\[ -~])*"|{_PLAIN})(?:@{_PLAIN})?')
_OF_THE_MAIL: Final = ("RET", "ENVID")
_OF_THE_RECIPIENT: Final = ("NOTIFY", "ORCPT")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a mail asks of the server that takes it over.

    international: it was announced with SMTPUTF8, and its header has other than ASCII. eight: it has other than ASCII.
    """

    sender: str
    octets: int
    international: bool
    eight: bool
    binary: bool
    require_tls: bool
    notices: tuple[str, ...]  # RET and ENVID, as they were said

    @classmethod
    def of(cls, message: Message, *, sender: str, added: int = 0) -> Needs:
        """Return the needs of a message; what its octets are counts, and not what was announced of them.

        added: octets that are put before it.
        """
        raw, envelope = message.raw, message.envelope
        eight = not raw.isascii()
        return cls(
            sender=sender,
            octets=added + len(raw),
            international=eight and envelope.smtputf8 and not _head(raw).isascii(),
            eight=eight,
            binary=envelope.body == "BINARYMIME" and (b"\0" in raw or _BARE.search(raw) is not None),
            require_tls=envelope.require_tls,
            notices=tuple(each for each in envelope.options if each.partition("=")[0].upper() in _OF_THE_MAIL),
        )

    def refusal(self, offered: Mapping[str, str], *, verified: bool) -> Said | None:
        """Return why no recipient can have it from a server with these extensions; None if they can.

        verified: whether TLS is spoken with whom we meant.
        """
        if self.sender and not _PATH.fullmatch(self.sender):
            return refused_here("5.1.7", "the address of the sender cannot be written in a command")
        limit = offered.get("SIZE", "").strip()
        if limit.isdecimal() and 0 < int(limit) < self.octets:  # RFC 1870 section 6.1
            return refused_here("5.3.4", f"the mail has {self.octets} octets, and the next server takes {limit}")
        if self.require_tls and not (verified and "REQUIRETLS" in offered):  # RFC 8689 section 4.2.1
            return refused_here("5.7.30", "REQUIRETLS was asked for, and the next server does not promise it")
        if self.binary:  # RFC 3030 section 3
            return refused_here("5.6.3", "the mail is binary, and it would have to be converted")
        if not self.sender.isascii() and "SMTPUTF8" not in offered:
            return refused_here("5.6.7", "the address of the sender needs SMTPUTF8, which the next server has not")
        if self.international and "SMTPUTF8" not in offered:
            return refused_here("5.6.9", "the header needs SMTPUTF8, which the next server has not")
        if self.eight and "8BITMIME" not in offered:
            return refused_here("5.6.3", "the mail needs 8BITMIME, which the next server has not")
        return None

    def refusal_of(self, recipient: Recipient, offered: Mapping[str, str]) -> Said | None:
        """Return why one recipient cannot have it; None if it can."""
        if not _PATH.fullmatch(recipient.address):
            return refused_here("5.1.3", "the address cannot be written in a command")
        if not recipient.address.isascii() and "SMTPUTF8" not in offered:
            return refused_here("5.6.7", "the address needs SMTPUTF8, which the next server has not")
        return None

    def mail_options(self, recipients: Sequence[Recipient], offered: Mapping[str, str]) -> list[str]:
        """Return the parameters of MAIL."""
        addresses = (self.sender, *(each.address for each in recipients))
        options = [f"SIZE={self.octets}"] if "SIZE" in offered else []
        if self.eight:
            options.append("BODY=8BITMIME")
        if self.international or not all(address.isascii() for address in addresses):
            options.append("SMTPUTF8")
        if self.require_tls:
            options.append("REQUIRETLS")
        return [*options, *(self.notices if "DSN" in offered else ())]


def _head(raw: bytes) -> bytes:
    return _HEAD_END.split(raw, maxsplit=1)[0]


def rcpt_options(recipient: Recipient, offered: Mapping[str, str]) -> list[str]:
    """Return the parameters of RCPT: who asked to be told of what goes on with the mail (RFC 3461 section 5.2.1)."""
    if "DSN" not in offered:
        return []
    return [option for option in recipient.options if option.partition("=")[0].upper() in _OF_THE_RECIPIENT]


def wire_octets(raw: bytes, *, before: bytes = b"") -> bytes:
    """Return a mail as it is sent behind DATA, with its final dot.

    A bare CR or LF becomes CRLF: it must not be sent (RFC 5321 section 2.3.8), and a server that takes one for a line
    end could be made to see a second mail.
    """
    octets = before + raw
    if _BARE.search(octets):
        octets = _BARE.sub(b"\r\n", octets)
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    stuffed = octets.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"
