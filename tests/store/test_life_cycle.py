"""What every store knows of a message's life over POP3: fetched, deleted, restored, and under which UIDL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite.accounts import Selection, selection_of
from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import MOST_FETCHES, Delivery, Fetch
from mailtrap_lite.store import Arrival, Retention, Store
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.rows import fetches_of_text
from mailtrap_lite.store.schema import MIGRATIONS, migrate

Arriving = Callable[..., Arrival]
ALL = Selection()
BOB, EVE, BOBS = selection_of("bob@x.test"), selection_of("eve@x.test"), selection_of("bob")


@pytest.fixture
def chosen(arrival: Arriving) -> Callable[..., Arrival]:
    """Make a mail with a UIDL that was chosen for it."""

    def make(uid: str, *mailboxes: str) -> Arrival:
        return replace(arrival(*mailboxes), uid=uid)

    return make


def uids(store: Store, selection: Selection) -> list[str]:
    return [entry.uid for entry in store.maildrop(selection)]


def test_what_was_fetched_and_deleted_comes_in_the_order_in_which_it_happened(store: Store, arrival: Arriving) -> None:
    one, two, three = (store.add(arrival("bob@x.test")) for _ in range(3))
    other = store.add(arrival("eve@x.test"))

    store.update_maildrop(BOB, fetched=[three], deleted=[three], user="bob@x.test", now=1.0)
    store.update_maildrop(ALL, fetched=[one, other], deleted=[other], user="*", now=2.0)
    store.update_maildrop(BOB, fetched=[two], deleted=[one], user="bob@x.test", now=3.0)

    assert store.fetched(BOB) == [three, one, two]
    assert store.deleted(BOB) == [three, one]
    assert store.fetched(EVE) == store.deleted(EVE) == [other]
    assert store.fetched(ALL) == [three, one, other, two]
    assert store.deleted(ALL) == [three, other, one]
    assert store.fetched(BOBS) == store.fetched(BOB)


def test_a_message_of_several_mailboxes_counts_once_and_by_its_last_time(store: Store, arrival: Arriving) -> None:
    both = store.add(arrival("bob@x.test", "bob@y.test"))
    one = store.add(arrival("bob@x.test"))

    for now, mailbox, message in ((1.0, "bob@x.test", both), (2.0, "bob@x.test", one), (3.0, "bob@y.test", both)):
        store.update_maildrop(selection_of(mailbox), fetched=[message], deleted=[message], user="bob", now=now)

    assert store.fetched(BOBS) == store.deleted(BOBS) == [one, both]
    assert store.fetched(BOB) == [both, one]
    assert store.waiting(BOBS) == store.waiting(ALL) == []


def test_what_waits_is_told_by_each_kind_of_selection(store: Store, arrival: Arriving) -> None:
    both = store.add(arrival("bob@x.test", "bob@y.test"))
    other = store.add(arrival("eve@x.test"))
    store.update_maildrop(BOB, fetched=[], deleted=[both], user="bob@x.test", now=1.0)

    assert store.waiting(BOB) == []
    assert store.waiting(BOBS) == [both]
    assert store.waiting(ALL) == [both, other]


def test_who_deletes_is_told_what_was_there_to_be_deleted(store: Store, arrival: Arriving) -> None:
    one, two, removed = (store.add(arrival("bob@x.test")) for _ in range(3))
    both = store.add(arrival("bob@x.test", "eve@x.test"))
    store.delete([removed])

    assert store.update_maildrop(BOB, fetched=[one], deleted=[both, two], user="bob", now=1.0) == [both, two]
    assert store.update_maildrop(ALL, fetched=[], deleted=[one, two, removed, both], user="*", now=2.0) == [one, both]
    assert store.update_maildrop(ALL, fetched=[two], deleted=[both], user="*", now=3.0) == []


@pytest.mark.parametrize("selection", [BOB, BOBS, ALL], ids=str)
def test_a_maildrop_is_in_the_order_of_arrival(selection: Selection, store: Store, arrival: Arriving) -> None:
    third, first, fourth, second = (
        store.add(arrival("bob@x.test", "bob@y.test", received=at)) for at in (5.0, -1.0, 5.0, 4.0)
    )

    assert store.waiting(selection) == [first, second, third, fourth]
    assert [entry.message for entry in store.maildrop(selection)] == [first, second, third, fourth]
    assert store.ids() == [third, first, fourth, second]


def test_rows_are_of_each_kind_of_selection_deleted_over_pop3_or_not(store: Store, arrival: Arriving) -> None:
    both = store.add(arrival("bob@x.test", "bob@y.test"))
    other = store.add(arrival("eve@x.test"))
    store.update_maildrop(BOB, fetched=[], deleted=[both], user="bob@x.test", now=1.0)

    def listed(selection: Selection) -> list[int]:
        return [row.id for row in store.rows(start=0, limit=9, selection=selection)]

    assert listed(BOB) == listed(BOBS) == [both]
    assert listed(EVE) == [other]
    assert listed(ALL) == [other, both]
    assert listed(selection_of("nobody")) == []
    assert [row.id for row in store.rows(start=1, limit=9, after=0, selection=ALL)] == [both]


def test_what_was_deleted_is_put_back_under_its_uidl(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test"))
    before = store.maildrop(BOB)
    store.update_maildrop(BOB, fetched=[message], deleted=[message], user="bob@x.test", now=1.0)
    revision = store.revision

    assert store.restore(message, BOB) == 1

    assert store.maildrop(BOB) == before
    assert store.deleted(BOB) == []
    assert store.message(message).deliveries == (
        Delivery(1, message, "bob@x.test", before[0].uid, fetches=(Fetch(1.0, "bob@x.test"),)),
    )
    assert store.revision == revision + 1


def test_only_the_mailboxes_that_were_named_get_it_back(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test", "bob@y.test", "eve@x.test"))
    store.update_maildrop(ALL, fetched=[], deleted=[message], user="*", now=1.0)

    assert store.restore(message, EVE) == 1
    assert (store.waiting(EVE), store.waiting(BOBS)) == ([message], [])
    assert store.restore(message, BOBS) == 2
    assert store.waiting(BOB) == [message]


def test_nothing_to_restore_is_no_news(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test"))
    revision = store.revision

    assert [store.restore(number, ALL) for number in (message, message + 1, 0, -1, 10**30)] == [0] * 5
    assert store.revision == revision


def test_what_is_too_old_is_deleted_from_each_mailbox_by_nobody(store: Store, arrival: Arriving) -> None:
    old = store.add(arrival("bob@x.test", "eve@x.test", received=1.0))
    store.add(arrival("bob@x.test", received=2.0))
    store.update_maildrop(EVE, fetched=[], deleted=[old], user="eve", now=2.5)
    revision = store.revision

    assert [store.expire(before=2.0, now=3.0) for _ in range(2)] == [1, 0]

    assert [(d.deleted_at, d.deleted_by) for d in store.message(old).deliveries] == [(3.0, "EXPIRE"), (2.5, "eve")]
    assert store.waiting(ALL) == [old + 1]
    assert store.revision == revision + 1


def test_what_was_put_back_expires_no_more(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test", "eve@x.test", received=1.0))
    store.expire(before=2.0, now=3.0)

    store.restore(message, EVE)

    assert store.expire(before=2.0, now=4.0) == 0
    assert (store.waiting(BOB), store.waiting(EVE)) == ([], [message])
    store.restore(message, BOB)
    store.update_maildrop(EVE, fetched=[], deleted=[message], user="eve", now=5.0)  # by hand it goes all the same
    assert (store.expire(before=2.0, now=6.0), store.waiting(ALL), store.waiting(EVE)) == (0, [message], [])


def test_each_fetch_of_a_delivery_is_kept(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test", "eve@x.test"))

    for now, user in ((1763980000.123457, "phone"), (1763980001.0, 'lap"top'), (1763980001.0, "phone")):
        store.update_maildrop(BOB, fetched=[message], deleted=[], user=user, now=now)

    bob, eve = store.message(message).deliveries
    assert bob.fetches == (
        Fetch(1763980000.123457, "phone"),
        Fetch(1763980001.0, 'lap"top'),
        Fetch(1763980001.0, "phone"),
    )
    assert (bob.fetched_at, bob.fetched_by) == (1763980001.0, "phone")
    assert (eve.fetches, eve.fetched_at, eve.fetched_by) == ((), None, None)


def test_of_many_fetches_the_first_and_the_last_are_kept(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test"))

    for now in range(150):
        store.update_maildrop(BOB, fetched=[message], deleted=[], user="bob", now=float(now))

    (delivery,) = store.message(message).deliveries
    assert [fetch.at for fetch in delivery.fetches] == [0.0, *map(float, range(51, 150))]
    assert len(delivery.fetches) == MOST_FETCHES


def test_a_restore_forgets_no_fetch(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test"))
    store.update_maildrop(BOB, fetched=[message], deleted=[message], user="bob", now=1.0)

    store.restore(message, BOB)

    assert store.message(message).deliveries[0].fetches == (Fetch(1.0, "bob"),)


def test_what_is_fetched_deleted_and_expires_is_one_change(store: Store, arrival: Arriving) -> None:
    one, two = (store.add(arrival("bob@x.test")) for _ in range(2))
    revision = store.revision

    store.update_maildrop(BOB, fetched=[one, two], deleted=[one], expired=[two], user="bob", now=1.0)

    assert [store.message(each).deliveries[0].deleted_by for each in (one, two)] == ["bob", "EXPIRE"]
    assert store.fetched(BOB) == store.deleted(BOB) == [one, two]
    assert store.revision == revision + 1


def test_what_was_restored_can_be_deleted_again(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival("bob@x.test"))

    for now in (1.0, 2.0):
        store.update_maildrop(BOB, fetched=[], deleted=[message], user="bob@x.test", now=now)
        store.restore(message, ALL)
    store.update_maildrop(BOB, fetched=[], deleted=[message], user="bob", now=3.0)

    assert [(d.deleted_at, d.deleted_by) for d in store.message(message).deliveries] == [(3.0, "bob")]


def test_a_uidl_can_be_chosen(store: Store, arrival: Arriving, chosen: Arriving) -> None:
    store.add(arrival("bob@x.test"))
    message = store.add(chosen("a-1", "bob@x.test", "eve@x.test"))

    assert uids(store, BOB)[1] == "a-1"
    assert uids(store, EVE) == ["a-1"]
    assert uids(store, ALL)[1] == uids(store, BOBS)[1] == "a-1"
    assert [delivery.uid for delivery in store.message(message).deliveries] == ["a-1", "a-1"]


def test_a_uidl_that_is_taken_in_a_mailbox_stores_nothing(store: Store, chosen: Arriving) -> None:
    first = store.add(chosen("a-1", "bob@x.test"))
    store.update_maildrop(BOB, fetched=[], deleted=[first], user="bob", now=1.0)

    with pytest.raises(BadMail, match=r"uid='a-1' is taken: a message in the mailbox bob@x\.test has this UIDL"):
        store.add(chosen("a-1", "eve@x.test", "bob@x.test"))

    assert store.ids() == [first]
    assert store.waiting(EVE) == []


def test_mailboxes_that_are_opened_together_never_show_a_uidl_twice(store: Store, chosen: Arriving) -> None:
    first = store.add(chosen("a-1", "bob@x.test"))
    store.add(chosen("a-1", "eve@x.test"))
    together = uids(store, ALL)
    store.delete([first])

    assert uids(store, EVE) == ["a-1"]
    assert together[0] == "a-1"
    assert len(set(together)) == 2
    assert uids(store, ALL) == together[1:]  # it stays what it was when the other is gone


def test_a_uidl_of_the_stores_own_kind_cannot_be_chosen(store: Store, arrival: Arriving, chosen: Arriving) -> None:
    store.add(arrival("bob@x.test"))
    own = uids(store, BOB)[0]

    for uid in (own, own.replace(".1", ".4711")):
        with pytest.raises(BadMail, match=r"cannot be chosen: such a UIDL is one of the store's own"):
            store.add(chosen(uid, "eve@x.test"))


@pytest.mark.parametrize(
    "go",
    [lambda store, message: store.delete([message]), lambda store, message: store.clear()],
    ids=["deleted", "cleared"],
)
def test_a_uidl_is_never_used_again_in_its_mailbox(
    go: Callable[[Store, int], int], store: Store, chosen: Arriving
) -> None:
    go(store, store.add(chosen("a-1", "bob@x.test")))

    with pytest.raises(BadMail, match=r"uid='a-1' is taken: .* bob@x\.test has this UIDL or had it"):
        store.add(chosen("a-1", "bob@x.test"))
    store.add(chosen("a-1", "eve@x.test"))

    assert uids(store, EVE) == ["a-1"]
    assert uids(store, ALL) != ["a-1"]  # a client of all mailboxes has seen bob's


def test_a_uidl_is_not_free_again_when_retention_took_its_message(
    make_store: Callable[[Retention], Store], chosen: Arriving
) -> None:
    store = make_store(Retention(messages=1))
    store.add(chosen("a-1", "bob@x.test"))
    store.add(chosen("a-2", "bob@x.test"))

    with pytest.raises(BadMail, match="uid='a-1' is taken"):
        store.add(chosen("a-1", "bob@x.test"))


def test_a_uidl_that_was_refused_is_not_used(store: Store, chosen: Arriving) -> None:
    store.add(chosen("a-1", "bob@x.test"))

    with pytest.raises(BadMail, match="is taken"):
        store.add(chosen("a-1", "eve@x.test", "bob@x.test"))

    store.add(chosen("a-1", "eve@x.test"))


def test_who_clears_may_say_that_uidls_are_free_again(store: Store, chosen: Arriving) -> None:
    store.add(chosen("a-1", "bob@x.test"))

    store.clear(uids=True)

    store.add(chosen("a-1", "bob@x.test"))
    assert uids(store, BOB) == uids(store, ALL) == ["a-1"]


def test_a_uidl_is_never_used_again_after_a_restart(tmp_path: Path, chosen: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    store.delete([store.add(chosen("a-1", "bob@x.test"))])
    store.close()

    with contextlib.closing(FileStore(tmp_path / "mail.db")) as again, pytest.raises(BadMail, match="is taken"):
        again.add(chosen("a-1", "bob@x.test"))


def test_a_uidl_of_an_older_file_is_taken(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "mail.db", isolation_level=None)
    migrate(db, name="mail.db", migrations=MIGRATIONS[:3])
    db.execute("INSERT INTO message (id, received, size, octets, envelope, uid) VALUES (1, 1.0, 1, 3, '[]', 'a-1')")
    db.execute("INSERT INTO delivery (message, mailbox, local, uid) VALUES (1, 'bob@x.test', 'bob', 'a-1')")

    migrate(db, name="mail.db")

    assert db.execute("SELECT uid, mailbox FROM used_uid").fetchall() == [("a-1", "bob@x.test")]
    db.close()


def test_what_an_older_file_knows_of_a_fetch_is_kept() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, name="mail.db", migrations=MIGRATIONS[:6])
    db.execute("INSERT INTO message (id, received, size, octets, envelope) VALUES (1, 1.0, 1, 3, '')")
    at = 1763980000.1234567
    for values in ((at, 'b"ob'), (None, None)):
        db.execute(
            "INSERT INTO delivery (message, mailbox, local, fetched_at, fetched_by) VALUES (1, 'b', '', ?, ?)", values
        )

    migrate(db, name="mail.db")

    rows = db.execute("SELECT fetched_at, fetches FROM delivery ORDER BY id").fetchall()
    db.close()
    assert [when for when, _ in rows] == [at, None]
    assert [fetches_of_text(text) for _, text in rows] == [(Fetch(at, 'b"ob'),), ()]
