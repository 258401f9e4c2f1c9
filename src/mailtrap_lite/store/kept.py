"""One message in memory: its octets as they came, the rest in as few objects as can be. Knows no other message.

Python's garbage collector looks at each object that could be part of a cycle, now and then at all of them, and
meanwhile nobody is served. It leaves out a tuple of texts. So an envelope is kept as tuples, which makes a mail cost
it one object and not five.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from operator import attrgetter

from mailtrap_lite.message import Delivery, Envelope, Message, Origin, Recipient
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.store.contract import Arrival, Row

# Shared by all messages, so never written to.
_NOTHING_MARKED: dict[str, Delivery] = {}

_PLAIN = tuple(field.name for field in fields(Envelope) if field.name not in ("recipients", "origin"))
_plain_of = attrgetter(*_PLAIN)
_recipient_of = attrgetter(*(field.name for field in fields(Recipient)))


class Kept:
    """A message and what happened to it since.

    octets: what RETR sends, None until it was counted. digest: None until it was made.
    tags: their keys, None until they are known. flags, fields: of its words, None until they were read.
    deep: the headers and the text of its words, None if they were not read or there was no room.
    restored: the mailboxes into which it was put back.
    uid: the UIDL in each of its mailboxes. shared_uid: that in several mailboxes together.
    """

    # fmt: off
    __slots__ = (
        "_delivery", "_envelope", "_marked", "deep", "digest", "fields", "flags", "id", "mailboxes", "octets", "raw",
        "read", "received", "restored", "shared_uid", "tags", "uid",
    )
    # fmt: on

    def __init__(self, message: int, arrival: Arrival, *, delivery: int, uid: str, shared_uid: str) -> None:
        """delivery: the id of its first delivery; the others follow in the order of the mailboxes."""
        envelope = arrival.envelope
        self.id = message
        self.uid = uid
        self.shared_uid = shared_uid
        self.raw = arrival.raw
        self.mailboxes = arrival.mailboxes
        self.received = arrival.received
        self.octets = arrival.octets
        self.read = False
        self.restored: tuple[str, ...] = ()
        self.digest: Digest | None = None
        self.tags: tuple[str, ...] | None = None
        self.flags = 0
        self.fields: bytes | None = None
        self.deep: tuple[bytes, bytes] | None = None
        self._envelope = (
            tuple([_recipient_of(recipient) for recipient in envelope.recipients]),
            envelope.origin.value,
            _plain_of(envelope),
        )
        self._delivery = delivery
        self._marked = _NOTHING_MARKED

    @property
    def envelope(self) -> Envelope:
        """The envelope, made anew."""
        recipients, origin, plain = self._envelope
        return Envelope(
            recipients=tuple(Recipient(*recipient) for recipient in recipients),
            origin=Origin(origin),
            **dict(zip(_PLAIN, plain, strict=True)),
        )

    def message(self, tags: tuple[str, ...] | None = None) -> Message:
        """Return it whole. tags: by name."""
        return Message(
            id=self.id,
            envelope=self.envelope,
            raw=self.raw,
            received=self.received,
            read=self.read,
            deliveries=tuple(self.deliveries()),
            kept_tags=tags,
        )

    def row(self, tags: tuple[str, ...] | None = None) -> Row:
        """Return it without its bytes. tags: by name."""
        return Row(self.id, self.envelope, self.received, len(self.raw), self.read, self.digest, tags)

    def deliveries(self) -> list[Delivery]:
        """Return its deliveries, in the order of the mailboxes."""
        return [
            self._marked.get(name) or Delivery(number, self.id, name, self.uid)
            for number, name in enumerate(self.mailboxes, self._delivery)
        ]

    def marked(self) -> Collection[Delivery]:
        """Return the deliveries that POP3 fetched or deleted."""
        return self._marked.values()

    def mark(self, delivery: Delivery) -> None:
        """Keep a delivery that POP3 fetched, deleted, or has back."""
        self._marked = self._marked or {}
        self._marked[delivery.mailbox] = delivery

    def waits_in(self, mailbox: str) -> bool:
        """Return whether POP3 did not delete it there."""
        return mailbox not in self._marked or self._marked[mailbox].deleted_at is None

    def may_expire_in(self, mailbox: str) -> bool:
        """Return whether its age may delete it there: it waits, and nobody has put it back."""
        return self.waits_in(mailbox) and mailbox not in self.restored
