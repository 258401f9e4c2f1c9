"""What a search looks at: the texts of a message, folded once and kept as octets. Knows no query.

The octets 0xFD to 0xFF are in no UTF-8, so they part one text from the next, and nothing that is looked for
can reach over them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from enum import IntEnum, IntFlag
from itertools import islice
from typing import NamedTuple

from mailtrap_lite.message import Address, Content, Message
from mailtrap_lite.message import html as markup
from mailtrap_lite.message.limits import SEARCHED_LINKS, SEARCHED_TEXT, SEARCHED_WIDE_TEXT
from mailtrap_lite.message.links import Source
from mailtrap_lite.message.reading import guarded
from mailtrap_lite.search.folding import fold, octets

# Words are derived: those that were made by other rules are dropped and made again.
WORDS_RULES = 1

ITEM = b"\xff"  # before and behind each text
SECTION = b"\xfe"  # between sections
VALUE = b"\xfd"  # between the name and the value of a header field

_LONGEST_NAME = 1_000  # characters of a file name


class Section(IntEnum):
    """Where in `Words.fields` the texts of a kind stand."""

    SUBJECT = 0
    FROM = 1
    TO = 2
    CC = 3
    BCC = 4
    REPLY_TO = 5
    MESSAGE_ID = 6
    FILENAME = 7
    ENVELOPE_FROM = 8
    RCPT = 9
    USER = 10
    MAILBOX = 11


class Has(IntFlag):
    """What a message has."""

    ATTACHMENT = 1
    INLINE = 2
    HTML = 4
    TEXT = 8


class Words(NamedTuple):
    """The texts of a message. fields: one section after the other. headers: its decoded fields. text: its bodies."""

    flags: int
    fields: bytes
    headers: bytes
    text: bytes

    @classmethod
    def of(cls, message: Message) -> Words:
        """Read them; never raises."""
        return guarded(message.content, "words", lambda: cls._read(message), _NO_WORDS)

    @classmethod
    def _read(cls, message: Message) -> Words:
        content = message.content
        return cls(
            flags=_flags(content),
            fields=SECTION.join(_items(each) for each in _sections(message)),
            headers=_items(_headers(content)),
            text=_items(_texts(content)),
        )


class Searched(NamedTuple):
    """A message as a query sees it, whoever keeps its words.

    tags: folded. fields: of its Words. deep: returns the headers and the text of its Words; asked for when needed.
    """

    received: float
    size: int
    read: bool
    tags: Collection[str]
    flags: int
    fields: bytes
    deep: Callable[[], tuple[bytes, bytes]]

    @classmethod
    def of(cls, message: Message) -> Searched:
        """Return what a query sees of a message with its read mark and its tags."""
        words = Words.of(message)
        return cls(
            received=message.received,
            size=message.size,
            read=message.read,
            tags=[fold(tag) for tag in message.tags],
            flags=words.flags,
            fields=words.fields,
            deep=lambda: (words.headers, words.text),
        )

    def section(self, section: Section) -> bytes:
        """Return the texts of a kind."""
        return self.fields.split(SECTION)[section]


_NO_WORDS = Words(0, SECTION.join(2 * ITEM for _ in Section), 2 * ITEM, 2 * ITEM)


def _items(texts: Iterable[bytes]) -> bytes:
    return ITEM + ITEM.join(texts) + ITEM


def _flags(content: Content) -> int:
    flags = Has(0)
    flags |= Has.ATTACHMENT if content.attachments else Has(0)
    flags |= Has.INLINE if content.inline else Has(0)
    flags |= Has.HTML if content.html else Has(0)
    flags |= Has.TEXT if content.text else Has(0)
    return int(flags)


def _sections(message: Message) -> Iterator[list[bytes]]:
    """Yield the sections in their order."""
    content, envelope = message.content, message.envelope
    yield [octets(content.subject)]
    for addresses in ((content.sender,), content.to, content.cc, content.bcc, content.reply_to):
        yield [each for address in addresses for each in _address(address)]
    yield [octets(content.message_id)]
    yield [octets(part.filename[:_LONGEST_NAME]) for part in content.parts if part.filename]
    yield [octets(envelope.sender)]
    yield [octets(address) for address in envelope.addresses]
    yield [octets(envelope.user or "")]
    names = dict.fromkeys(delivery.mailbox for delivery in message.deliveries)
    yield [octets(name) for mailbox in names for name in dict.fromkeys((mailbox, _local_part(mailbox)))]


def _address(address: Address) -> Iterator[bytes]:
    """Yield an address as it is shown, and alone what it is made of: each of them is something exact."""
    if address:
        yield octets(str(address))
    if address.name and address.address:
        yield octets(address.name)
        yield octets(address.address)


def _local_part(mailbox: str) -> str:
    local, at, domain = mailbox.rpartition("@")
    return local if at else domain


def _headers(content: Content) -> Iterator[bytes]:
    for name, value in content.headers:
        yield octets(name) + VALUE + octets(value)


def _texts(content: Content) -> Iterator[bytes]:
    yield octets(_cut(content.text))
    if content.html:
        yield octets(_cut(markup.text_of(content.html, most=SEARCHED_TEXT)))
        targets = dict.fromkeys(link.url for link in content.links if link.source is Source.HTML)
        yield from map(octets, islice(targets, SEARCHED_LINKS))


def _cut(text: str) -> str:
    text = text[:SEARCHED_TEXT]
    return text if text.isascii() else text[:SEARCHED_WIDE_TEXT]
