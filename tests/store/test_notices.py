"""Notices, as each store keeps them: written with what they tell, told once, and there when the message is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite.accounts import selection_of
from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Recipient
from mailtrap_lite.message.notices import Event, Notice, Telling
from mailtrap_lite.message.queued import Outgoing, QueueState, Why
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search.words import Words
from mailtrap_lite.store import Arrival, Fate, Gist, Retention, Settlement, Shift, Store, Told, Trial
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.notices import HEAD, REMEMBERED

Arriving = Callable[..., Arrival]
MakeStore = Callable[[Retention], Store]
BOB = selection_of("bob@x.test", plus_addressing=True)
WAITING, SENT, FAILED, CANCELLED = QueueState.WAITING, QueueState.SENT, QueueState.FAILED, QueueState.CANCELLED


def now() -> float:
    return 50.0


@pytest.fixture
def noted(store: Store) -> Store:
    """A store that keeps a notice of everything."""
    store.note(list(Event), clock=now)
    return store


def what(notices: Iterable[Notice]) -> list[tuple[str, int, str, str]]:
    return [(notice.event, notice.message, notice.whom, notice.by) for notice in notices]


def told(notice: Notice, state: QueueState = SENT, *, next_try: float | None = None, all_wait: bool = False) -> Told:
    return Told(notice.id, Telling(60.0, 0.5, 204, "204 No Content"), state, next_try, all_wait)


def test_without_being_asked_a_store_keeps_no_notice(store: Store, arrival: Arriving) -> None:
    message = store.add(arrival())
    store.update_maildrop(BOB, fetched=[message], deleted=[message], user="bob", now=2.0)
    store.delete([message])

    assert store.notices() == []


def test_a_notice_says_what_happened(noted: Store, arrival: Arriving) -> None:
    message = noted.add(arrival())

    (notice,) = noted.notices()

    assert replace(notice, key="") == Notice(1, "", Event.ACCEPTED, message, 50.0, next_try=50.0)
    assert notice.key.startswith("msg_")
    assert noted.due_notice(now=50.0) == notice
    assert noted.due_notice(now=49.9) is None
    assert noted.next_telling() == 50.0


def test_pop3_is_told_by_mailbox(noted: Store, arrival: Arriving) -> None:
    message = noted.add(arrival("bob@x.test", "eve@x.test"))
    everything = selection_of("*", plus_addressing=True)

    noted.update_maildrop(everything, fetched=[message], deleted=[], user="all", now=2.0)
    noted.update_maildrop(BOB, fetched=[message], deleted=[message], user="bob", now=3.0)
    noted.update_maildrop(BOB, fetched=[], deleted=[message], user="bob", now=4.0)
    noted.expire(before=9000.0, now=5.0)

    assert what(noted.notices()) == [
        ("accepted", message, "", ""),
        ("fetched", message, "bob@x.test", "all"),
        ("fetched", message, "eve@x.test", "all"),
        ("fetched", message, "bob@x.test", "bob"),
        ("deleted", message, "bob@x.test", "bob"),
        ("deleted", message, "eve@x.test", "EXPIRE"),
    ]


@pytest.mark.parametrize("way", ["delete", "clear", "retention"])
def test_each_way_out_of_the_store_is_told(way: str, make_store: MakeStore, arrival: Arriving) -> None:
    store = make_store(Retention(messages=1))
    store.note([Event.DELETED], clock=now)
    message = store.add(arrival())

    match way:
        case "delete":
            store.delete([message])
        case "clear":
            store.clear()
        case "retention":
            store.add(arrival())

    assert what(store.notices()) == [("deleted", message, "", "")]


def test_what_was_sent_on_and_what_was_given_up_is_told(noted: Store, arrival: Arriving) -> None:
    sent = [Outgoing("a@x.test", Recipient(f"{name}@y.test"), Why.RULE, 0.0) for name in ("a", "b", "c")]
    message = noted.add(replace(arrival(), queued=tuple(sent)))
    a, b, c = noted.claim(["y.test"], now=1.0, limit=9)
    fates = [Fate(a.id, SENT, "250 Ok"), Fate(b.id, FAILED, "550 no"), Fate(c.id, WAITING, "451 later", next_try=9.0)]

    noted.settle([Settlement(Trial(2.0, 0.1, "h:25", None, ()), fates)]).result()

    assert [(each.event, each.message, each.whom, each.said) for each in noted.notices()[1:]] == [
        ("relayed", message, "a@y.test", "250 Ok"),
        ("bounced", message, "b@y.test", "550 no"),
    ]


def test_only_what_is_asked_for_is_noted(store: Store, arrival: Arriving) -> None:
    store.note([Event.FETCHED], clock=now)
    message = store.add(arrival())
    store.update_maildrop(BOB, fetched=[message], deleted=[message], user="bob", now=2.0)

    assert what(store.notices()) == [("fetched", message, "bob@x.test", "bob")]


def test_what_was_deleted_is_still_known(noted: Store, arrival: Arriving) -> None:
    mail = arrival(raw=b"Subject: gone\r\n\r\n" + b"x" * 2 * HEAD)
    message = noted.add(mail)
    before = noted.subject(message)

    noted.delete([message])
    subject = noted.subject(message)

    assert before is not None
    assert subject is not None
    assert (before.deleted, before.head) == (False, mail.raw[:HEAD])
    assert subject == replace(before, deleted=True)
    assert (subject.envelope, subject.received, subject.size) == (mail.envelope, mail.received, len(mail.raw))
    assert noted.subject(message + 1) is None


def test_what_was_read_of_it_is_kept_instead_of_its_octets(noted: Store, arrival: Arriving) -> None:
    message = noted.add(arrival())
    mail = noted.message(message)
    noted.keep_gists([(message, Gist(Digest.of(mail.content), (), Words.of(mail)))])

    noted.delete([message])

    subject = noted.subject(message)
    assert subject is not None
    assert subject.digest is not None
    assert (subject.digest.subject, subject.head) == ("hello", b"")


def test_the_oldest_is_told_first_and_only_until_it_is_told(noted: Store, arrival: Arriving) -> None:
    first, second = noted.add(arrival()), noted.add(arrival())
    notice = noted.due_notice(now=50.0)
    assert notice is not None

    noted.told(told(notice))

    following = noted.due_notice(now=50.0)
    assert following is not None
    assert (notice.message, following.message) == (first, second)
    done = noted.notices(states=[SENT])
    assert done == [replace(notice, state=SENT, next_try=None, tries=1, reason="204 No Content", settled_at=60.5)]
    assert noted.tellings(notice.id) == [Telling(60.0, 0.5, 204, "204 No Content")]
    assert noted.notice_counts()[WAITING] == 1


def test_what_was_refused_waits_alone_and_who_is_away_makes_all_wait(noted: Store, arrival: Arriving) -> None:
    for _ in range(3):
        noted.add(arrival())
    first, second, third = noted.notices()

    noted.told(told(first, WAITING, next_try=90.0))
    refused = [each.next_try for each in noted.notices()]
    noted.told(told(second, WAITING, next_try=80.0, all_wait=True))

    assert refused == [90.0, 50.0, 50.0]
    assert [each.next_try for each in noted.notices()] == [90.0, 80.0, 80.0]
    assert noted.due_notice(now=79.0) is None
    assert noted.next_telling() == 80.0
    assert noted.due_notice(now=80.0) == replace(second, next_try=80.0, tries=1, reason="204 No Content")
    assert third.tries == 0


def test_a_person_can_try_again_and_give_up(noted: Store, arrival: Arriving) -> None:
    noted.add(arrival())
    noted.add(arrival())
    first, second = noted.notices()
    noted.told(told(first, FAILED))

    again = noted.shift_notices([first.id, 10**30], Shift(frozenset({FAILED}), WAITING, next_try=70.0))
    given_up = noted.shift_notices(None, Shift(frozenset({WAITING}), CANCELLED, settled_at=71.0))

    assert (again, given_up) == (1, 2)
    assert [(each.id, each.state, each.next_try, each.settled_at) for each in noted.notices()] == [
        (first.id, CANCELLED, None, 71.0),
        (second.id, CANCELLED, None, 71.0),
    ]


def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(noted: Store, arrival: Arriving) -> None:
    for _ in range(3):
        noted.add(arrival())
    gone, waiting, _ = noted.notices()
    noted.delete([gone.message])
    for each in noted.notices():
        if each.message == gone.message:
            noted.told(told(each))
    for _ in range(REMEMBERED):
        noted.add(arrival())

    noted.told(told(noted.notices()[-1]))

    left = [each.id for each in noted.notices()]
    assert gone.id not in left
    assert waiting.id in left
    assert noted.subject(gone.message) is None
    assert noted.tellings(gone.id) == []


def test_notices_are_there_after_a_restart(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    store.note([Event.ACCEPTED], clock=now)
    message = store.add(arrival())
    notices = store.notices()
    store.close()

    store = FileStore(tmp_path / "mail.db")
    store.add(arrival())  # nobody has asked for notices now
    try:
        assert store.notices() == notices
        assert [each.message for each in notices] == [message]
    finally:
        store.close()


def test_a_mail_that_is_not_stored_is_not_told_of(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    store.note([Event.ACCEPTED], clock=now)
    store.add(replace(arrival(), uid="chosen"))
    try:
        with pytest.raises(BadMail):
            store.add(replace(arrival(), uid="chosen"))

        assert len(store.notices()) == 1
    finally:
        store.close()
