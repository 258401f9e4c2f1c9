"""The queue of a SQLite store: a row for each entry. It knows nothing of how mail is sent."""

from __future__ import annotations

import json
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from operator import attrgetter
from typing import Any, TypeVar  # Any: rows of SQLite

from mailtrap_lite.message import Message, Recipient
from mailtrap_lite.message.queued import Attempt, Outgoing, QueueEntry, QueueState, Why
from mailtrap_lite.store import queue_statements as sql
from mailtrap_lite.store.contract import Arrival, no_such_message
from mailtrap_lite.store.notice_sqlite import NoticedSqlite
from mailtrap_lite.store.queue import Fate, Settlement, Shift, Trial
from mailtrap_lite.store.rows import envelope_of_text
from mailtrap_lite.store.sqlite_search import LARGEST_ID

T = TypeVar("T")


class QueuedSqlite(NoticedSqlite):
    """What a SQLite store does with its queue."""

    @abstractmethod
    def _write_soon(
        self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None
    ) -> Future[T]:
        """Do the same as `_write`, and do not wait for it."""

    @abstractmethod
    def _insert(self, db: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[int]:
        """Store mails in the transaction that is open, and return their ids."""

    @property
    def held(self) -> bool:
        with self._reading() as db:
            return bool(db.execute(sql.HELD).fetchone()[0])

    def hold(self, *, held: bool) -> None:
        self._change(lambda db: db.execute(sql.HOLD, {"held": held}).rowcount)

    def _queue(self, db: sqlite3.Connection, message: int, outgoing: Iterable[Outgoing]) -> list[int]:
        """Add entries; one by one, as only that tells their ids."""
        ids = []
        for each in outgoing:
            row = {
                "message": message,
                "sender": each.sender,
                "recipient": json.dumps([each.recipient.address, *each.recipient.options]),
                "domain": each.domain,
                "why": each.why,
                "at": each.at,
            }
            ids.append(db.execute(sql.ADD, row).lastrowid or 0)
        return ids

    def nudge(self) -> None:
        self._announce()

    def enqueue(self, message: int, outgoing: Sequence[Outgoing]) -> list[int]:
        def add(db: sqlite3.Connection) -> list[int]:
            known = 0 < message <= LARGEST_ID and db.execute(sql.HAS_MESSAGE, {"message": message}).fetchone()
            if not known:
                raise no_such_message(message)
            return self._queue(db, message, outgoing)

        return self._write(add, lambda ids: self._announce(changes=len(ids)))

    def recover(self) -> int:
        return self._change(lambda db: db.execute(sql.RECOVER).rowcount)

    def claim(self, domains: Collection[str], *, now: float, limit: int) -> list[QueueEntry]:
        values = {"domains": json.dumps(list(domains)), "now": now, "limit": limit}

        def take(db: sqlite3.Connection) -> list[QueueEntry]:
            return [entry_of(row) for row in db.execute(sql.CLAIM, values).fetchall()]

        taken = self._write(take, lambda entries: self._announce(changes=len(entries)))
        return sorted(taken, key=attrgetter("message", "id"))

    def leaving(self, message: int) -> Message:
        with self._reading() as db:
            found = db.execute(sql.LEAVING, {"message": message}).fetchone() if message <= LARGEST_ID else None
        if found is None:
            raise no_such_message(message)
        envelope, received, raw = found
        return Message(message, envelope_of_text(envelope), raw, received)

    def settle(self, settlements: Sequence[Settlement]) -> Future[None]:
        def keep(db: sqlite3.Connection) -> tuple[int, int]:
            changes, last = 0, 0
            for settlement in settlements:
                if known := _settle(db, settlement.trial, settlement.fates):
                    changes += known + len(settlement.reports)
                    last = max([last, *self._insert(db, settlement.reports)])
            return changes, last

        done: Future[None] = Future()
        written = self._write_soon(keep, lambda news: self._announce(changes=news[0], last_id=news[1]))
        written.add_done_callback(lambda result: _pass_on(result, done))
        return done

    def shift(self, entries: Collection[int] | None, shift: Shift) -> int:
        values = {
            "entries": None if entries is None else json.dumps([each for each in entries if each <= LARGEST_ID]),
            "old": json.dumps(sorted(shift.old)),
            "state": shift.new,
            "next_try": shift.next_try,
            "settled_at": shift.settled_at,
        }
        return self._change(lambda db: db.execute(sql.SHIFT, values).rowcount)

    def due_domains(self, *, now: float) -> list[str]:
        with self._reading() as db:
            return [domain for (domain,) in db.execute(sql.DUE_DOMAINS, {"now": now})]

    def next_try(self) -> float | None:
        with self._reading() as db:
            (found,) = db.execute(sql.NEXT_TRY).fetchone()
            return None if found is None else float(found)

    def queued(
        self,
        *,
        states: Collection[QueueState] = (),
        message: int | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[QueueEntry]:
        values = {
            "states": json.dumps(sorted(states)) if states else None,
            "message": None if message is None else min(message, LARGEST_ID),
            "after": min(after, LARGEST_ID),
            "limit": -1 if limit is None else limit,
        }
        with self._reading() as db:
            return [entry_of(row) for row in db.execute(sql.QUEUED if message is None else sql.QUEUED_OF, values)]

    def queue_counts(self) -> dict[QueueState, int]:
        with self._reading() as db:
            found = dict(db.execute(sql.COUNTS).fetchall())
        return {state: found.get(state, 0) for state in QueueState}

    def attempts(self, entry: int) -> list[Attempt]:
        with self._reading() as db:
            rows = db.execute(sql.ATTEMPTS, {"entry": min(entry, LARGEST_ID)}).fetchall()
        return [_attempt_of(row) for row in rows]


def entry_of(row: Sequence[Any]) -> QueueEntry:
    """Return the entry that a row stands for; the columns are those of COLUMNS."""
    key, message, sender, recipient, why, state, queued_at, next_try, tries, ambiguous, warned, reason, settled = row
    address, *options = json.loads(recipient)
    return QueueEntry(
        id=key,
        message=message,
        sender=sender,
        recipient=Recipient(address, tuple(options)),
        why=Why(why),
        state=QueueState(state),
        queued_at=queued_at,
        next_try=next_try,
        tries=tries,
        ambiguous=ambiguous,
        warned=bool(warned),
        reason=reason,
        settled_at=settled,
    )


def _attempt_of(row: Sequence[Any]) -> Attempt:
    key, message, at, seconds, host, tls, said, transcript = row
    return Attempt(key, message, at, seconds, host, tls, said, tuple(json.loads(transcript)))


def _settle(db: sqlite3.Connection, trial: Trial | None, fates: Sequence[Fate]) -> int:
    """Write down what became of entries and what was tried; return how many of them are still there."""
    now = trial.at + trial.seconds if trial else 0.0
    rows = [
        {
            "entry": fate.entry,
            "state": fate.state,
            "said": fate.said,
            "next_try": fate.next_try,
            "tried": fate.tried,
            "ambiguous": fate.ambiguous,
            "warned": fate.warned,
            "settled_at": None if fate.state.unfinished else now,
        }
        for fate in fates
    ]
    known = [row for row in rows if db.execute(sql.SETTLE, row).rowcount]
    tried = [row for row in known if row["tried"]]
    if trial is None or not tried:
        return len(known)
    about = {
        "entry": tried[0]["entry"],
        "at": trial.at,
        "seconds": trial.seconds,
        "host": trial.host,
        "tls": trial.tls,
        "transcript": json.dumps(trial.transcript),
    }
    attempt = db.execute(sql.ADD_ATTEMPT, about).lastrowid
    db.executemany(sql.ADD_TRIED, [{"attempt": attempt, "entry": row["entry"], "said": row["said"]} for row in tried])
    return len(known)


def _pass_on(written: Future[tuple[int, int]], done: Future[None]) -> None:
    error = written.exception()
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
