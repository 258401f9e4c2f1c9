"""What was read for a search outlives the process, is made anew when the rules change, and is never needed."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtrap_lite.errors import StoreFull
from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search import Words, parse
from mailtrap_lite.store import Arrival, Gist, Store
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.gists import GISTS_AT_ONCE
from mailtrap_lite.store.rows import envelope_to_text
from mailtrap_lite.store.schema import MIGRATIONS, VERSION, migrate

HELLO = parse("hello", now=0.0)
MAIL = b"Subject: Hello\r\n\r\nhi\r\n"


class Reading:
    """A reader that counts."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __call__(self, message: Message) -> Gist:
        self.read.append(message.id)
        return Gist(Digest.of(message.content), ("red",), Words.of(message))


def add(store: Store, raw: bytes = MAIL) -> int:
    return store.add(Arrival(Envelope.of("a@x.test", ["b@x.test"]), raw, ("b@x.test",), 1.0))


def test_a_file_of_the_third_version_is_searched_and_tagged(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db, name="it", migrations=MIGRATIONS[:3])
    envelope = envelope_to_text(Envelope.of("a@x.test", ["b@x.test"]))
    db.execute(
        "INSERT INTO message (received, size, octets, read, envelope) VALUES (1, 22, 22, 1, :envelope)",
        {"envelope": envelope},
    )
    db.execute("INSERT INTO body VALUES (1, :raw)", {"raw": MAIL})
    db.execute("INSERT INTO delivery (message, mailbox, local) VALUES (1, 'b@x.test', 'b')")
    db.close()

    store = FileStore(path)
    found = store.search(HELLO, read=Reading())

    assert (found.ids, found.unread, store.tags()) == ((1,), 0, ["red"])
    assert store.search(parse("mailbox:b tag:RED is:read", now=0.0), read=Reading()).ids == (1,)
    assert (store.message(1).raw, store.message(1).read) == (MAIL, True)
    assert store._write(lambda db: db.execute("PRAGMA user_version").fetchone()) == (VERSION,)
    store.close()


def test_each_mail_is_read_once(store: Store) -> None:
    read = Reading()
    ids = [add(store) for _ in range(GISTS_AT_ONCE + 5)]

    store.search(HELLO, read=read)
    ids.append(add(store))
    store.search(parse("-hello", now=0.0), read=read)

    assert read.read == ids


def test_a_file_that_is_opened_again_has_been_read_and_keeps_its_tags(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "mail.db")
    first, second = add(store), add(store)
    store.set_tags([second], ["Blue"])
    store.search(HELLO, read=Reading())
    store.close()

    again = FileStore(tmp_path / "mail.db")
    read = Reading()

    assert again.search(HELLO, read=read).ids == (second, first)
    assert read.read == []
    assert [row.tags for row in again.rows(start=0, limit=2)] == [("Blue",), ("red",)]
    assert again.tags() == ["Blue", "red"]
    again.close()


def test_words_of_other_rules_are_made_anew_and_tags_stay(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "mail.db")
    message = add(store)
    store.search(HELLO, read=Reading())
    store.set_tags([message], ["Blue"])
    store._write(lambda db: db.execute("UPDATE store SET words_rules = '0 1.0'").rowcount)
    store._write(lambda db: db.execute("UPDATE words SET fields = x''").rowcount)
    store.close()

    again = FileStore(tmp_path / "mail.db")
    read = Reading()

    assert again.search(HELLO, read=read).ids == (message,)
    assert read.read == [message]
    assert again.tags() == ["Blue"]
    again.close()


def test_a_store_that_cannot_keep_what_was_read_finds_it_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(gists: Sequence[tuple[int, Gist]]) -> None:
        raise StoreFull("store: there is no room left for it")

    monkeypatch.setattr(store, "keep_gists", full)
    message = add(store)
    other = add(store, b"Subject: other\r\n\r\n")
    store.set_tags([other], ["Blue"])

    with caplog.at_level(logging.WARNING):
        assert store.search(HELLO, read=Reading()).ids == (message,)
        assert store.search(parse("tag:red", now=0.0), read=Reading()).ids == (message,)
        assert store.search(parse("tag:blue", now=0.0), read=Reading()).ids == (other,)

    assert "no room left" in caplog.text


def test_what_goes_takes_its_words_with_it(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "mail.db")
    ids = [add(store) for _ in range(3)]
    store.search(HELLO, read=Reading())

    store.delete(ids[:1])
    store.clear()

    counted = "SELECT (SELECT COUNT(*) FROM words), (SELECT COUNT(*) FROM texts), (SELECT COUNT(*) FROM tagging)"
    left = store._write(lambda db: db.execute(counted).fetchone())
    assert left == (0, 0, 0)
    assert store.tags() == []
    store.close()


def test_a_mail_that_was_delivered_is_not_read_before_somebody_searches(store: Store) -> None:
    add(store)

    assert [(row.digest, row.tags) for row in store.rows(start=0, limit=1)] == [(None, None)]
