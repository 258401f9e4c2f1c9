"""A message: one accepted mail, its envelope and its bytes; what it says is read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from mailtrap_lite.message.asked import Asked
from mailtrap_lite.message.content import Address, Content, Headers, Part
from mailtrap_lite.message.envelope import Envelope
from mailtrap_lite.message.rules import Finding
from mailtrap_lite.message.session import Session
from mailtrap_lite.terminal import escaped

MOST_FETCHES: Final = 100  # of a delivery that are remembered


@dataclass(frozen=True, slots=True)
class Fetch:
    """A POP3 client was sent a message whole. at: seconds since the epoch; by: the user."""

    at: float
    by: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's copy of a message.

    mailbox: the address whose mailbox it lies in. uid: its UIDL (RFC 1939 section 7).
    fetches: each session that fetched it, oldest first; of very many the first and the last ones.
    Times are seconds since the epoch, None while it has not happened; `by` is the POP3 user who did it.
    """

    id: int
    message: int
    mailbox: str
    uid: str
    fetches: tuple[Fetch, ...] = ()
    deleted_at: float | None = None
    deleted_by: str | None = None

    @property
    def fetched_at(self) -> float | None:
        """When it was fetched last."""
        return self.fetches[-1].at if self.fetches else None

    @property
    def fetched_by(self) -> str | None:
        """Who fetched it last."""
        return self.fetches[-1].by if self.fetches else None

    def fetched_again(self, fetch: Fetch) -> Delivery:
        """Return it with one more fetch."""
        kept = self.fetches
        if len(kept) >= MOST_FETCHES:
            kept = (kept[0], *kept[2 - MOST_FETCHES :])
        return replace(self, fetches=(*kept, fetch))


_MOST_NAMED = 12  # recipients, in one line


def _unknown(session: str) -> Session | None:
    return None


def _untagged(message: Message) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Message(Asked):
    """One accepted mail.

    id: rises in the order of commits and is never used again. raw: exactly the octets that came over the wire after
    dot-unstuffing. received: seconds since the epoch. read: whether somebody opened it in the inspector.
    find_session: what knows the sessions by their id; handed down by the sandbox.
    kept_tags: the tags as they are kept, None while nobody has read them; find_tags: what reads them then.
    All other attributes are read from `raw` when first asked for, and reading never raises.
    """

    id: int
    envelope: Envelope
    raw: bytes = field(repr=False)
    received: float
    read: bool = False
    deliveries: tuple[Delivery, ...] = ()
    find_session: Callable[[str], Session | None] = field(default=_unknown, repr=False, compare=False)
    kept_tags: tuple[str, ...] | None = field(default=None, repr=False, compare=False)
    find_tags: Callable[[Message], tuple[str, ...]] = field(default=_untagged, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"<Message {self.id}: {self}>"

    def __str__(self) -> str:
        """The message in one line of printable characters."""
        recipients = ", ".join(self.envelope.addresses[:_MOST_NAMED]) or "nobody"
        if (more := len(self.envelope.recipients) - _MOST_NAMED) > 0:
            recipients += f" and {more:,} more"
        line = f"{self.subject!r} from {self.envelope.sender or '<>'} to {recipients}, {self.size:,} octets"
        return escaped(line)

    @cached_property
    def content(self) -> Content:
        """What MIME says about the bytes: parts, text, attachments, defects."""
        return Content(self.raw)

    @cached_property
    def lint(self) -> tuple[Finding, ...]:
        """What a strict receiver would object to, in the mail and in how it was handed over; empty for clean mail."""
        from mailtrap_lite.message.lint import findings  # most tests never ask

        return findings(self.content, self.envelope)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Its tags by name, when it was read: those that somebody set, else those that it came with."""
        return self.find_tags(self) if self.kept_tags is None else self.kept_tags

    @property
    def size(self) -> int:
        """Octets of `raw`."""
        return len(self.raw)

    @property
    def session(self) -> Session | None:
        """The SMTP conversation that delivered it, as far as it went; None if it was planted, or long ago."""
        session = self.find_session(self.envelope.session) if self.envelope.session else None
        if session is None or self.id in session.messages:
            return session
        # Somebody looks in the moment between the commit and the news of it.
        return replace(session, messages=(*session.messages, self.id))

    @property
    def received_at(self) -> datetime:
        """When it was accepted, in UTC."""
        return datetime.fromtimestamp(self.received, UTC)

    @property
    def subject(self) -> str:
        """The decoded Subject; "" without one."""
        return self.content.subject

    @property
    def sender(self) -> Address:
        """The first From address; an empty Address without one. The envelope's sender is `envelope.sender`."""
        return self.content.sender

    @property
    def to(self) -> tuple[Address, ...]:
        """The To addresses. Where it really went is `envelope.recipients`."""
        return self.content.to

    @property
    def cc(self) -> tuple[Address, ...]:
        """The Cc addresses."""
        return self.content.cc

    @cached_property
    def bcc(self) -> tuple[Address, ...]:
        """Who received it though neither To nor Cc names them. What a Bcc field says is `content.bcc`."""
        named = {address.address.casefold() for address in (*self.to, *self.cc)}
        return tuple(Address("", each) for each in self.envelope.addresses if each.casefold() not in named)

    @property
    def reply_to(self) -> tuple[Address, ...]:
        """The Reply-To addresses."""
        return self.content.reply_to

    @property
    def date(self) -> datetime | None:
        """The Date with its zone; None without one, or when it is no date."""
        return self.content.date

    @property
    def text(self) -> str:
        """The plain text part, decoded; "" without one."""
        return self.content.text

    @property
    def html(self) -> str:
        """The HTML part, decoded; "" without one."""
        return self.content.html

    @property
    def text_of_html(self) -> str:
        """What the HTML shows, in lines as a reader sees them; "" without any."""
        return self.content.text_of_html

    @property
    def headers(self) -> Headers:
        """The decoded header fields, in order."""
        return self.content.headers

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The attached parts, in order, without those that the HTML shows inline."""
        return self.content.attachments
