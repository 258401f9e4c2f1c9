"""A store that lives as long as its process: SQLite in memory, written inline.

A thread of its own would cost more than the insert.
"""

from __future__ import annotations

import atexit
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from mailtrap_lite.errors import ServerClosed
from mailtrap_lite.store.contract import Arrival, Retention
from mailtrap_lite.store.schema import migrate, new_identity
from mailtrap_lite.store.sqlite import SqliteStore, store_error

T = TypeVar("T")


_copying = threading.Lock()


@cache
def _empty_tables() -> sqlite3.Connection:
    """Return a database with the tables and nothing in them; only under the lock. It lives as long as the process."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(db, name="the store in memory")
    atexit.register(db.close)
    return db


class MemoryStore(SqliteStore):
    """One connection behind one lock; any thread, the loop's included."""

    inline = True

    def __init__(self, *, retention: Retention | None = None) -> None:
        super().__init__(retention=retention or Retention())
        self._lock = threading.RLock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        # A copy of empty tables takes a fraction of the time that making them takes, and each test starts a store.
        with _copying:
            _empty_tables().backup(self._db)
        self._db.execute("PRAGMA foreign_keys = ON")
        self._identity = new_identity()

    def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full store has rolled back by itself
                    db.execute("ROLLBACK")
                raise
        if then is not None:
            then(result)
        return result

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise ServerClosed("the server was stopped")
            try:
                yield self._db
            except sqlite3.Error as err:
                raise store_error(err, name="the store in memory") from err

    async def add_soon(self, arrival: Arrival) -> int:
        return self.add(arrival)

    def close(self) -> None:
        with self._lock, self._news:
            self._closed = True
            self._news.notify_all()
            self._db.close()
