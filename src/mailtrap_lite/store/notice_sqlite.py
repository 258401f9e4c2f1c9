"""The notices of a SQLite store: triggers write them, in the transaction of what they tell. It knows no URL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from typing import Any  # Any: rows of SQLite

from mailtrap_lite.message.notices import Event, Notice, Subject, Telling
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.store import notice_statements as sql
from mailtrap_lite.store.notices import Told
from mailtrap_lite.store.queue import Shift
from mailtrap_lite.store.rows import digest_of_text, envelope_of_text
from mailtrap_lite.store.sqlite_search import LARGEST_ID, SearchedSqlite


class NoticedSqlite(SearchedSqlite):
    """What a SQLite store does with its notices."""

    def note(self, events: Collection[Event], *, clock: Callable[[], float]) -> None:
        statements = [trigger for event in Event if event in events for trigger in sql.TRIGGERS[event]]
        when = sql.ALWAYS if Event.DELETED in events else sql.IF_TOLD_OF

        def begin(db: sqlite3.Connection) -> None:
            db.create_function(sql.CLOCK, 0, clock)
            for statement in (*statements, sql.KEEP_SUBJECT.format(when=when)):
                db.execute(statement)

        self._write(begin)

    def due_notice(self, *, now: float) -> Notice | None:
        with self._reading() as db:
            found = db.execute(sql.DUE, {"now": now}).fetchone()
        return None if found is None else _notice_of(found)

    def next_telling(self) -> float | None:
        with self._reading() as db:
            (found,) = db.execute(sql.NEXT).fetchone()
            return None if found is None else float(found)

    def subject(self, message: int) -> Subject | None:
        values = {"message": message}
        with self._reading() as db:
            here = db.execute(sql.HERE, values).fetchone()
            found = here or db.execute(sql.GONE, values).fetchone()
            if found is None:
                return None
            envelope, received, size, digest, head = found
            if here and digest is None:
                (head,) = db.execute(sql.HEAD_OF, values).fetchone() or (b"",)
        return Subject(envelope_of_text(envelope), received, size, digest_of_text(digest), head, deleted=here is None)

    def told(self, told: Told) -> None:
        telling = told.telling
        now = telling.at + telling.seconds
        values = {
            "notice": told.notice,
            "state": told.state,
            "next_try": told.next_try,
            "settled_at": None if told.state.unfinished else now,
            "at": telling.at,
            "seconds": telling.seconds,
            "status": telling.status,
            "said": telling.said,
        }

        def keep(db: sqlite3.Connection) -> int:
            db.execute(sql.ADD_TELLING, values)
            known = db.execute(sql.SETTLE, values).rowcount
            if told.all_wait:
                db.execute(sql.ALL_WAIT, {"next_try": told.next_try})
            db.execute(sql.FORGET)
            return known

        self._change(keep)

    def shift_notices(self, notices: Collection[int] | None, shift: Shift) -> int:
        values = {
            "notices": None if notices is None else json.dumps([each for each in notices if each <= LARGEST_ID]),
            "old": json.dumps(sorted(shift.old)),
            "state": shift.new,
            "next_try": shift.next_try,
            "settled_at": shift.settled_at,
        }
        return self._change(lambda db: db.execute(sql.SHIFT, values).rowcount)

    def notices(self, *, states: Collection[QueueState] = (), after: int = 0, limit: int | None = None) -> list[Notice]:
        values = {
            "states": json.dumps(sorted(states)) if states else None,
            "after": min(after, LARGEST_ID),
            "limit": -1 if limit is None else limit,
        }
        with self._reading() as db:
            return [_notice_of(row) for row in db.execute(sql.NOTICES, values)]

    def notice_counts(self) -> dict[QueueState, int]:
        with self._reading() as db:
            found = dict(db.execute(sql.COUNTS).fetchall())
        return {state: found.get(state, 0) for state in QueueState}

    def tellings(self, notice: int) -> list[Telling]:
        with self._reading() as db:
            return [Telling(*row) for row in db.execute(sql.TELLINGS, {"notice": min(notice, LARGEST_ID)})]


def _notice_of(row: Sequence[Any]) -> Notice:
    number, key, event, message, at, whom, by, said, state, next_try, tries, reason, settled_at = row
    return Notice(
        number,
        key,
        Event(event),
        message,
        at,
        whom,
        by,
        said,
        QueueState(state),
        next_try,
        tries,
        reason,
        settled_at,
    )
