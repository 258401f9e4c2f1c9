"""A store in one file: SQLite with a write-ahead log, committed to stable storage before anybody is answered.

One thread writes. It takes all that is queued into one transaction (group commit), so that fifty clients cost one
commit. Readers have connections of their own and never wait for it. The file belongs to one process at a time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar  # Any: a queue holds jobs of all result types

from filelock import FileLock, Timeout

from mailtrap_lite.errors import MailtrapError, ServerClosed, StoreBusy, StoreUnusable
from mailtrap_lite.store.contract import Arrival, Retention
from mailtrap_lite.store.jobs import Incoming, Job, Work, tell
from mailtrap_lite.store.schema import migrate
from mailtrap_lite.store.sqlite import SqliteStore, store_error
from mailtrap_lite.store.sqlite_search import refresh_words

T = TypeVar("T")
log = logging.getLogger(__name__)

# How long another program may hold the file, in seconds; as short as the end of a server has to be.
BUSY = 0.5

# From how many jobs on no more are taken into a commit: a bound for what one failed commit makes run again.
MOST_IN_A_GROUP = 256


class FileStore(SqliteStore):
    """One writer thread and a pool of reading connections; any thread."""

    def __init__(self, path: Path, *, retention: Retention | None = None) -> None:
        """Open or create the store; raises StoreBusy or StoreUnusable with one line that says the way out."""
        super().__init__(retention=retention or Retention())
        # Resolved, so that every name of the file leads to one lock and one write-ahead log.
        self.path = path.resolve()
        self._jobs: queue.SimpleQueue[Sequence[Job | None]] = queue.SimpleQueue()  # None is the end
        self._batches: dict[asyncio.AbstractEventLoop, list[Incoming]] = {}
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._closing = threading.Lock()
        self._ownership = _own(self.path)
        try:
            self._db = self._open()
        except BaseException:
            self._ownership.release()
            raise
        self._writer = threading.Thread(target=self._write_jobs, name="mailtrap-lite store", daemon=True)
        self._writer.start()

    @property
    def inline(self) -> bool:
        return False

    def _open(self) -> sqlite3.Connection:
        try:
            # Made by us and not by SQLite, so that it is never open to others; the log and its index take its mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)
        except OSError as err:
            raise _unusable(self.path, err) from err
        db = None
        try:
            db = self._connect()
            # Waits belong to the lock on the file; SQLite's own is only met when another program has it open.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            # Pages that deleted mail filled go to the free list as they are: zeros would cost as much as the mail did.
            db.execute("PRAGMA secure_delete = FAST")
            db.execute("PRAGMA foreign_keys = ON")
            migrate(db, name=str(self.path))
            db.execute("BEGIN IMMEDIATE")  # a store that cannot be written says so now, not at the first mail
            db.execute("UPDATE totals SET messages = messages")
            refresh_words(db)
            db.execute("COMMIT")
            self._learn(db)
            self._file = _identity(self.path)
        except BaseException as err:
            if db is not None:
                db.close()
            if isinstance(err, sqlite3.Error):
                raise store_error(err, name=str(self.path)) from err
            raise
        return db

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=BUSY)

    def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        return self._write_soon(work, then).result()

    def _write_soon(
        self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None
    ) -> Future[T]:
        result: Future[T] = Future()
        self._enqueue(Work(work, then, result))
        return result

    async def add_soon(self, arrival: Arrival) -> int:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[int] = loop.create_future()
        # Mails of one turn of the loop are handed over together: to wake the writer costs as much as to store one.
        batch = self._batches.get(loop)
        if batch is None:
            batch = self._batches[loop] = []
            loop.call_soon(self._hand_over, loop)
        batch.append(Incoming(arrival, loop, result))
        return await result

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = self._batches.pop(loop)
        try:
            self._enqueue(*batch)
        except ServerClosed as err:
            tell((job, err) for job in batch)

    def _enqueue(self, *jobs: Job) -> None:
        with self._closing:  # nothing may be queued behind the end
            if self._closed:
                raise ServerClosed("the server was stopped")
            self._jobs.put(jobs)

    def _write_jobs(self) -> None:
        running = True
        while running:
            group = list(self._jobs.get())
            while len(group) < MOST_IN_A_GROUP:
                try:
                    group += self._jobs.get_nowait()
                except queue.Empty:
                    break
            running = None not in group
            # A job that was cancelled before its turn (its client is gone) is not done at all.
            jobs = [job for job in group if job is not None and job.begin()]
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: Sequence[Job]) -> None:
        """Do the jobs in one transaction and then tell each its result; a job that fails spoils no other."""
        try:
            if _identity(self.path) != self._file:
                raise StoreUnusable(f"store: {self.path} was moved or deleted while it was open; start again")
            self._db.execute("BEGIN IMMEDIATE")
        except BaseException as err:  # noqa: BLE001 - each job's owner is told
            # The file itself is out of reach: to try each job alone would only take longer.
            self._fail(jobs, err)
            return
        try:
            results = self._do(jobs)
            self._db.execute("COMMIT")
        except BaseException as err:  # noqa: BLE001 - each job's owner is told
            self._undo()
            if len(jobs) == 1:
                self._fail(jobs, err)
                return
            # Once more, each alone: that is rare, while a savepoint for each job would be paid for always.
            for job in jobs:
                self._commit([job])
            return
        self._succeed(jobs, results)

    def _do(self, jobs: Sequence[Job]) -> list[Any]:
        """Do them in order, mails that follow each other in one go."""
        results: list[Any] = []
        arrivals: list[Arrival] = []
        for job in jobs:
            if isinstance(job, Incoming):
                arrivals.append(job.arrival)
                continue
            results += self._insert(self._db, arrivals)
            arrivals = []
            results.append(job.do(self._db))
        return results + self._insert(self._db, arrivals)

    def _succeed(self, jobs: Sequence[Job], results: Sequence[Any]) -> None:
        if self._trimmed:
            self._index.remove(self._trimmed)
            self._trimmed = []
        # The news is told here: the task that waits for a mail may be gone by then, the message is not.
        stored = [(job.arrival, key) for job, key in zip(jobs, results, strict=True) if isinstance(job, Incoming)]
        for arrival, message in stored:
            if arrival.accepted is not None:
                arrival.accepted(message)
        if stored:
            self._announce(changes=len(stored), last_id=stored[-1][1])
        for job, result in zip(jobs, results, strict=True):
            if isinstance(job, Work) and job.then is not None:
                job.then(result)
        tell(zip(jobs, results, strict=True))

    def _fail(self, jobs: Sequence[Job], error: BaseException) -> None:
        tell((job, self._meaning(error)) for job in jobs)

    def _undo(self) -> None:
        self._trimmed = []
        if self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _meaning(self, error: BaseException) -> BaseException:
        if not isinstance(error, sqlite3.Error):
            return error
        meaning = store_error(error, name=str(self.path))
        meaning.__cause__ = error
        return meaning

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise ServerClosed("the server was stopped")
        try:
            try:
                db = self._readers.get_nowait()
            except queue.Empty:
                db = self._connect()
                db.execute("PRAGMA query_only = ON")
            try:
                yield db
            finally:
                self._readers.put(db)
                if self._closed:
                    self._drop_readers()
        except sqlite3.Error as err:
            raise store_error(err, name=str(self.path)) from err

    def _drop_readers(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            with self._news:
                self._closed = True
                self._news.notify_all()
            self._jobs.put([None])
        self._writer.join()
        self._catalogue.close()
        self._drop_readers()
        with suppress(sqlite3.Error):  # the log is read at the next start if it cannot be folded in now
            self._db.execute("PRAGMA busy_timeout = 0")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        self._ownership.release()


def _own(path: Path) -> FileLock:
    """Take the file for this process; the lock goes with the process, so a crash leaves nothing to clean up."""
    try:
        _refuse_what_is_no_plain_file(path)
        _make_directory(path.parent)
        own = Path(f"{path}.lock")
        # Made here first: the library takes a file that cannot be made for one that is locked.
        os.close(os.open(own, os.O_RDWR | os.O_CREAT, 0o600))
        lock = FileLock(own, timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        raise StoreBusy(
            f"store: {path} is in use by another mailtrap-lite; stop that one, or give another path with --store"
        ) from None
    except OSError as err:
        raise _unusable(path, err) from err
    return lock


def _refuse_what_is_no_plain_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        raise StoreUnusable(f"store: {path} is a directory; give the path of a file with --store")
    if not stat.S_ISREG(status.st_mode):
        raise StoreUnusable(f"store: {path} is not a regular file; give the path of one with --store")
    if status.st_nlink > 1:
        # Under another name it would have another lock and another write-ahead log, and be torn by both.
        raise StoreUnusable(
            f"store: {path} has a second name (a hard link), under which another process could write it; "
            "remove that one, or give another path with --store"
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make_directory(directory: Path) -> None:
    missing = [parent for parent in (directory, *directory.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)


def _unusable(path: Path, error: OSError) -> MailtrapError:
    reason = error.strerror or type(error).__name__
    return StoreUnusable(
        f"store: {path} cannot be written: {reason}; "
        "give a path that this user may write with --store, or --store memory"
    )
