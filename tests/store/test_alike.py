"""The store in memory and the store in a file do the same, whatever is asked of them in whatever order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias  # Any: a step may return whatever the method returns

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.accounts import Selection, selection_of
from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.message import Address, Envelope, Origin, Recipient
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.store import Arrival, Entry, MemoryStore, Retention, Store
from mailtrap_lite.store.file import FileStore

DIGEST = Digest("hello", Address("Al", "al@x.test"), (), (), (), (), "1@x", "hi", 0)
NAMES = ("bob@x.test", "bob@y.test", "eve@x.test", "nobody")

# A step takes a store and the id before which the example began, as ids go on rising from one example to the next.
Step: TypeAlias = Callable[[Store, int], Any]

ids = st.lists(st.integers(-1, 12), max_size=4)
selections = st.sampled_from(["*", "bob", "eve", *NAMES]).map(selection_of)


def added(raw: bytes, mailboxes: tuple[str, ...], octets: int | None) -> Step:
    recipients = tuple(Recipient(name, ("NOTIFY=NEVER",)) for name in mailboxes)
    envelope = Envelope("a@x.test", recipients, ("SIZE=1",), helo="h", user=None, tls="TLSv1.3", origin=Origin.SMTP)
    return lambda store, first: store.add(Arrival(envelope, raw, mailboxes, 1.5, octets)) - first


def marked(some: list[int], *, read: bool) -> Step:
    return lambda store, first: store.mark_read([first + n for n in some], read=read)


def deleted(some: list[int]) -> Step:
    return lambda store, first: store.delete([first + n for n in some])


def fetched(selection: Selection, fetched: list[int], deleted: list[int]) -> Step:
    return lambda store, first: store.update_maildrop(
        selection, fetched=[first + n for n in fetched], deleted=[first + n for n in deleted], user="u", now=7.0
    )


def digested(some: list[int]) -> Step:
    return lambda store, first: store.keep_digests([(first + n, DIGEST) for n in some])


steps = st.one_of(
    st.builds(
        added,
        st.sampled_from([b"", b"x", b"a\r\nb\n", b"y" * 30]),
        st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
        st.sampled_from([None, 5]),
    ),
    st.builds(marked, ids, read=st.booleans()),
    st.builds(lambda read: lambda store, first: store.mark_all_read(read=read), st.booleans()),
    st.builds(deleted, ids),
    st.builds(fetched, selections, ids, ids),
    st.builds(digested, ids),
    st.just(lambda store, first: store.clear()),
)


@pytest.fixture(scope="module", params=[Retention(), Retention(messages=3), Retention(octets=40)], ids=str)
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    path: Path = tmp_path_factory.mktemp("alike") / "mail.db"
    memory, file = MemoryStore(retention=request.param), FileStore(path, retention=request.param)
    yield memory, file
    memory.close()
    file.close()


def seen(store: Store, first: int) -> list[object]:
    """Return everything that can be read of a store."""
    known = store.ids(after=first)

    def message(number: int) -> object:
        try:
            read = store.message(number)
        except NoSuchMessage as err:
            return str(err)
        times = [
            (d.id, d.message, d.mailbox, d.fetched_at, d.fetched_by, d.deleted_at, d.deleted_by)
            for d in read.deliveries
        ]
        return read.id, read.envelope, read.raw, read.received, read.read, times, store.raw(number)

    def maildrop(user: str) -> list[tuple[int, int]]:
        entries: list[Entry] = store.maildrop(selection_of(user))
        return [(entry.message, entry.octets) for entry in entries]

    return [
        known,
        [message(number) for number in range(first, first + 12)],
        [
            store.rows(start=start, limit=3, after=first, mailbox=mailbox)
            for start in (0, 2)
            for mailbox in ("", *NAMES)
        ],
        [store.waiting(name) for name in NAMES],
        [maildrop(user) for user in ("*", "bob", "eve", *NAMES)],
        (store.counts(), store.mailboxes(), store.last_id),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(todo=st.lists(steps, min_size=1, max_size=10))
def test_both_stores_do_the_same(stores: tuple[Store, Store], todo: list[Step]) -> None:
    first = stores[0].last_id

    results = [[step(store, first) for step in todo] for store in stores]

    assert results[0] == results[1]
    assert seen(stores[0], first) == seen(stores[1], first)
    for store in stores:
        store.clear()
