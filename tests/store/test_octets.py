"""What RETR sends is counted once: when a mail comes into a file, else when a maildrop needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite.accounts import Selection, selection_of
from mailtrap_lite.pop3.wire import retr_octets
from mailtrap_lite.store import Arrival, Entry, MemoryStore, Store
from mailtrap_lite.store import memory as memory_module
from mailtrap_lite.store import sqlite as sqlite_module
from mailtrap_lite.store.file import FileStore

Arriving = Callable[..., Arrival]

MAILS = [b"", b"a\r\n.b\r\n", b"a\nb\rc", b"\r\r\n\n"]
OCTETS = [0, 7, 9, 6]


@pytest.fixture
def came(arrival: Arriving) -> Arriving:
    """Make a mail as the doors do, of which nobody has counted what RETR sends."""
    return lambda *mailboxes, **values: replace(arrival(*mailboxes, **values), octets=None)


@pytest.fixture
def uncounted(came: Arriving, monkeypatch: pytest.MonkeyPatch) -> Arriving:
    """Make such a mail that counts as large, however short it is."""
    monkeypatch.setattr(sqlite_module, "COUNTED_AT_ONCE", -1)
    return came


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The mails that were counted, in order."""
    seen: list[bytes] = []

    def note(raw: bytes) -> int:
        seen.append(raw)
        return retr_octets(raw)

    for module in (memory_module, sqlite_module):
        monkeypatch.setattr(module, "retr_octets", note)
    return seen


def test_no_login_counts_what_came_into_a_file(tmp_path: Path, came: Arriving, counted: list[bytes]) -> None:
    store = FileStore(tmp_path / "mail.db")
    for raw in MAILS:
        store.add(came(raw=raw))
    before = list(counted)

    entries = store.maildrop(Selection())

    assert before == counted == MAILS
    assert [entry.octets for entry in entries] == OCTETS
    store.close()


def test_a_large_mail_is_not_counted_while_its_client_waits(
    tmp_path: Path, came: Arriving, counted: list[bytes]
) -> None:
    store = FileStore(tmp_path / "mail.db")
    sizes = [sqlite_module.COUNTED_AT_ONCE, sqlite_module.COUNTED_AT_ONCE + 1]

    for size in sizes:
        store.add(came(raw=b"x" * size))

    assert [len(raw) for raw in counted] == sizes[:1]
    assert [entry.octets for entry in store.maildrop(Selection())] == [size + 2 for size in sizes]
    store.close()


def test_what_a_large_mail_sends_is_not_counted_before_a_maildrop_is_opened(
    store: Store, uncounted: Arriving, counted: list[bytes]
) -> None:
    for raw in MAILS:
        store.add(uncounted(raw=raw))
    before = list(counted)

    entries = store.maildrop(Selection())

    assert before == []
    assert [entry.octets for entry in entries] == OCTETS
    assert counted == MAILS


def test_a_mail_is_counted_once(store: Store, uncounted: Arriving, counted: list[bytes]) -> None:
    for raw in MAILS:
        store.add(uncounted("bob@x.test", "eve@x.test", raw=raw))

    first = store.maildrop(selection_of("bob@x.test"))

    assert store.maildrop(selection_of("eve")) == store.maildrop(Selection()) == first
    assert counted == MAILS


def test_only_the_mails_of_the_maildrop_are_counted(store: Store, uncounted: Arriving, counted: list[bytes]) -> None:
    store.add(uncounted("bob@x.test", raw=b"1"))
    store.add(uncounted("eve@x.test", raw=b"2"))

    store.maildrop(selection_of("eve@x.test"))

    assert counted == [b"2"]


def test_counts_that_are_kept_in_parts_are_all_kept(
    store: Store, uncounted: Arriving, counted: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "MOST_COUNTED", 2)
    for _ in range(5):
        store.add(uncounted(raw=b"1"))

    store.maildrop(Selection())
    entries = store.maildrop(Selection())

    assert [entry.octets for entry in entries] == [3] * 5
    assert len(counted) == 5


def test_a_mail_that_goes_while_it_is_counted_harms_nothing(
    store: Store, uncounted: Arriving, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store.add(uncounted(raw=b"1")), store.add(uncounted(raw=b"22"))

    def delete_the_other(raw: bytes) -> int:
        store.delete([first, second])
        return len(raw)

    for module in (memory_module, sqlite_module):
        monkeypatch.setattr(module, "retr_octets", delete_the_other)
    entries = store.maildrop(Selection())

    # The store in memory has both at hand; the file would have to read the second one.
    assert [entry.message for entry in entries] in ([first], [first, second])
    assert store.maildrop(Selection()) == []
    assert store.add(uncounted(raw=b"3")) > second
    assert len(store.maildrop(Selection())) == 1


def test_a_count_survives_a_restart(tmp_path: Path, uncounted: Arriving, counted: list[bytes]) -> None:
    store = FileStore(tmp_path / "mail.db")
    store.add(uncounted(raw=b"a\nb"))
    store.maildrop(Selection())
    store.close()

    store = FileStore(tmp_path / "mail.db")

    assert [entry.octets for entry in store.maildrop(Selection())] == [6]
    assert len(counted) == 1
    store.close()


def test_a_maildrop_opens_when_a_count_cannot_be_kept(tmp_path: Path, uncounted: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    message = store.add(uncounted(raw=b"a\nb"))
    store._write(lambda db: db.execute("PRAGMA query_only = ON").fetchall())

    entries = store.maildrop(Selection())

    assert entries == [Entry(message, entries[0].uid, 6)]
    store.close()


def test_a_store_in_memory_is_inline_unless_there_is_much_to_count(uncounted: Arriving) -> None:
    store = MemoryStore()
    large = uncounted("bob@x.test", raw=b"x" * (memory_module._COUNTED_INLINE + 1))

    inline = [store.inline]
    message = store.add(large)
    inline.append(store.inline)
    store.maildrop(selection_of("bob"))
    inline.append(store.inline)
    store.delete([message])
    store.add(large)
    inline.append(store.inline)
    store.clear()
    inline.append(store.inline)

    assert inline == [True, False, True, False, True]
    store.close()


def test_a_large_mail_is_kept_in_memory_as_it_came(uncounted: Arriving) -> None:
    store = MemoryStore()
    raw = bytes(bytearray(1000))

    message = store.add(uncounted(raw=raw))

    assert store.raw(message) is raw
    assert store.message(message).raw is raw
    store.close()
