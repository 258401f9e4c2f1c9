"""The envelope beside the headers: what each says that the other does not (RFC 5321 section 2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.addresses import addresses_in
from mailtrap_lite.message.charsets import guess
from mailtrap_lite.message.content import Content
from mailtrap_lite.message.envelope import Envelope


class Where(StrEnum):
    """Where a recipient stands."""

    BOTH = "both"
    ENVELOPE = "envelope"  # only there: a blind copy, a list, or a mistake
    HEADERS = "headers"  # only there: it got no mail from this envelope


@dataclass(frozen=True, slots=True)
class Author:
    """What one field says of the sender. same: the envelope says the same; None: there is no such field."""

    field: str
    addresses: tuple[str, ...]
    same: bool | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address that the mail went to or names. fields: the headers that name it; times: how often RCPT TO did."""

    address: str
    fields: tuple[str, ...]
    times: int

    @property
    def where(self) -> Where:
        """Where it stands."""
        if not self.times:
            return Where.HEADERS
        return Where.BOTH if self.fields else Where.ENVELOPE


def authors(content: Content, envelope: Envelope) -> tuple[Author, ...]:
    """Return what From, Sender and Return-Path say beside MAIL FROM."""
    found = []
    for name in ("From", "Sender", "Return-Path"):
        fields = content.root.block.all(name.lower())
        named = [address.address for field in fields for address in addresses_in(guess(field.value)[:16384])][:100]
        same = envelope.sender.casefold() in {address.casefold() for address in named} if fields else None
        if fields and not named:
            same = envelope.sender == ""  # the null sender is written <>
        found.append(Author(name, tuple(named), same))
    return tuple(found)


def receivers(content: Content, envelope: Envelope) -> tuple[Receiver, ...]:
    """Return every recipient once: those of the envelope in their order, then those that only headers name."""
    spelled: dict[str, str] = {}
    fields: dict[str, list[str]] = {}
    times: dict[str, int] = {}
    for address in envelope.addresses:
        spelled.setdefault(address.casefold(), address)
        times[address.casefold()] = times.get(address.casefold(), 0) + 1
    for name, people in (("To", content.to), ("Cc", content.cc), ("Bcc", content.bcc)):
        for person in people:
            key = person.address.casefold()
            if key and name not in fields.setdefault(key, []):
                fields[key].append(name)
                spelled.setdefault(key, person.address)
    return tuple(Receiver(text, tuple(fields.get(key, ())), times.get(key, 0)) for key, text in spelled.items())
