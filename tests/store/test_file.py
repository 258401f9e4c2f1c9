"""What a store in a file promises beyond the contract: it stays, it is ours alone, and it says what is wrong."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtrap_lite.accounts import Selection
from mailtrap_lite.errors import StoreBusy, StoreError, StoreFull, StoreUnusable
from mailtrap_lite.store import Arrival, Counts
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.schema import MIGRATIONS, VERSION, migrate

Arriving = Callable[..., Arrival]

ADD_UNTIL_KILLED = """
import sys
from pathlib import Path
from mailtrap_lite.message import Envelope
from mailtrap_lite.store import Arrival
from mailtrap_lite.store.file import FileStore

store = FileStore(Path(sys.argv[1]))
while True:
    raw = b"x" * 3000
    message = store.add(Arrival(Envelope.of("a@x.test", ["b@x.test"]), raw, ("b@x.test",), 1.0, len(raw)))
    print(message, flush=True)
"""


def test_mail_is_there_after_a_restart(tmp_path: Path, arrival: Arriving) -> None:
    path = tmp_path / "mail.db"
    store = FileStore(path)
    first = store.add(arrival())
    deleted = store.add(arrival())
    store.delete([deleted])
    uid = store.maildrop(Selection())[0].uid
    store.close()

    store = FileStore(path)

    assert store.ids() == [first]
    assert store.last_id == deleted
    assert store.counts() == Counts(1, 1, len(arrival().raw))
    assert store.maildrop(Selection())[0].uid == uid
    assert store.add(arrival()) > deleted
    store.close()


def test_a_file_that_starts_again_gives_no_uid_twice(tmp_path: Path, arrival: Arriving) -> None:
    uids = set()
    for name in ("one.db", "two.db"):
        store = FileStore(tmp_path / name)
        store.add(arrival())
        uids.add(store.maildrop(Selection())[0].uid)
        store.close()

    assert len(uids) == 2


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    child = subprocess.Popen([sys.executable, "-c", ADD_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(50)]
    child.kill()
    acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
    child.wait()
    child.stdout.close()

    store = FileStore(path)

    assert set(acknowledged) <= set(store.ids())
    assert all(store.raw(message) == b"x" * 3000 for message in store.ids())
    store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_a_commit_reaches_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "mail.db")

    settings = store._write(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )

    assert settings == ["wal", 2]  # 2 is FULL
    store.close()


def test_a_full_disk_is_said_and_reading_and_deleting_go_on(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    first = store.add(arrival())
    pages = store._write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    store._write(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 4}").fetchone())

    with pytest.raises(StoreFull, match="no room left"):
        store.add(arrival(raw=b"x" * 1_000_000))

    assert store.raw(first) == arrival().raw
    assert store.counts().total == 1
    assert store.delete([first]) == 1
    store._write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert store.raw(store.add(arrival(raw=b"y" * 1_000_000))) == b"y" * 1_000_000
    store.close()


def test_the_file_and_what_lies_beside_it_are_for_the_owner_only(tmp_path: Path, arrival: Arriving) -> None:
    old = os.umask(0)
    try:
        store = FileStore(tmp_path / "new" / "deep" / "mail.db")
        store.add(arrival())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "deep").iterdir()}
    finally:
        os.umask(old)

    assert modes == {"mail.db": 0o600, "mail.db-wal": 0o600, "mail.db-shm": 0o600, "mail.db.lock": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "deep").stat().st_mode) == 0o700
    store.close()


def test_a_file_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    FileStore(path).close()
    path.chmod(0o644)

    FileStore(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o755)
    (tmp_path / "mine").chmod(0o755)

    FileStore(tmp_path / "mine" / "mail.db").close()

    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o755


def test_a_file_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    owner = FileStore(path)

    with pytest.raises(StoreBusy) as caught:
        FileStore(path)

    assert str(caught.value) == (
        f"store: {path} is in use by another mailtrap-lite; stop that one, or give another path with --store"
    )
    owner.close()
    FileStore(path).close()


def test_another_name_of_the_file_is_the_same_file(tmp_path: Path, arrival: Arriving) -> None:
    path, link, twin = tmp_path / "mail.db", tmp_path / "link.db", tmp_path / "twin.db"
    owner = FileStore(path)
    link.symlink_to(path)
    twin.hardlink_to(path)

    with pytest.raises(StoreUnusable, match="second name"):
        FileStore(twin)
    twin.unlink()
    with pytest.raises(StoreBusy, match="in use by another mailtrap-lite"):
        FileStore(link)

    owner.add(arrival())
    owner.close()
    again = FileStore(link)
    assert len(again.ids()) == 1
    again.close()


def test_what_is_no_regular_file_is_refused_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(StoreUnusable, match=f"store: {path} is not a regular file; .*--store"):
            FileStore(path)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_mail_is_not_accepted_into_a_file_that_is_gone(tmp_path: Path, arrival: Arriving, replaced: bool) -> None:
    path = tmp_path / "mail.db"
    store = FileStore(path)
    store.add(arrival())
    path.rename(tmp_path / "away.db")
    if replaced:
        path.write_bytes(b"")

    with pytest.raises(StoreUnusable, match="moved or deleted while it was open"):
        store.add(arrival())

    (tmp_path / "away.db").replace(path)
    assert store.add(arrival()) == 2
    store.close()


def test_the_end_does_not_wait_for_each_job_when_another_program_holds_the_file(
    tmp_path: Path, arrival: Arriving
) -> None:
    path = tmp_path / "mail.db"
    store = FileStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused: set[type[BaseException | None]] = set()

    async def fill() -> None:
        jobs = [asyncio.ensure_future(store.add_soon(arrival())) for _ in range(100)]
        await asyncio.wait(jobs)
        refused.update(type(job.exception()) for job in jobs)

    began = time.monotonic()

    asyncio.run(fill())
    store.close()

    # Not a measurement: one by one they would take 50 seconds.
    assert time.monotonic() - began < 5
    assert refused == {StoreError}
    other.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"From: me\r\n\r\nnot a database, but some text" * 200, "damaged or not a database", id="text"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 4000, "damaged or not a database", id="torn header"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "mail.db"
    path.write_bytes(content)

    with pytest.raises(StoreUnusable, match=says) as caught:
        FileStore(path)

    assert str(path) in str(caught.value)
    assert "--store" in str(caught.value)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE precious (gold TEXT)")
    db.commit()
    db.close()

    with pytest.raises(StoreUnusable, match="database of another program"):
        FileStore(path)

    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    db.close()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    FileStore(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()

    with pytest.raises(StoreUnusable, match="newer mailtrap-lite"):
        FileStore(path)


@pytest.mark.parametrize("where", ["directory", "below a file", "no place for files"])
def test_a_path_that_cannot_be_written_is_said_in_one_line(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("x")
    path = {"directory": tmp_path, "below a file": tmp_path / "file" / "mail.db"}.get(where, Path("/proc/mail.db"))

    with pytest.raises(StoreUnusable) as caught:
        FileStore(path)

    assert str(caught.value).startswith(f"store: {path} ")
    assert "--store" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_locked_by_another_program_is_an_error_and_loses_nothing(tmp_path: Path, arrival: Arriving) -> None:
    path = tmp_path / "mail.db"
    store = FileStore(path)
    store._write(lambda db: db.execute("PRAGMA busy_timeout = 10").fetchone())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="locked"):
        store.add(arrival())

    other.execute("ROLLBACK")
    other.close()
    assert store.ids() == []
    message = store.add(arrival())
    assert store.ids() == [message]
    store.close()


def test_migrations_are_applied_in_order_and_whole() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, name="it", migrations=MIGRATIONS)
    further = (*MIGRATIONS, ("CREATE TABLE more (x)", "INSERT INTO more VALUES (1)"))

    migrate(db, name="it", migrations=further)

    assert db.execute("SELECT x FROM more").fetchall() == [(1,)]
    assert db.execute("PRAGMA user_version").fetchone() == (len(further),)
    db.close()


def test_a_file_of_the_first_version_is_taken_over_with_its_sizes(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db, name="it", migrations=MIGRATIONS[:1])
    db.execute("INSERT INTO message (received, size, octets, envelope) VALUES (1, 2, 3, '[]')")
    db.execute("INSERT INTO body VALUES (1, 'x')")
    db.execute("INSERT INTO delivery (message, mailbox, local) VALUES (1, 'bob@x.test', 'bob')")
    db.close()

    store = FileStore(path)

    assert [entry.octets for entry in store.maildrop(Selection())] == [3]
    assert store._write(lambda db: db.execute("PRAGMA user_version").fetchone()) == (VERSION,)
    store.close()


def test_a_migration_that_fails_changes_nothing() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, name="it", migrations=MIGRATIONS)

    with pytest.raises(sqlite3.OperationalError):
        migrate(db, name="it", migrations=(*MIGRATIONS, ("CREATE TABLE more (x)", "INSERT INTO nowhere VALUES (1)")))

    assert db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    db.close()
