"""A summary: what a list shows of a message, small enough to keep beside it."""

from __future__ import annotations

from dataclasses import dataclass

from mailtrap_lite.message.content import Address, Content
from mailtrap_lite.message.envelope import Envelope

SNIPPET_LENGTH = 250
KEY_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Digest:
    """What was read from the content for the list; derived, so it may be dropped and made again."""

    subject: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    message_id: str
    snippet: str
    attachments: int

    @property
    def sender_key(self) -> str:
        """What a list is put in order with by sender."""
        return _key(self.sender.name or self.sender.address)

    @property
    def subject_key(self) -> str:
        """What a list is put in order with by subject."""
        return _key(self.subject)

    @classmethod
    def of(cls, content: Content) -> Digest:
        """Return the digest of a content; never raises."""
        return cls(
            subject=content.subject,
            sender=content.sender,
            to=content.to,
            cc=content.cc,
            bcc=content.bcc,
            reply_to=content.reply_to,
            message_id=content.message_id,
            snippet=content.snippet(SNIPPET_LENGTH),
            attachments=len(content.attachments),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of a list. `size` in octets, `received` in seconds since the epoch, `tags` by name."""

    id: int
    envelope: Envelope
    received: float
    size: int
    read: bool
    digest: Digest
    tags: tuple[str, ...] = ()


def _key(text: str) -> str:
    """Return the beginning of a text without regard to case. Lone surrogates are replaced: no database takes them."""
    short = text[: 4 * KEY_LENGTH].strip().casefold()[:KEY_LENGTH]
    return short if short.isascii() else short.encode("utf-8", "replace").decode()
