"""What every store promises: the same suite for each of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from mailtrap_lite.accounts import Selection, selection_of
from mailtrap_lite.errors import NoSuchMessage, ServerClosed
from mailtrap_lite.message import Address, Delivery, Envelope, Fetch, Message, Origin, Recipient
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search import Words
from mailtrap_lite.store import Arrival, Counts, Entry, Gist, MailboxCount, Retention, Store

Arriving = Callable[..., Arrival]
DIGEST = Digest("hello", Address("Al", "al@x.test"), (Address("", "b@x.test"),), (), (), (), "1@x", "hi", 2)
GIST = Gist(DIGEST, ("Red",), Words(0, b"", b"", b""))


def test_a_stored_message_comes_back_as_it_was(store: Store) -> None:
    envelope = Envelope(
        sender="",
        recipients=(Recipient("Bob@X.test", ("NOTIFY=NEVER",)), Recipient("eve@x.test")),
        options=("SIZE=3", "BODY=8BITMIME"),
        client="127.0.0.1:4711",
        helo="[127.0.0.1]",
        user="bob",
        tls="TLSv1.3",
        session="s1",
        origin=Origin.SMTP,
    )
    raw = bytes(range(256)) * 3

    stored = store.add(Arrival(envelope, raw, ("bob@x.test", "eve@x.test"), 1234.5, octets=800))

    uid = store.maildrop(Selection())[0].uid
    assert store.message(stored) == Message(
        id=stored,
        envelope=envelope,
        raw=raw,
        received=1234.5,
        read=False,
        deliveries=(Delivery(1, stored, "bob@x.test", uid), Delivery(2, stored, "eve@x.test", uid)),
    )
    assert store.raw(stored) == raw


def test_what_is_added_soon_is_there_when_it_returns(store: Store, arrival: Arriving) -> None:
    async def both() -> list[int]:
        return await asyncio.gather(*(store.add_soon(arrival(raw=b"%d" % n)) for n in range(50)))

    ids = asyncio.run(both())

    assert store.ids() == sorted(ids)
    assert [store.raw(message) for message in ids] == [b"%d" % n for n in range(50)]


def test_ids_rise_and_are_never_used_again(store: Store, arrival: Arriving) -> None:
    first = store.add(arrival())
    store.delete([first])
    second = store.add(arrival())
    store.clear()
    third = store.add(arrival())

    assert first < second < third
    assert store.last_id == third


def test_an_unknown_id_is_no_message(store: Store) -> None:
    for unknown in (0, -1, 1, 2**63, 10**30):
        with pytest.raises(NoSuchMessage, match=str(unknown)):
            store.message(unknown)
        with pytest.raises(NoSuchMessage):
            store.raw(unknown)


def test_ids_are_listed_behind_a_cursor(store: Store, arrival: Arriving) -> None:
    ids = [store.add(arrival()) for _ in range(3)]

    assert store.ids() == ids
    assert store.ids(after=ids[0]) == ids[1:]


def test_rows_come_newest_first_in_pages(store: Store, arrival: Arriving) -> None:
    ids = [store.add(arrival(received=float(n))) for n in range(5)]

    assert [row.id for row in store.rows(start=1, limit=2)] == [ids[3], ids[2]]
    assert [row.id for row in store.rows(start=0, limit=9, after=ids[3])] == [ids[4]]
    assert [row.received for row in store.rows(start=0, limit=1)] == [4.0]


def test_a_digest_is_kept_beside_its_message(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival())

    before = store.rows(start=0, limit=1)[0].digest
    store.keep_gists([(message, GIST), (message + 1, GIST)])

    assert (before, store.rows(start=0, limit=1)[0].digest) == (None, DIGEST)


def test_counts_follow_every_change(store: Store, arrival: Arriving) -> None:
    ids = [store.add(arrival(raw=b"x" * 10)) for _ in range(3)]
    assert store.counts() == Counts(total=3, unread=3, octets=30)

    assert store.mark_read([ids[0], ids[0], 999], read=True) == 1
    assert store.counts() == Counts(total=3, unread=2, octets=30)

    assert store.delete([ids[0], 999, -1, 10**30]) == 1
    assert store.counts() == Counts(total=2, unread=2, octets=20)

    assert store.mark_all_read(read=True) == 2
    assert store.mark_read([ids[1]], read=False) == 1
    assert store.counts() == Counts(total=2, unread=1, octets=20)

    assert store.clear() == 2
    assert store.counts() == Counts(total=0, unread=0, octets=0)


def test_nothing_to_change_changes_nothing(store: Store, arrival: Arriving) -> None:
    store.add(arrival())
    before = store.revision

    assert store.delete([]) == 0
    assert store.delete([999]) == 0
    assert store.mark_read([], read=True) == 0
    store.update_maildrop(Selection(), fetched=[], deleted=[], user="u", now=1.0)

    assert (store.revision, len(store.ids())) == (before, 1)


def test_retention_by_number_drops_the_oldest(make_store: Callable[[Retention], Store], arrival: Arriving) -> None:
    store = make_store(Retention(messages=2))

    ids = [store.add(arrival()) for _ in range(4)]

    assert store.ids() == ids[2:]
    assert [entry.message for entry in store.maildrop(Selection())] == ids[2:]


def test_retention_by_octets_keeps_at_least_the_newest(
    make_store: Callable[[Retention], Store], arrival: Arriving
) -> None:
    store = make_store(Retention(octets=100))

    store.add(arrival(raw=b"x" * 60))
    second = store.add(arrival(raw=b"x" * 40))
    assert len(store.ids()) == 2
    assert store.ids()[-1] == second

    huge = store.add(arrival(raw=b"x" * 500))
    assert store.ids() == [huge]


def test_maildrops_by_address_by_local_part_and_of_everything(store: Store, arrival: Arriving) -> None:
    one = store.add(arrival("bob@x.test", "bob@y.test"))
    two = store.add(arrival("bob@y.test", raw=b"12345"))
    three = store.add(arrival("eve@x.test"))

    def seen(user: str) -> list[int]:
        return [entry.message for entry in store.maildrop(selection_of(user))]

    assert seen("bob@x.test") == [one]
    assert seen("bob@y.test") == [one, two]
    assert seen("bob") == [one, two]
    assert seen("*") == [one, two, three]
    assert seen("nobody") == []
    assert store.waiting(selection_of("bob@y.test")) == [one, two]


def test_an_entry_has_the_octets_and_a_uid_of_its_own(store: Store, arrival: Arriving) -> None:
    store.add(arrival(raw=b"123"))
    store.add(arrival(raw=b"45"))

    entries = store.maildrop(selection_of("bob@x.test"))

    assert [entry.octets for entry in entries] == [3, 2]
    assert len({entry.uid for entry in entries}) == 2
    for entry in entries:
        assert 1 <= len(entry.uid) <= 70
        assert all(0x21 <= ord(character) <= 0x7E for character in entry.uid)


def test_deleting_over_pop3_removes_the_delivery_and_keeps_the_message(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test", "eve@x.test"))
    uid = store.maildrop(Selection())[0].uid

    store.update_maildrop(selection_of("bob@x.test"), fetched=[message], deleted=[message], user="bob", now=7.0)

    assert store.maildrop(selection_of("bob@x.test")) == []
    assert store.maildrop(selection_of("eve@x.test")) == [Entry(message, uid, store.message(message).size)]
    assert store.message(message).deliveries == (
        Delivery(1, message, "bob@x.test", uid, (Fetch(7.0, "bob"),), 7.0, "bob"),
        Delivery(2, message, "eve@x.test", uid),
    )


def test_mailboxes_are_counted_without_what_was_deleted_over_pop3(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test", "eve@x.test"))
    store.add(arrival("bob@x.test"))
    store.update_maildrop(selection_of("eve"), fetched=[], deleted=[message], user="eve", now=7.0)

    assert store.mailboxes() == [MailboxCount("bob@x.test", 2, 2, 2), MailboxCount("eve@x.test", 0, 1, 1)]


def test_a_wait_returns_on_the_commit(store: Store, arrival: Arriving) -> None:
    revision = store.revision
    woken: list[tuple[int, list[int]]] = []
    waiter = threading.Thread(target=lambda: woken.append((store.wait(revision, 30), store.ids())))
    waiter.start()

    message = store.add(arrival())

    waiter.join(30)
    assert woken == [(revision + 1, [message])]


def test_a_wait_ends_with_its_time(store: Store) -> None:
    assert store.wait(store.revision, 0.01) == store.revision


def test_a_wait_for_what_has_happened_returns_at_once(store: Store, arrival: Arriving) -> None:
    store.add(arrival())

    assert store.wait(0, None) == store.revision


def test_each_change_is_news(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival())
    revisions = [store.revision]
    for change in (
        lambda: store.mark_read([message], read=True),
        lambda: store.update_maildrop(Selection(), fetched=[message], deleted=[], user="u", now=1.0),
        lambda: store.delete([message]),
    ):
        change()
        revisions.append(store.revision)

    assert revisions == [1, 2, 3, 4]


def test_closing_wakes_the_waiters_and_refuses_the_rest(store: Store, arrival: Arriving) -> None:
    ended: list[str] = []

    def wait() -> None:
        try:
            store.wait(store.revision, 30)
        except ServerClosed as err:
            ended.append(str(err))

    waiter = threading.Thread(target=wait)
    waiter.start()
    store.close()
    store.close()

    waiter.join(30)
    assert ended == ["the server was stopped"]
    for use in (lambda: store.add(arrival()), store.ids, store.counts):
        with pytest.raises(ServerClosed):
            use()


def test_threads_may_write_and_read_at_once(store: Store, arrival: Arriving) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(20):
                message = store.add(arrival(f"{number}@x.test"))
                assert store.message(message).id == message
                store.rows(start=0, limit=5)
                store.mark_read([message], read=True)
                store.delete([message])
        except BaseException as err:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(err)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert store.counts() == Counts(0, 0, 0)
