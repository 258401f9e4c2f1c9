"""A store that lives as long as its process: Python objects behind one lock, and no SQL.

A row in SQLite costs ten times as much as an entry here, and a mail of 25 MB that is copied into its pages 30 ms,
during which nobody else on the loop is served. The octets of a mail are immutable, so they are kept as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice, takewhile
from operator import attrgetter

from mailtrap_lite.accounts import Selection, local_part
from mailtrap_lite.message import Delivery, Fetch, Message
from mailtrap_lite.message.notices import Event
from mailtrap_lite.pop3.wire import retr_octets
from mailtrap_lite.store.contract import (
    EVERY_MAILBOX,
    EXPIRE,
    Arrival,
    Counts,
    Entry,
    MailboxCount,
    Retention,
    Row,
    new_identity,
    no_such_message,
)
from mailtrap_lite.store.found import Found
from mailtrap_lite.store.heap import LARGE, free_at_once
from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.order import NEWEST, By, Order
from mailtrap_lite.store.queue_memory import QueuedMemory
from mailtrap_lite.store.sorting import FEW, ordered, some_of, walked

# All mails are counted at the first login: here that takes 0.3 s for 100,000 mails of 2 KB, while each would cost a
# twentieth more if it were counted when it comes.
# Octets that may wait to be counted by a POP3 login on the event loop: some 1.5 ms.
_COUNTED_INLINE = 1024**2

# What is sorted by it is in the order of ids before, and stays so where times are equal.
_arrived = attrgetter("received")


class MemoryStore(QueuedMemory):
    """Any thread, the loop's included. Everything is under the lock of `_news`, so what a reader sees is whole."""

    def __init__(self, *, retention: Retention | None = None) -> None:
        super().__init__()
        self._retention = retention or Retention()
        self._identity = new_identity()
        self._mailboxes: dict[str, dict[int, Kept]] = {}
        self._locals: dict[str, set[str]] = {}  # from a local part to its mailboxes
        self._chosen: dict[str, set[str]] = {}  # from each UIDL that was ever chosen to the mailboxes where it was
        self._last_delivery = 0
        self._unread = 0
        self._octets = 0
        self._uncounted = 0  # octets of the mails of which nobody knows yet what RETR sends
        # The order that was asked for last, so that its next page costs no sort: what it is of, and the messages.
        self._ordered: tuple[tuple[int, int, By, Selection, int] | None, list[Kept]] = (None, [])

    @property
    def inline(self) -> bool:
        return self._uncounted <= _COUNTED_INLINE

    async def add_soon(self, arrival: Arrival) -> int:
        return self.add(arrival)

    def add(self, arrival: Arrival) -> int:
        if len(arrival.raw) >= LARGE:
            free_at_once()
        with self._news:
            self._refuse_if_closed()
            message = self._last_id + 1
            kept = self._keep(message, arrival)
            self._messages[message] = kept
            for name in arrival.mailboxes:
                self._mailbox(name)[message] = kept
            self._last_delivery += len(arrival.mailboxes)
            self._unread += 1
            self._octets += len(arrival.raw)
            if arrival.octets is None:
                self._uncounted += len(arrival.raw)
            self._note(Event.ACCEPTED, message)
            if arrival.queued:
                self._queue(message, arrival.queued)
            self._trim()
            if arrival.accepted is not None:
                arrival.accepted(message)
            self._announce(last_id=message)
        return message

    def _keep(self, message: int, arrival: Arrival) -> Kept:
        own, delivery = self._uid(message), self._last_delivery + 1
        if not arrival.uid:
            return Kept(message, arrival, delivery=delivery, uid=own, shared_uid=own)
        used = self._chosen.get(arrival.uid, set())
        self._refuse_uid(arrival, used)
        shared = own if used else arrival.uid
        if arrival.mailboxes:
            self._chosen[arrival.uid] = used.union(arrival.mailboxes)
        return Kept(message, arrival, delivery=delivery, uid=arrival.uid, shared_uid=shared)

    def _mailbox(self, name: str) -> dict[int, Kept]:
        mailbox = self._mailboxes.get(name)
        if mailbox is None:
            mailbox = self._mailboxes[name] = {}
            self._locals.setdefault(local_part(name), set()).add(name)
        return mailbox

    def _trim(self) -> None:
        keep = self._retention
        while len(self._messages) > 1 and (0 < keep.messages < len(self._messages) or 0 < keep.octets < self._octets):
            # The newest stays, and what is to move on stays until it has.
            oldest = next((kept for kept in self._messages.values() if not self._moves_on(kept.id)), None)
            if oldest is None or oldest.id == next(reversed(self._messages)):
                return
            self._drop(oldest)

    def _drop(self, kept: Kept) -> None:
        self._note_end(kept)
        del self._messages[kept.id]
        self._index.remove([kept.id])
        self._forget_words(kept)
        self._forget_queued(kept.id)
        for name in kept.mailboxes:
            mailbox = self._mailboxes[name]
            del mailbox[kept.id]
            if not mailbox:
                del self._mailboxes[name]
                names = self._locals[local_part(name)]
                names.remove(name)
                if not names:
                    del self._locals[local_part(name)]
        self._unread -= not kept.read
        self._octets -= len(kept.raw)
        if kept.octets is None:
            self._uncounted -= len(kept.raw)

    def mark_read(self, ids: Iterable[int], *, read: bool) -> int:
        with self._news:
            self._refuse_if_closed()
            return self._mark([self._messages[message] for message in ids if message in self._messages], read=read)

    def mark_all_read(self, *, read: bool) -> int:
        with self._news:
            self._refuse_if_closed()
            return self._mark(self._messages.values(), read=read)

    def _mark(self, messages: Iterable[Kept], *, read: bool) -> int:
        changed = []
        for kept in messages:
            if kept.read is not read:
                kept.read = read
                changed.append(kept.id)
        self._index.mark(changed, read=read)
        self._unread += -len(changed) if read else len(changed)
        return self._told(len(changed))

    def delete(self, ids: Iterable[int]) -> int:
        with self._news:
            self._refuse_if_closed()
            before = len(self._messages)
            for message in ids:
                if message in self._messages:
                    self._drop(self._messages[message])
            return self._told(before - len(self._messages))

    def clear(self, *, uids: bool = False) -> int:
        with self._news:
            self._refuse_if_closed()
            gone = len(self._messages)
            for kept in self._messages.values() if self._noted else ():
                self._note_end(kept)
            self._forget()
            if uids:
                self._chosen.clear()
            return self._told(gone)

    def _forget(self) -> None:
        self._messages.clear()
        self._index.remove_up_to(self._last_id)
        self._forget_all_words()
        self._forget_queue()
        self._mailboxes.clear()
        self._locals.clear()
        self._unread = self._octets = self._uncounted = 0
        self._ordered = (None, [])

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
        with self._news:
            self._refuse_if_closed()
            changed, fetch = 0, Fetch(now, user)
            for delivery in self._selected(fetched, selection):
                self._messages[delivery.message].mark(delivery.fetched_again(fetch))
                self._note(Event.FETCHED, delivery.message, whom=delivery.mailbox, by=user)
                changed += 1
            gone = self._delete_over_pop3(self._selected(deleted, selection), by=user, now=now)
            expiring = self._delete_over_pop3(self._selected(expired, selection), by=EXPIRE, now=now)
            self._told(changed + len(gone) + len(expiring))
            return list(dict.fromkeys(gone))

    def expire(self, *, before: float, now: float) -> int:
        with self._news:
            self._refuse_if_closed()
            old = (
                delivery
                for kept in self._messages.values()
                if kept.received < before and any(map(kept.may_expire_in, kept.mailboxes))
                for delivery in kept.deliveries()
                if kept.may_expire_in(delivery.mailbox)
            )
            return self._told(len(self._delete_over_pop3(old, by=EXPIRE, now=now)))

    def _delete_over_pop3(self, deliveries: Iterable[Delivery], *, by: str, now: float) -> list[int]:
        """Return the messages of those that were there to be deleted, one for each delivery."""
        gone = []
        for delivery in deliveries:
            if delivery.deleted_at is None:
                self._messages[delivery.message].mark(replace(delivery, deleted_at=now, deleted_by=by))
                self._note(Event.DELETED, delivery.message, whom=delivery.mailbox, by=by)
                gone.append(delivery.message)
        return gone

    def _selected(self, ids: Iterable[int], selection: Selection) -> Iterator[Delivery]:
        for message in ids:
            for delivery in self._messages[message].deliveries() if message in self._messages else ():
                if selection.holds(delivery.mailbox):
                    yield delivery

    def restore(self, message: int, selection: Selection) -> int:
        with self._news:
            self._refuse_if_closed()
            gone = [each for each in self._selected([message], selection) if each.deleted_at is not None]
            for delivery in gone:
                kept = self._messages[message]
                kept.mark(replace(delivery, deleted_at=None, deleted_by=None))
                kept.restored = (*kept.restored, delivery.mailbox)
            return self._told(len(gone))

    def message(self, message: int) -> Message:
        with self._news:
            kept = self._find(message)
            return kept.message(self._tagging.names_of(kept))

    def raw(self, message: int) -> bytes:
        with self._news:
            return self._find(message).raw

    def _find(self, message: int) -> Kept:
        self._refuse_if_closed()
        kept = self._messages.get(message)
        if kept is None:
            raise no_such_message(message)
        return kept

    def ids(self, *, after: int = 0, selection: Selection = EVERY_MAILBOX) -> list[int]:
        with self._news:
            self._refuse_if_closed()
            newest_first = reversed(self._delivered_to(selection))
            return list(takewhile(lambda message: message > after, newest_first))[::-1]

    def rows(
        self,
        *,
        start: int,
        limit: int,
        after: int = 0,
        selection: Selection = EVERY_MAILBOX,
        order: Order = NEWEST,
    ) -> list[Row]:
        with self._news:
            self._refuse_if_closed()
            chosen = self._delivered_to(selection).values()
            if order == NEWEST:
                newest_first = takewhile(lambda kept: kept.id > after, reversed(chosen))
                return [self._row(kept) for kept in islice(islice(newest_first, start, None), limit)]
        found = self._all_ordered(order.by, selection, after)
        return [self._row(kept) for kept in some_of(found, order, start=start, limit=limit)]

    def _all_ordered(self, by: By, selection: Selection, after: int = 0) -> list[Kept]:
        """Return all messages of a selection in an order, ascending; made once for each change."""
        with self._news:
            asked = (self._revision, self._gists if by.read else 0, by, selection, after)
            known, found = self._ordered
            if known == asked:
                return found
            everything = [kept for kept in self._delivered_to(selection).values() if kept.id > after]
        # A sort takes long, and the event loop must not wait for it.
        found = ordered(everything, by)
        self._ordered = (asked, found)
        return found

    def _sorted(self, found: Found, order: Order, *, start: int, limit: int) -> list[int]:
        if found.total <= FEW:
            with self._news:
                some = ordered(self._those(found.ids[::-1]), order.by)
            return [kept.id for kept in some_of(some, order, start=start, limit=limit)]
        everything = walked(self._all_ordered(order.by, EVERY_MAILBOX), order)
        return [kept.id for kept in islice((kept for kept in everything if kept.id in found), start, start + limit)]

    def waiting(self, selection: Selection) -> list[int]:
        with self._news:
            self._refuse_if_closed()
            return [kept.id for kept in self._waiting_for(selection)]

    def fetched(self, selection: Selection) -> list[int]:
        return self._by_time(selection, lambda delivery: delivery.fetched_at)

    def deleted(self, selection: Selection) -> list[int]:
        return self._by_time(selection, lambda delivery: delivery.deleted_at)

    def _by_time(self, selection: Selection, time_of: Callable[[Delivery], float | None]) -> list[int]:
        last: dict[int, float] = {}
        with self._news:
            self._refuse_if_closed()
            for kept in self._delivered_to(selection).values():
                times = [time_of(delivery) for delivery in kept.marked() if selection.holds(delivery.mailbox)]
                known = [time for time in times if time is not None]
                if known:
                    last[kept.id] = max(known)
        return sorted(last, key=lambda message: (last[message], message))

    def _delivered_to(self, selection: Selection) -> dict[int, Kept]:
        """Return the messages of a selection, deleted over POP3 or not, oldest first."""
        if selection.everything:
            return self._messages
        if selection.mailbox:
            return self._mailboxes.get(selection.mailbox, {})
        found: dict[int, Kept] = {}
        for name in self._locals.get(selection.local, ()):
            found |= self._mailboxes[name]
        return {message: found[message] for message in sorted(found)}

    def maildrop(self, selection: Selection) -> list[Entry]:
        with self._news:
            self._refuse_if_closed()
            found = self._waiting_for(selection)
        for kept in found:
            if kept.octets is None:
                self._count(kept)
        uid_of = attrgetter("uid" if selection.mailbox else "shared_uid")
        return [Entry(kept.id, uid_of(kept), kept.octets or 0) for kept in found]

    def _waiting_for(self, selection: Selection) -> list[Kept]:
        if selection.everything:
            waiting = [kept for kept in self._messages.values() if any(map(kept.waits_in, kept.mailboxes))]
            return sorted(waiting, key=_arrived)
        names = [selection.mailbox] if selection.mailbox else self._locals.get(selection.local, ())
        found = {
            kept.id: kept for name in names for kept in self._mailboxes.get(name, {}).values() if kept.waits_in(name)
        }
        return sorted([found[message] for message in sorted(found)], key=_arrived)

    def _count(self, kept: Kept) -> None:
        """Count what RETR sends; not under the lock, as a large mail takes a while and comes to the same twice."""
        octets = retr_octets(kept.raw)
        with self._news:
            if kept.octets is None:
                kept.octets = octets
                if kept.id in self._messages:
                    self._uncounted -= len(kept.raw)

    def counts(self, selection: Selection = EVERY_MAILBOX) -> Counts:
        with self._news:
            self._refuse_if_closed()
            if selection.everything:
                return Counts(len(self._messages), self._unread, self._octets)
            found = self._delivered_to(selection).values()
            return Counts(len(found), sum(not kept.read for kept in found), sum(len(kept.raw) for kept in found))

    def mailboxes(self) -> list[MailboxCount]:
        with self._news:
            self._refuse_if_closed()
            return [
                MailboxCount(
                    name,
                    sum(kept.waits_in(name) for kept in mailbox.values()),
                    len(mailbox),
                    sum(not kept.read for kept in mailbox.values()),
                )
                for name, mailbox in sorted(self._mailboxes.items())
            ]

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
            self._forget()
        self._catalogue.close()
