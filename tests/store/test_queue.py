"""The queue, as each store keeps it: entries that come with their mail, are taken, and are settled or put back."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.message import Recipient
from mailtrap_lite.message.queued import Outgoing, QueueState, Why
from mailtrap_lite.store import Arrival, Fate, Retention, Settlement, Shift, Store, Trial
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.rows import envelope_to_text
from mailtrap_lite.store.schema import MIGRATIONS, migrate

Arriving = Callable[..., Arrival]
TRIAL = Trial(at=100.0, seconds=0.5, host="127.0.0.1:2525", tls=None, transcript=("> QUIT", "< 221 Bye"))
SENT, FAILED, WAITING = QueueState.SENT, QueueState.FAILED, QueueState.WAITING


def outgoing(*addresses: str, at: float = 0.0) -> tuple[Outgoing, ...]:
    return tuple(Outgoing("alice@x.test", Recipient(each, ("NOTIFY=NEVER",)), Why.RULE, at) for each in addresses)


def put(store: Store, arrival: Arriving, *addresses: str, at: float = 0.0) -> int:
    return store.add(replace(arrival(), queued=outgoing(*addresses, at=at)))


def states(store: Store) -> list[QueueState]:
    return [entry.state for entry in store.queued()]


def test_an_entry_comes_with_its_mail(store: Store, arrival: Arriving) -> None:
    message = put(store, arrival, "bob@Y.test", "eve@z.test", at=7.0)

    bob, eve = store.queued()
    assert (bob.message, bob.sender, bob.recipient) == (
        message,
        "alice@x.test",
        Recipient("bob@Y.test", ("NOTIFY=NEVER",)),
    )
    assert (bob.why, bob.state, bob.queued_at, bob.next_try, bob.tries) == (Why.RULE, WAITING, 7.0, 7.0, 0)
    assert eve.id > bob.id
    assert store.due_domains(now=7.0) == ["y.test", "z.test"]
    assert store.due_domains(now=6.9) == []
    assert store.next_try() == 7.0
    assert store.queue_counts()[WAITING] == 2


def test_a_message_leaves_as_it_came(store: Store, arrival: Arriving) -> None:
    mail = arrival()
    message = store.add(mail)

    leaving = store.leaving(message)

    assert (leaving.id, leaving.raw, leaving.envelope) == (message, mail.raw, mail.envelope)
    for unknown in (message + 1, 10**30):
        with pytest.raises(NoSuchMessage):
            store.leaving(unknown)


def test_what_is_here_can_be_queued_later(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival())
    revision = store.revision

    entries = store.enqueue(message, outgoing("bob@y.test"))

    assert [entry.id for entry in store.queued(message=message)] == entries
    assert store.revision > revision
    with pytest.raises(NoSuchMessage):
        store.enqueue(message + 1, outgoing("bob@y.test"))


def test_what_is_due_is_taken_once_and_by_message(store: Store, arrival: Arriving) -> None:
    first = put(store, arrival, "a@y.test", "b@z.test", "c@y.test", "d@y.test")
    second = put(store, arrival, "a@y.test")
    put(store, arrival, "late@y.test", at=9.0)

    taken = store.claim(["y.test"], now=1.0, limit=2)
    more = store.claim(["y.test"], now=1.0, limit=2)

    assert [(entry.message, entry.recipient.address) for entry in taken] == [
        (first, "a@y.test"),
        (first, "c@y.test"),
        (first, "d@y.test"),
    ]
    assert {entry.state for entry in taken} == {QueueState.IN_FLIGHT}
    assert [entry.message for entry in more] == [second]
    assert store.claim(["y.test"], now=1.0, limit=2) == []
    assert store.due_domains(now=1.0) == ["z.test"]


def test_each_recipient_has_a_fate_of_its_own(store: Store, arrival: Arriving) -> None:
    put(store, arrival, "a@y.test", "b@y.test", "c@y.test")
    a, b, c = store.claim(["y.test"], now=1.0, limit=9)

    store.settle(
        [
            Settlement(
                TRIAL,
                [
                    Fate(a.id, SENT, "250 2.0.0 Ok"),
                    Fate(b.id, FAILED, "550 5.1.1 unknown"),
                    Fate(c.id, WAITING, "451 4.3.0 later", next_try=160.0, ambiguous=True, warned=True),
                ],
            )
        ],
    ).result()

    a, b, c = store.queued()
    assert (a.state, a.reason, a.next_try, a.settled_at, a.tries) == (SENT, "250 2.0.0 Ok", None, 100.5, 1)
    assert (b.state, b.reason, b.settled_at) == (FAILED, "550 5.1.1 unknown", 100.5)
    assert (c.state, c.next_try, c.ambiguous, c.warned, c.tries, c.settled_at) == (WAITING, 160.0, 1, True, 1, None)
    (attempt,) = store.attempts(b.id)
    assert (attempt.at, attempt.seconds, attempt.host, attempt.tls) == (100.0, 0.5, "127.0.0.1:2525", None)
    assert (attempt.said, attempt.transcript) == ("550 5.1.1 unknown", ("> QUIT", "< 221 Bye"))
    assert [each.id for each in store.attempts(a.id)] == [attempt.id]


def test_what_nobody_tried_is_put_back_as_it_was(store: Store, arrival: Arriving) -> None:
    put(store, arrival, "a@y.test")
    (entry,) = store.claim(["y.test"], now=1.0, limit=9)

    store.settle([Settlement(None, [Fate(entry.id, WAITING, "", next_try=entry.next_try, tried=False)])]).result()

    assert store.queued() == [replace(entry, state=WAITING)]
    assert store.attempts(entry.id) == []


def test_what_nobody_sends_any_more_is_put_back_and_counted(store: Store, arrival: Arriving) -> None:
    put(store, arrival, "a@y.test")
    put(store, arrival, "b@z.test")
    store.claim(["y.test"], now=1.0, limit=9)

    assert store.recover() == 1
    assert store.recover() == 0

    a, b = store.queued()
    assert (a.state, a.ambiguous, a.reason) == (WAITING, 1, "nobody knows what became of it")
    assert (b.ambiguous, b.reason) == (0, "")
    assert [entry.id for entry in store.claim(["y.test"], now=1.0, limit=9)] == [a.id]


def test_a_report_is_stored_with_what_it_reports(store: Store, arrival: Arriving) -> None:
    message = put(store, arrival, "a@y.test")
    (entry,) = store.claim(["y.test"], now=1.0, limit=9)
    revision = store.revision

    store.settle([Settlement(TRIAL, [Fate(entry.id, FAILED, "550 no")], [arrival("alice@x.test")])]).result()

    assert store.ids(after=message) == [message + 1]
    assert store.last_id == message + 1
    assert store.revision > revision


def test_what_was_deleted_meanwhile_gets_neither_fate_nor_report(store: Store, arrival: Arriving) -> None:
    message = put(store, arrival, "a@y.test")
    (entry,) = store.claim(["y.test"], now=1.0, limit=9)
    store.delete([message])

    store.settle([Settlement(TRIAL, [Fate(entry.id, FAILED, "550 no")], [arrival("alice@x.test")])]).result()

    assert (store.queued(), store.ids(), store.attempts(entry.id)) == ([], [], [])
    assert store.next_try() is None


@pytest.mark.parametrize("everything", [True, False], ids=["all", "some"])
def test_a_person_moves_entries_from_one_state_to_another(everything: bool, store: Store, arrival: Arriving) -> None:
    put(store, arrival, "a@y.test", at=50.0)
    put(store, arrival, "b@y.test")
    store.claim(["y.test"], now=1.0, limit=9)
    (a, b) = store.queued()
    entries = None if everything else [a.id, b.id, 10**30, -1]

    paused = store.shift(entries, Shift(frozenset({WAITING}), QueueState.PAUSED))
    assert (paused, states(store)) == (1, [QueueState.PAUSED, QueueState.IN_FLIGHT])
    assert store.due_domains(now=60.0) == []
    resumed = store.shift(entries, Shift(frozenset({QueueState.PAUSED}), WAITING, next_try=2.0))
    assert (resumed, store.next_try()) == (1, 2.0)
    cancelled = store.shift(entries, Shift(frozenset({WAITING}), QueueState.CANCELLED, settled_at=3.0))
    assert (cancelled, states(store)) == (1, [QueueState.CANCELLED, QueueState.IN_FLIGHT])
    assert store.queued()[0].settled_at == 3.0
    assert store.shift(entries, Shift(frozenset({WAITING}), QueueState.PAUSED)) == 0


def test_entries_are_listed_by_state_by_message_and_in_pages(store: Store, arrival: Arriving) -> None:
    first = put(store, arrival, "a@y.test", "b@y.test")
    put(store, arrival, "c@z.test")
    store.claim(["z.test"], now=1.0, limit=1)
    one, two, three = store.queued()

    assert store.queued(states=[QueueState.IN_FLIGHT]) == [three]
    assert store.queued(message=first) == [one, two]
    assert store.queued(after=one.id, limit=1) == [two]
    assert store.queued(after=10**30) == store.queued(message=10**30) == []


def test_retention_never_drops_what_is_to_move_on(make_store: Callable[[Retention], Store], arrival: Arriving) -> None:
    store = make_store(Retention(messages=2))
    queued = put(store, arrival, "a@y.test")
    plain = [store.add(arrival()) for _ in range(3)]
    assert store.ids() == [queued, plain[-1]]
    (entry,) = store.claim(["y.test"], now=1.0, limit=1)

    store.settle([Settlement(TRIAL, [Fate(entry.id, SENT, "250 ok")])]).result()
    newest = store.add(arrival())

    assert store.ids() == [plain[-1], newest]
    assert store.queued() == []


def test_clearing_empties_the_queue(store: Store, arrival: Arriving) -> None:
    put(store, arrival, "a@y.test")

    store.clear()

    assert store.queued() == []
    assert store.claim(["y.test"], now=1.0, limit=1) == []


def test_the_whole_queue_is_held_until_somebody_lets_it_go_on(store: Store) -> None:
    assert not store.held

    store.hold(held=True)
    assert store.held
    store.hold(held=False)

    assert not store.held


def test_a_file_remembers_its_queue_and_counts_what_may_have_been_sent(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    put(store, arrival, "a@y.test")
    put(store, arrival, "b@z.test")
    store.claim(["y.test"], now=1.0, limit=1)
    store.hold(held=True)
    store.close()

    again = FileStore(tmp_path / "mail.db")
    try:
        recovered = again.recover()
        a, b = again.queued()
        held = again.held
    finally:
        again.close()

    assert (recovered, held) == (1, True)
    assert (a.state, a.ambiguous, a.tries) == (WAITING, 1, 0)
    assert a.reason == "nobody knows what became of it"
    assert (b.state, b.ambiguous) == (WAITING, 0)


def test_a_file_of_the_version_before_the_queue_gets_one(tmp_path: Path, arrival: Arriving) -> None:
    path = tmp_path / "mail.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        migrate(db, name="mail.db", migrations=MIGRATIONS[:7])
        envelope = envelope_to_text(arrival().envelope)
        db.execute("INSERT INTO message (received, size, octets, envelope) VALUES (1.0, 2, 2, ?)", [envelope])
        db.execute("INSERT INTO body VALUES (1, x'0d0a')")

    store = FileStore(path)
    try:
        entries = store.enqueue(1, outgoing("a@y.test"))
        new = put(store, arrival, "b@y.test")
        found = store.queued()
    finally:
        store.close()

    assert [entry.message for entry in found] == [1, new]
    assert [entry.id for entry in found][:1] == entries
