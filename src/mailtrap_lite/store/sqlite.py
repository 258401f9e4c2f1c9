"""Rows and bytes in SQLite, whatever the connection: what is asked, and what comes back.

It knows one connection at a time and no thread; MemoryStore and FileStore decide who may use which, and when.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import Any  # Any: rows of SQLite

from mailtrap_lite.accounts import Selection, local_part
from mailtrap_lite.errors import NoSuchMessage, StoreError, StoreFull, StoreUnusable, TooLarge
from mailtrap_lite.message import Delivery, Fetch, Message
from mailtrap_lite.pop3.wire import retr_octets
from mailtrap_lite.store import statements as sql
from mailtrap_lite.store.contract import (
    EVERY_MAILBOX,
    EXPIRE,
    Arrival,
    Counts,
    Entry,
    MailboxCount,
    Retention,
    Row,
    no_such_message,
)
from mailtrap_lite.store.found import Found
from mailtrap_lite.store.heap import LARGE, free_at_once
from mailtrap_lite.store.order import NEWEST, Order
from mailtrap_lite.store.queue_sqlite import QueuedSqlite
from mailtrap_lite.store.rows import envelope_of_text, envelope_to_text, fetches_of_text, text_of_fetch
from mailtrap_lite.store.sorting import FEW
from mailtrap_lite.store.sqlite_search import LARGEST_ID, names_of

# In place of the octets that RETR sends of a large mail, until a maildrop needs them.
UNCOUNTED = -1

# A mail up to here is counted when it is stored: that is 2 µs of 300 for one of 1 KB, and few hundredths for this size.
# For one of 100 KB it is a tenth, and nobody has so many of those that the first login would have to wait for them.
COUNTED_AT_ONCE = 16 * 1024

SLICE = 256 * 1024

# So many counts are kept with one transaction: a mail that comes in meanwhile waits for no more.
MOST_COUNTED = 1000


class SqliteStore(QueuedSqlite):
    """What both SQLite stores share."""

    def __init__(self, *, retention: Retention) -> None:
        super().__init__()
        self._retention = retention
        self._trimmed: list[int] = []  # what the transaction under way drops; for the writer only

    def _learn(self, db: sqlite3.Connection) -> None:
        """Read what is remembered from the last time the store was open."""
        (self._identity,) = db.execute(sql.IDENTITY).fetchone()
        (self._last_id,) = db.execute(sql.LAST_ID).fetchone()

    def add(self, arrival: Arrival) -> int:
        return self._write(lambda db: self._insert(db, [arrival])[0], self._announce_arrival)

    def _insert(self, db: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[int]:
        """Store mails with their deliveries, drop what is beyond the retention, and return the ids."""
        if not arrivals:
            return []
        (last,) = db.execute(sql.LAST_ID).fetchone()
        ids = list(range(last + 1, last + 1 + len(arrivals)))
        added = list(zip(ids, arrivals, strict=True))
        db.executemany(
            sql.ADD_MESSAGE,
            [
                _message_row(message, arrival, uid=self._shared_uid(db, arrival) if arrival.uid else None)
                for message, arrival in added
            ],
        )
        _insert_bodies(db, [(message, arrival.raw) for message, arrival in added])
        db.executemany(
            sql.ADD_DELIVERY,
            [
                {"message": message, "mailbox": mailbox, "local": local_part(mailbox), "uid": arrival.uid or None}
                for message, arrival in added
                for mailbox in arrival.mailboxes
            ],
        )
        for message, arrival in added:
            if arrival.queued:
                self._queue(db, message, arrival.queued)
        self._trim(db, newest=ids[-1])
        return ids

    def _shared_uid(self, db: sqlite3.Connection, arrival: Arrival) -> str | None:
        """Take the UIDL that was chosen; return it if it was never used in any mailbox.

        Raises BadMail if it was in one of these.
        """
        used = [mailbox for (mailbox,) in db.execute(sql.WHO_USED_UID, {"uid": arrival.uid})]
        self._refuse_uid(arrival, used)
        db.executemany(sql.USE_UID, [{"uid": arrival.uid, "mailbox": mailbox} for mailbox in arrival.mailboxes])
        return None if used else arrival.uid

    def _trim(self, db: sqlite3.Connection, *, newest: int) -> None:
        keep = self._retention
        messages, _, octets = db.execute(sql.TOTALS).fetchone()
        dropped: list[int] = []
        oldest = db.execute(sql.OLDEST, {"newest": newest})
        while 0 < keep.messages < messages or 0 < keep.octets < octets:
            found = oldest.fetchone()
            if found is None:
                break
            dropped.append(found[0])
            messages -= 1
            octets -= found[1]
        oldest.close()
        if dropped:
            db.execute(sql.DROP_UP_TO, {"last": dropped[-1]})
            self._trimmed += dropped

    def mark_read(self, ids: Iterable[int], *, read: bool) -> int:
        marks = [{"id": message, "read": read} for message in ids if 0 < message <= LARGEST_ID]
        return (
            self._change(
                lambda db: db.executemany(sql.MARK_READ, marks).rowcount,
                lambda: self._index.mark([mark["id"] for mark in marks], read=read),
            )
            if marks
            else 0
        )

    def mark_all_read(self, *, read: bool) -> int:
        return self._change(
            lambda db: db.execute(sql.MARK_ALL_READ, {"read": read}).rowcount, lambda: self._index.mark_all(read=read)
        )

    def delete(self, ids: Iterable[int]) -> int:
        gone = [{"id": message} for message in ids if 0 < message <= LARGEST_ID]
        return (
            self._change(
                lambda db: db.executemany(sql.DELETE, gone).rowcount,
                lambda: self._index.remove([each["id"] for each in gone]),
            )
            if gone
            else 0
        )

    def clear(self, *, uids: bool = False) -> int:
        # rowcount is 0 for a sql.DELETE without WHERE in some versions of SQLite; the total is right in all.
        def empty(db: sqlite3.Connection) -> tuple[int, int]:
            (messages, _, _) = db.execute(sql.TOTALS).fetchone()
            (last,) = db.execute(sql.LAST_ID).fetchone()
            db.execute(sql.DELETE_ALL)
            if uids:
                db.execute(sql.FORGET_UIDS)
            return int(messages), int(last)

        def tell(gone: tuple[int, int]) -> None:
            messages, last = gone
            self._index.remove_up_to(last)
            if messages:
                self._announce()

        return self._write(empty, tell)[0]

    def _announce_arrival(self, message: int) -> None:
        self._announce(last_id=message)

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
        common = {**sql.values_of(selection), "now": now}
        fetch = text_of_fetch(Fetch(now, user))
        gone: list[int] = []

        def mark(db: sqlite3.Connection) -> int:
            changed = 0
            for statements, messages, by in ((sql.FETCHED, fetched, user), (sql.DELETED, expired, EXPIRE)):
                if messages:
                    rows = [{"message": message, "user": by, "fetch": fetch, **common} for message in messages]
                    changed += db.executemany(sql.chosen_from(statements, selection), rows).rowcount
            # One by one, as only that says which of them were there to be deleted. Anew, if the work is done again.
            statement, values = sql.chosen_from(sql.DELETED, selection), {"user": user, **common}
            gone[:] = [each for each in deleted if db.execute(statement, {"message": each, **values}).rowcount]
            return changed + len(gone)

        if fetched or deleted or expired:
            self._change(mark)
        return gone

    def expire(self, *, before: float, now: float) -> int:
        with self._reading() as db:  # mostly there is none, and nobody need wait for the writer
            if db.execute(sql.ANY_EXPIRED, {"before": before}).fetchone() is None:
                return 0
        values = {"before": before, "now": now, "user": EXPIRE}
        return self._change(lambda db: db.execute(sql.EXPIRE, values).rowcount)

    def restore(self, message: int, selection: Selection) -> int:
        if not 0 < message <= LARGEST_ID:
            return 0
        values = {"message": message, **sql.values_of(selection)}
        return self._change(lambda db: db.execute(sql.chosen_from(sql.RESTORE, selection), values).rowcount)

    def message(self, message: int) -> Message:
        with self._reading() as db:
            found = db.execute(sql.MESSAGE, {"id": message}).fetchone() if 0 < message <= LARGEST_ID else None
            deliveries = db.execute(sql.DELIVERIES, {"message": message}).fetchall() if found else []
            tags = names_of(db, message) if found and found[4] else ()
        if found is None:
            raise no_such_message(message)
        identity, envelope, received, read, tagged, raw = found
        return Message(
            id=identity,
            envelope=envelope_of_text(envelope),
            raw=raw,
            received=received,
            read=bool(read),
            deliveries=tuple(
                Delivery(key, of, mailbox, uid or self._uid(of), fetches_of_text(fetches), *deleted)
                for key, of, mailbox, uid, fetches, *deleted in deliveries
            ),
            kept_tags=tags if tagged else None,
        )

    def raw(self, message: int) -> bytes:
        with self._reading() as db:
            values = {"message": message, "large": LARGE}
            found = db.execute(sql.RAW, values).fetchone() if 0 < message <= LARGEST_ID else None
            if found is None:
                raise no_such_message(message)
            raw: bytes | None = found[1]
            return _large_raw(db, message) if raw is None else raw

    def ids(self, *, after: int = 0, selection: Selection = EVERY_MAILBOX) -> list[int]:
        return self._column(sql.chosen_from(sql.IDS, selection), after=after, **sql.values_of(selection))

    def waiting(self, selection: Selection) -> list[int]:
        return [message for message, _ in self._oldest_first(sql.WAITING, selection)]

    def fetched(self, selection: Selection) -> list[int]:
        return self._column(sql.chosen_from(sql.WERE_FETCHED, selection), **sql.values_of(selection))

    def deleted(self, selection: Selection) -> list[int]:
        return self._column(sql.chosen_from(sql.WERE_DELETED, selection), **sql.values_of(selection))

    def _column(self, statement: str, **values: object) -> list[int]:
        with self._reading() as db:
            return [number for (number,) in db.execute(statement, values)]

    def rows(
        self,
        *,
        start: int,
        limit: int,
        after: int = 0,
        selection: Selection = EVERY_MAILBOX,
        order: Order = NEWEST,
    ) -> list[Row]:
        asked = {"start": start, "limit": limit, "after": after, **sql.values_of(selection)}
        if order.behind is not None:
            asked |= {"key": order.behind.key, "spot": min(order.behind.id, LARGEST_ID)}
        with self._reading() as db:
            return self._rows(db, db.execute(sql.rows_in(order, selection), asked).fetchall())

    def _sorted(self, found: Found, order: Order, *, start: int, limit: int) -> list[int]:
        asked: dict[str, object] = {}
        if order.behind is not None:
            asked |= {"key": order.behind.key, "spot": min(order.behind.id, LARGEST_ID)}
        few = found.total <= FEW
        if few:
            asked["ids"] = json.dumps(found.ids)
        statement = sql.ORDERED[order.by, order.descending, order.behind is not None, few]
        with self._reading() as db:
            ids = (message for (message,) in db.execute(statement, asked) if few or message in found)
            return list(islice(ids, start, start + limit))

    def maildrop(self, selection: Selection) -> list[Entry]:
        found = self._oldest_first(sql.MAILDROP, selection)
        counted = self._count(message for message, _, octets, _ in found if octets == UNCOUNTED)
        return [
            Entry(message, uid or self._uid(message), counted.get(message, octets))
            for message, _, octets, uid in found
            if octets != UNCOUNTED or message in counted
        ]

    def _oldest_first(self, statements: Sequence[str], selection: Selection) -> list[Any]:
        """Return rows that come by id, with the time of arrival in the second column, in the order of a maildrop."""
        with self._reading() as db:
            found = db.execute(sql.chosen_from(statements, selection), sql.values_of(selection)).fetchall()
        found.sort(key=itemgetter(1))
        return found

    def _count(self, ids: Iterable[int]) -> dict[int, int]:
        """Count what RETR sends of these mails, and keep that; a mail that was deleted since is left out."""
        counted: dict[int, int] = {}
        uncounted = list(ids)
        for start in range(0, len(uncounted), MOST_COUNTED):
            some = uncounted[start : start + MOST_COUNTED]
            with self._reading() as db:
                found = db.execute(sql.SMALL_RAWS, {"ids": json.dumps(some), "large": LARGE})
                fresh = {message: retr_octets(raw) for message, raw in found}
            for message in some:
                if message not in fresh:
                    with suppress(NoSuchMessage):
                        fresh[message] = retr_octets(self.raw(message))
            self._keep_octets([{"id": message, "octets": octets} for message, octets in fresh.items()])
            counted |= fresh
        return counted

    def _keep_octets(self, rows: Sequence[dict[str, int]]) -> None:
        if rows:
            with suppress(StoreError):  # of a full disk mail can be fetched all the same; it is counted again then
                self._write(lambda db: db.executemany(sql.KEEP_OCTETS, rows).rowcount)

    def counts(self, selection: Selection = EVERY_MAILBOX) -> Counts:
        statement = sql.TOTALS if selection.everything else sql.chosen_from(sql.COUNTS, selection)
        with self._reading() as db:
            return Counts(*db.execute(statement, sql.values_of(selection)).fetchone())

    def mailboxes(self) -> list[MailboxCount]:
        with self._reading() as db:
            return [MailboxCount(*found) for found in db.execute(sql.MAILBOXES)]


def _message_row(message: int, arrival: Arrival, *, uid: str | None) -> dict[str, object]:
    octets = arrival.octets
    if octets is None:
        octets = retr_octets(arrival.raw) if len(arrival.raw) <= COUNTED_AT_ONCE else UNCOUNTED
    return {
        "id": message,
        "received": arrival.received,
        "size": len(arrival.raw),
        "octets": octets,
        "envelope": envelope_to_text(arrival.envelope),
        "uid": uid,
    }


def _insert_bodies(db: sqlite3.Connection, bodies: Sequence[tuple[int, bytes]]) -> None:
    db.executemany(sql.ADD_BODY, [{"message": message, "raw": raw} for message, raw in bodies if len(raw) < LARGE])
    for message, raw in bodies:
        if len(raw) >= LARGE:
            _insert_large(db, message, raw)


def _insert_large(db: sqlite3.Connection, message: int, raw: bytes) -> None:
    """Insert the bytes of a large mail in slices.

    As a parameter they would be copied twice, once with the interpreter's lock held.
    """
    free_at_once()
    db.execute(sql.ADD_EMPTY_BODY, {"message": message, "size": len(raw)})
    octets = memoryview(raw)
    with db.blobopen("body", "raw", message) as body:
        for start in range(0, len(raw), SLICE):
            body.write(octets[start : start + SLICE])


def _large_raw(db: sqlite3.Connection, message: int) -> bytes:
    """Return the bytes of a large mail; as a column of a row they would be in memory twice."""
    db.execute("BEGIN")  # nobody deletes it between the look and the reading
    try:
        if db.execute(sql.RAW, {"message": message, "large": 0}).fetchone() is None:
            raise no_such_message(message)
        with db.blobopen("body", "raw", message, readonly=True) as body:
            raw: bytes = body.read()
            return raw
    finally:
        db.execute("COMMIT")


def store_error(error: sqlite3.Error, *, name: str) -> StoreError | TooLarge:
    """Return what an error of SQLite means to us."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code == "SQLITE_FULL":
        return StoreFull(f"store: there is no room left for {name}")
    if code == "SQLITE_TOOBIG" or isinstance(error, sqlite3.DataError):
        return TooLarge("the message is larger than the store can hold (1 GB)")
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreUnusable(
            f"store: {name} is damaged or not a database ({error}); move it away, or give another path with --store"
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreUnusable(
            f"store: {name} cannot be written ({error}); give it to this user, or another path with --store"
        )
    return StoreError(f"store: {name} cannot do it now ({error})")
