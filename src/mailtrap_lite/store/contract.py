"""What a store promises, whatever keeps its rows.

A store knows messages, deliveries and their bytes. It knows no door, no MIME and no clock.
Ids rise in the order of commits and are never used again, not after a deletion and not after a restart.
A write is committed when it returns, or it raises StoreError and changed nothing.
A reader that starts after that sees it. News travels up through `wait`.
"""

from __future__ import annotations

import secrets
import threading
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtrap_lite.accounts import Selection
from mailtrap_lite.errors import BadMail, NoSuchMessage, ServerClosed
from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.store.catalogue import Catalogue
from mailtrap_lite.store.found import Found
from mailtrap_lite.store.gists import Gist, Reader
from mailtrap_lite.store.order import NEWEST, By, Order
from mailtrap_lite.store.queue import Outgoing, Queue

if TYPE_CHECKING:
    from mailtrap_lite.search import Query, Searched


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message about to be stored.

    mailboxes: the names of those that get a copy, without duplicates. received: seconds since the epoch.
    octets: what a POP3 RETR of it sends, before dot-stuffing; None: counted by the store when it is needed.
    uid: the UIDL that it is to have in its mailboxes (RFC 1939 section 7); "" for one of the store's own.
    accepted: called with the id once committed, before anybody is told, on any thread. queued: who gets it next.
    """

    envelope: Envelope
    raw: bytes
    mailboxes: tuple[str, ...]
    received: float
    octets: int | None = None
    uid: str = ""
    accepted: Callable[[int], None] | None = None
    queued: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A message without its bytes. digest and tags: None until `keep_gists` was called for it."""

    id: int
    envelope: Envelope
    received: float
    size: int
    read: bool
    digest: Digest | None
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a maildrop. octets: what RETR sends, before dot-stuffing. uid: for UIDL (RFC 1939 section 7)."""

    message: int
    uid: str
    octets: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages in the store, those nobody opened, and the octets of all."""

    total: int
    unread: int
    octets: int


@dataclass(frozen=True, slots=True)
class MailboxCount:
    """A mailbox and how many messages a POP3 client would find in it now.

    total and unread are of what was delivered there, also when POP3 deleted it since.
    """

    name: str
    waiting: int
    total: int
    unread: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept; the oldest go first. 0 is no limit. The newest message stays, and each that is to move on."""

    messages: int = 0
    octets: int = 0


EVERY_MAILBOX = Selection()

# In place of a user: who deleted mail that was in a mailbox for too long (RFC 2449 section 6.7).
EXPIRE = "EXPIRE"


class Store(Queue):
    """The contract. All methods but `add_soon`: any thread, blocking."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._revision = 0
        self._last_id = 0
        self._closed = False
        # What is raised once it is closed; a sandbox of many says more than that the server was stopped.
        self.closed_with: Callable[[], ServerClosed] = _stopped
        self._identity = ""
        self._catalogue = Catalogue(self)
        self._index = self._catalogue.index

    @property
    @abstractmethod
    def inline(self) -> bool:
        """Whether each call takes microseconds now, so that the event loop may make it directly."""

    @property
    def revision(self) -> int:
        """How many changes were committed since the store was opened."""
        return self._revision

    @property
    def last_id(self) -> int:
        """The id of the newest message that was ever stored; 0 before the first."""
        return self._last_id

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def wait(self, revision: int, timeout: float | None) -> int:
        """Block until the revision is beyond the given one or timeout seconds have passed; return the revision.

        Raises ServerClosed when the store is closed before or meanwhile.
        """
        with self._news:
            self._news.wait_for(lambda: self._revision > revision or self._closed, timeout)
            if self._closed:
                raise self.closed_with()
            return self._revision

    def _announce(self, *, changes: int = 1, last_id: int = 0) -> None:
        """Wake the waiters; after the commit, never before."""
        with self._news:
            self._revision += changes
            self._last_id = max(self._last_id, last_id)
            self._news.notify_all()

    def _uid(self, message: int) -> str:
        # A message lies in a mailbox once, so its id tells it apart there. The identity of the store keeps the UIDL
        # new after somebody starts again with id 1.
        return f"{self._identity}.{message}"

    def _refuse_uid(self, arrival: Arrival, used: Collection[str]) -> None:
        """Raise BadMail for a UIDL that cannot be chosen. used: the mailboxes in which a message has or had it."""
        if arrival.uid.startswith(f"{self._identity}."):
            raise BadMail(f"uid={arrival.uid!r} cannot be chosen: such a UIDL is one of the store's own")
        for mailbox in arrival.mailboxes:
            if mailbox in used:
                # RFC 1939 section 7: a server should never use one again, as clients remember what they have fetched.
                raise BadMail(
                    f"uid={arrival.uid!r} is taken: a message in the mailbox {mailbox} has this UIDL or had it"
                )

    @abstractmethod
    def add(self, arrival: Arrival) -> int:
        """Store a message with its deliveries, drop what is beyond the retention, and return the id.

        Raises BadMail if a message in one of the mailboxes ever had its UIDL, or if that could be the store's own.
        """

    @abstractmethod
    async def add_soon(self, arrival: Arrival) -> int:
        """The same from an event loop, which is not blocked meanwhile."""

    @abstractmethod
    def mark_read(self, ids: Iterable[int], *, read: bool) -> int:
        """Set the read mark; unknown ids are ignored. Return how many changed."""

    @abstractmethod
    def mark_all_read(self, *, read: bool) -> int:
        """Set the read mark of every message. Return how many changed."""

    @abstractmethod
    def delete(self, ids: Iterable[int]) -> int:
        """Delete messages with their deliveries; unknown ids are ignored. Return how many there were."""

    @abstractmethod
    def clear(self, *, uids: bool = False) -> int:
        """Delete everything; ids go on rising. Return how many messages there were.

        uids: also forget which UIDLs were chosen, so that they can be chosen again.
        """

    @abstractmethod
    def update_maildrop(
        self,
        selection: Selection,
        *,
        fetched: Collection[int],
        deleted: Collection[int],
        expired: Collection[int] = (),
        user: str,
        now: float,
    ) -> list[int]:
        """Mark these messages' deliveries in the selection as fetched and as deleted over POP3, in one transaction.

        expired: deleted too, not by the user but by EXPIRE.
        Return those that the user deleted, in the order of `deleted`: not what was deleted or removed before.
        """

    @abstractmethod
    def expire(self, *, before: float, now: float) -> int:
        """Mark each delivery of a message that was received before a time as deleted by EXPIRE. Return how many.

        What was put back since by `restore` stays.
        """

    @abstractmethod
    def restore(self, message: int, selection: Selection) -> int:
        """Put what POP3 deleted of a message back into the mailboxes of the selection. Return how many there were.

        It keeps its UIDL, for it is the same message (RFC 1939 section 7), and what is known of who fetched it.
        """

    def search(self, query: Query, *, read: Reader, wanted: int | None = None) -> Found:
        """Return the messages that a query matches, each that was stored before this call among them.

        It first reads what nobody has read yet. wanted: if that is much, so many of the newest that match will do, and
        the rest is read behind the answer, which is not `complete`; None: all.
        No lock that a writer needs is held for longer than a moment.
        What is stored meanwhile is left out; what is marked or deleted meanwhile may be seen or not.
        """
        return self._catalogue.search(query, read=read, wanted=wanted)

    def found_rows(self, found: Found, order: Order = NEWEST, *, start: int, limit: int) -> list[Row]:
        """Return messages that a search found without their bytes, `limit` of them from `start` on, in an order."""
        while True:
            if order.by is By.ID:
                ids = found.in_order(order, start=start, limit=limit)
            else:
                ids = self._sorted(found, order, start=start, limit=limit)
            if len(rows := self.rows_of(ids)) == len(ids):
                return rows
            # Deleted since. The next ones move up: only the last page is not full, which ends a walk.
            found = found.without(set(ids).difference(row.id for row in rows))

    @abstractmethod
    def _sorted(self, found: Found, order: Order, *, start: int, limit: int) -> list[int]:
        """Return ids that a search found, `limit` of them from `start` on, in an order but that of ids."""

    @abstractmethod
    def oldest_id(self) -> int:
        """Return the id of the oldest message; 0 if there is none."""

    @abstractmethod
    def catalogue(self, first: int, last: int, read: Reader) -> int:
        """Put the messages of a span of ids into the index, and keep what had to be read for it. Return how many.

        A store that cannot keep it now does without.
        """

    @abstractmethod
    def look(self, ids: Iterable[int], read: Reader) -> Iterator[tuple[int, Searched]]:
        """Yield what a query sees of messages, with their ids; unknown ones are left out. Takes no lock."""

    def announce_reading(self) -> None:
        """Wake the waiters: mail was read that a search has not looked at before."""
        self._announce()

    def read_up(self, read: Reader) -> None:
        """Read the messages that nobody has read yet, and keep their gists, in small transactions, if it can."""
        self._catalogue.read_up(read)

    @abstractmethod
    def unread_up(self, after: int) -> list[int]:
        """Return the ids beyond `after` of messages without a gist, oldest first."""

    @abstractmethod
    def keep_gists(self, gists: Sequence[tuple[int, Gist]]) -> None:
        """Keep what was read; unknown ids are ignored. A message whose tags somebody has set keeps those."""

    @abstractmethod
    def set_tags(self, ids: Iterable[int], tags: Sequence[str]) -> int:
        """Give messages these tags and no others; unknown ids are ignored. Return how many there were.

        The spelling that is there already wins. tags: as `checked_tag` returns them.
        """

    @abstractmethod
    def tags(self) -> list[str]:
        """Return each tag that a message has, in order. Messages without a gist are not asked."""

    @abstractmethod
    def tag_counts(self) -> dict[str, int]:
        """Return how many messages have each tag, in the order of the tags. Messages without a gist are not asked."""

    @abstractmethod
    def rename_tag(self, old: str, new: str) -> int:
        """Rename a tag, or merge it into another that is there. Return how many messages had it."""

    @abstractmethod
    def delete_tag(self, name: str) -> int:
        """Take a tag from all messages. Return how many had it."""

    @abstractmethod
    def spelled(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Return tags, each once and in order, as they are spelled here if they are there already."""

    @abstractmethod
    def rows_of(self, ids: Sequence[int]) -> list[Row]:
        """Return these messages without their bytes, in that order; unknown ones are left out."""

    @abstractmethod
    def message(self, message: int) -> Message:
        """Return a message; raises NoSuchMessage."""

    @abstractmethod
    def raw(self, message: int) -> bytes:
        """Return the bytes of a message; raises NoSuchMessage."""

    @abstractmethod
    def ids(self, *, after: int = 0, selection: Selection = EVERY_MAILBOX) -> list[int]:
        """Return the ids beyond `after` of what was delivered to a selection, oldest first."""

    @abstractmethod
    def rows(
        self,
        *,
        start: int,
        limit: int,
        after: int = 0,
        selection: Selection = EVERY_MAILBOX,
        order: Order = NEWEST,
    ) -> list[Row]:
        """Return messages beyond the id `after` without their bytes, `limit` of them from `start` on, in this order.

        selection: only those that were delivered there, also when POP3 deleted them since.
        In an order that comes from digests, a message is left out until its gist is kept.
        """

    @abstractmethod
    def waiting(self, selection: Selection) -> list[int]:
        """Return the ids of what POP3 did not delete from a selection, in the order of a maildrop."""

    @abstractmethod
    def fetched(self, selection: Selection) -> list[int]:
        """Return the ids of the messages that POP3 fetched from a selection, the one fetched last at the end."""

    @abstractmethod
    def deleted(self, selection: Selection) -> list[int]:
        """Return the ids of the messages that POP3 deleted from a selection, the one deleted last at the end."""

    @abstractmethod
    def maildrop(self, selection: Selection) -> list[Entry]:
        """Return what a POP3 session sees; a message of several mailboxes of the selection once.

        The order is that of arrival, by `received` and then by id: a mail that is said to be old comes before others.
        A UIDL that was chosen for a message is what a selection of one mailbox shows. In a selection of several only
        the first message that ever had it shows it, and each later one a UIDL of the store's own, so that they differ.
        """

    @abstractmethod
    def counts(self, selection: Selection = EVERY_MAILBOX) -> Counts:
        """Return the totals of what was delivered to a selection, also when POP3 deleted it since."""

    @abstractmethod
    def mailboxes(self) -> list[MailboxCount]:
        """Return each mailbox that has a message, by name."""

    @abstractmethod
    def close(self) -> None:
        """Commit what is under way, wake the waiters and let go of everything. Idempotent."""


def _stopped() -> ServerClosed:
    return ServerClosed("the server was stopped")


def new_identity() -> str:
    """Return an identity for a store, which makes its UIDLs unlike those of any other."""
    return secrets.token_hex(4)


def no_such_message(message: int) -> NoSuchMessage:
    """Return the error for an id that is not there."""
    return NoSuchMessage(f"no message has the id {message}, or it was deleted")
