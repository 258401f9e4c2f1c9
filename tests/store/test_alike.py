"""The store in memory and the store in a file do the same, whatever is asked of them in whatever order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias  # Any: a step may return whatever the method returns

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.accounts import Selection, selection_of
from mailtrap_lite.errors import BadMail, NoSuchMessage
from mailtrap_lite.message import Address, Envelope, Origin, Recipient
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search import Words
from mailtrap_lite.store import Arrival, Entry, Gist, MemoryStore, Retention, Store
from mailtrap_lite.store.file import FileStore

DIGEST = Digest("hello", Address("Al", "al@x.test"), (), (), (), (), "1@x", "hi", 0)
GIST = Gist(DIGEST, ("Red", "blue"), Words(1, b"\xfffields\xff", b"\xffheaders\xff", b"\xfftext\xff"))
TAGS = ("red", "RED", "Blue", "x y", "stra\u00dfe", "STRASSE")
NAMES = ("bob@x.test", "bob@y.test", "eve@x.test", "nobody")
USERS = ("*", "bob", "eve", *NAMES)

# A step takes a store and the id before which the example began, as ids go on rising from one example to the next.
Step: TypeAlias = Callable[[Store, int], Any]

ids = st.lists(st.integers(-1, 12), max_size=4)
selections = st.sampled_from(USERS).map(selection_of)


def added(raw: bytes, mailboxes: tuple[str, ...], octets: int | None, uid: str, received: float) -> Step:
    recipients = tuple(Recipient(name, ("NOTIFY=NEVER",)) for name in mailboxes)
    envelope = Envelope("a@x.test", recipients, ("SIZE=1",), helo="h", user=None, tls="TLSv1.3", origin=Origin.SMTP)

    def step(store: Store, first: int) -> int | str:
        try:
            # A UIDL that was chosen stays taken, so each example has its own.
            own = uid and f"{uid}.{first}"
            return store.add(Arrival(envelope, raw, mailboxes, received, octets, own)) - first
        except BadMail as err:
            return str(err)

    return step


def marked(some: list[int], *, read: bool) -> Step:
    return lambda store, first: store.mark_read([first + n for n in some], read=read)


def deleted(some: list[int]) -> Step:
    return lambda store, first: store.delete([first + n for n in some])


def fetched(selection: Selection, fetched: list[int], deleted: list[int], now: float) -> Step:
    return lambda store, first: store.update_maildrop(
        selection, fetched=[first + n for n in fetched], deleted=[first + n for n in deleted], user="u", now=now
    )


def expired(before: float, now: float) -> Step:
    return lambda store, first: store.expire(before=before, now=now)


def restored(message: int, selection: Selection) -> Step:
    return lambda store, first: store.restore(first + message, selection)


def digested(some: list[int]) -> Step:
    return lambda store, first: store.keep_gists([(first + n, GIST) for n in some])


def tagged(some: list[int], tags: list[str]) -> Step:
    return lambda store, first: store.set_tags([first + n for n in some], tags)


def renamed(old: str, new: str) -> Step:
    return lambda store, first: store.rename_tag(old, new)


def untagged(name: str) -> Step:
    return lambda store, first: store.delete_tag(name)


steps = st.one_of(
    st.builds(
        added,
        st.sampled_from([b"", b"x", b"a\r\nb\n", b"y" * 30]),
        st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
        st.sampled_from([None, 5]),
        st.sampled_from(["", "", "a-1", "a-2"]),
        st.sampled_from([1.5, 2.5]),
    ),
    st.builds(marked, ids, read=st.booleans()),
    st.builds(lambda read: lambda store, first: store.mark_all_read(read=read), st.booleans()),
    st.builds(deleted, ids),
    st.builds(fetched, selections, ids, ids, st.sampled_from([6.0, 7.0, 8.0])),
    st.builds(expired, st.sampled_from([1.5, 2.0, 3.0]), st.sampled_from([6.0, 7.0])),
    st.builds(restored, st.integers(-1, 12), selections),
    st.builds(digested, ids),
    st.builds(tagged, ids, st.lists(st.sampled_from(TAGS), max_size=3)),
    st.builds(renamed, st.sampled_from(TAGS), st.sampled_from(TAGS)),
    st.builds(untagged, st.sampled_from(TAGS)),
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
            (d.id, d.message, d.mailbox, chosen(d.uid), d.fetched_at, d.fetched_by, d.deleted_at, d.deleted_by)
            for d in read.deliveries
        ]
        return read.id, read.envelope, read.raw, read.received, read.read, times, store.raw(number), read.kept_tags

    def chosen(uid: str) -> str:
        return uid if uid.startswith("a-") else "the store's own"

    def maildrop(user: str) -> list[tuple[int, str, int]]:
        entries: list[Entry] = store.maildrop(selection_of(user))
        assert len({entry.uid for entry in entries}) == len(entries)
        return [(entry.message, chosen(entry.uid), entry.octets) for entry in entries]

    return [
        known,
        [message(number) for number in range(first, first + 12)],
        [
            store.rows(start=start, limit=3, after=first, selection=selection_of(name))
            for start in (0, 2)
            for name in USERS
        ],
        [[store.waiting(opened), store.fetched(opened), store.deleted(opened)] for opened in map(selection_of, USERS)],
        [maildrop(user) for user in USERS],
        (store.counts(), store.mailboxes(), store.last_id),
        (store.tags(), store.spelled(TAGS), store.rows_of([*range(first + 6, first - 2, -1), 2**70, -1])),
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
