"""The one writer of a file: what waits shares a commit, and each learns what came of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from asyncio import Future
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any  # Any: jobs of all result types are gathered

import pytest

from mailtrap_lite.errors import ServerClosed
from mailtrap_lite.store import Arrival, Counts, Retention
from mailtrap_lite.store.file import FileStore

Arriving = Callable[..., Arrival]


@contextmanager
def held(store: FileStore) -> Iterator[None]:
    """Keep the writer busy, so that what is asked meanwhile becomes one group."""
    begun, gate = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(30)

    holder = threading.Thread(target=store._write, args=(hold,))
    holder.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        gate.set()
        holder.join()


async def queued(store: FileStore, count: int) -> None:
    """Wait until so many wait for the writer."""
    while store._jobs.qsize() < count:
        await asyncio.sleep(0)


def test_one_commit_serves_all_that_is_queued(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    statements: list[str] = []
    store._write(lambda db: db.set_trace_callback(statements.append))

    async def burst() -> None:
        with held(store):
            statements.clear()
            arrivals = []
            for turn in range(1, 6):
                arrivals += [asyncio.ensure_future(store.add_soon(arrival())) for _ in range(10)]
                await queued(store, turn)
        await asyncio.gather(*arrivals)

    asyncio.run(burst())

    assert len(store.ids()) == 50
    assert statements.count("COMMIT") == 2  # that of the writer's first job, and one for all
    store.close()


def test_mails_of_one_turn_of_the_loop_share_a_commit(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    statements: list[str] = []
    store._write(lambda db: db.set_trace_callback(statements.append))
    statements.clear()

    async def turn() -> list[int]:
        return await asyncio.gather(*(store.add_soon(arrival()) for _ in range(50)))

    ids = asyncio.run(turn())

    assert ids == store.ids() == list(range(1, 51))
    assert store.revision == 50
    assert statements.count("COMMIT") == 1
    store.close()


def test_a_mail_is_not_stored_when_its_client_goes_before_its_turn(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")

    async def leave() -> int:
        with held(store):
            leaving, staying = (asyncio.ensure_future(store.add_soon(arrival())) for _ in range(2))
            await queued(store, 1)
            leaving.cancel()
            await asyncio.wait([leaving])
        return await staying

    stored = asyncio.run(leave())

    assert store.ids() == [stored]
    store.close()


def test_a_mail_under_way_is_stored_and_is_news_when_its_client_goes(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    begun, gate = threading.Event(), threading.Event()

    def hold(statement: str) -> None:
        if statement.startswith("INSERT INTO body"):
            begun.set()
            gate.wait(30)

    async def leave() -> None:
        leaving = asyncio.ensure_future(store.add_soon(arrival()))
        await asyncio.to_thread(begun.wait, 30)
        leaving.cancel()
        await asyncio.wait([leaving])

    store._write(lambda db: db.set_trace_callback(hold))
    asyncio.run(leave())  # the loop is closed before the writer can tell anybody
    gate.set()

    assert store.wait(0, 30) == 1
    assert store.ids() == [store.last_id]
    store.close()


def test_a_mail_of_the_turn_in_which_the_store_closes_is_refused(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")

    async def close() -> None:
        late = asyncio.ensure_future(store.add_soon(arrival()))
        asyncio.get_running_loop().call_soon(store.close)
        await late

    with pytest.raises(ServerClosed):
        asyncio.run(close())


def test_a_group_is_trimmed_as_its_mails_would_be_one_by_one(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db", retention=Retention(messages=4, octets=100))
    for size in (10, 20, 30):
        store.add(arrival(raw=b"x" * size))

    async def turn() -> list[int]:
        return await asyncio.gather(*(store.add_soon(arrival(raw=b"x" * size)) for size in (5, 500, 60, 30, 10)))

    ids = asyncio.run(turn())

    assert store.ids() == ids[-3:]
    assert store.counts() == Counts(3, 3, 100)
    store.close()


def test_a_job_that_fails_spoils_no_other(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    kept = store.add(arrival())
    outcomes: list[object] = []

    def fail(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM message")
        raise ZeroDivisionError

    async def group() -> None:
        with held(store):
            jobs: list[Future[Any]] = [asyncio.ensure_future(store.add_soon(arrival()))]
            await queued(store, 1)
            jobs.append(asyncio.get_running_loop().run_in_executor(None, store._write, fail))
            await queued(store, 2)
            jobs.append(asyncio.ensure_future(store.add_soon(arrival())))
            await queued(store, 3)
        outcomes.extend(await asyncio.gather(*jobs, return_exceptions=True))

    asyncio.run(group())

    assert [type(outcome) for outcome in outcomes] == [int, ZeroDivisionError, int]
    assert store.ids() == [kept, outcomes[0], outcomes[2]]
    assert store.revision == 3
    store.close()


def test_a_mail_that_cannot_be_stored_spoils_no_other(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    impossible = replace(arrival(), mailboxes=("bob@x.test", "\ud800"))  # no text in UTF-8, so none that SQLite takes

    async def turn() -> list[int | BaseException]:
        arrivals = (arrival(), impossible, arrival())
        return await asyncio.gather(*map(store.add_soon, arrivals), return_exceptions=True)

    outcomes = asyncio.run(turn())

    assert [type(outcome) for outcome in outcomes] == [int, UnicodeEncodeError, int]
    assert store.ids() == [outcomes[0], outcomes[2]]
    store.close()
