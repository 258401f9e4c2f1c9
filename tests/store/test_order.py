"""Lists in every order: each store shows the same messages, and goes on behind a spot whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailtrap_lite.accounts import Selection
from mailtrap_lite.message import Address
from mailtrap_lite.message.summary import KEY_LENGTH, Digest
from mailtrap_lite.search import Words
from mailtrap_lite.store import Arrival, By, Counts, Found, Gist, MailboxCount, Order, Row, Spot, Store

Arriving = Callable[..., Arrival]

# Sender, subject, size; each twice somewhere, so that the ids decide.
MAIL = [("Zoe", "beta", 30), ("ann", "Alpha", 10), ("Bob", "beta", 20), ("ann", "", 30), ("", "alpha", 20)]
IN_ORDER = {
    (By.ID, True): [5, 4, 3, 2, 1],
    (By.ID, False): [1, 2, 3, 4, 5],
    (By.SIZE, True): [4, 1, 5, 3, 2],
    (By.SIZE, False): [2, 3, 5, 1, 4],
    (By.SENDER, False): [5, 2, 4, 3, 1],
    (By.SENDER, True): [1, 3, 4, 2, 5],
    (By.SUBJECT, False): [4, 2, 5, 1, 3],
    (By.SUBJECT, True): [3, 1, 5, 2, 4],
}
ORDERS = pytest.mark.parametrize(("by", "descending"), IN_ORDER, ids=str)


def gist(sender: str, subject: str) -> Gist:
    return Gist(Digest(subject, Address(sender, ""), (), (), (), (), "", "", 0), (), Words(0, b"", b"", b""))


@pytest.fixture
def filled(store: Store, arrival: Arriving) -> Store:
    """A store with mail that was digested."""
    for number, (sender, subject, size) in enumerate(MAIL, 1):
        store.add(arrival(f"box-{number % 2}@x.test", raw=b"x" * size))
        store.keep_gists([(number, gist(sender, subject))])
    return store


def spot(row: Row, by: By) -> Spot:
    assert row.digest is not None
    keys: dict[By, int | str] = {
        By.ID: row.id,
        By.SIZE: row.size,
        By.SENDER: row.digest.sender_key,
        By.SUBJECT: row.digest.subject_key,
    }
    return Spot(keys[by], row.id)


@ORDERS
def test_rows_come_in_the_order_that_was_asked_for(filled: Store, by: By, descending: bool) -> None:
    found = filled.rows(start=0, limit=9, order=Order(by, descending))

    assert [row.id for row in found] == IN_ORDER[by, descending]


@ORDERS
def test_each_page_goes_on_behind_the_last_row(filled: Store, by: By, descending: bool) -> None:
    seen: list[int] = []
    behind = None

    while found := filled.rows(start=0, limit=2, order=Order(by, descending, behind)):
        seen += [row.id for row in found]
        behind = spot(found[-1], by)

    assert seen == IN_ORDER[by, descending]


@ORDERS
def test_a_spot_holds_when_its_message_is_gone(filled: Store, by: By, descending: bool) -> None:
    second = filled.rows(start=1, limit=1, order=Order(by, descending))[0]

    filled.delete([second.id])
    found = filled.rows(start=0, limit=9, order=Order(by, descending, spot(second, by)))

    assert [row.id for row in found] == IN_ORDER[by, descending][2:]


@ORDERS
def test_an_order_skips_and_keeps_to_a_mailbox(filled: Store, by: By, descending: bool) -> None:
    odd = [message for message in IN_ORDER[by, descending] if message % 2]

    found = filled.rows(start=1, limit=9, selection=Selection(mailbox="box-1@x.test"), order=Order(by, descending))

    assert [row.id for row in found] == odd[1:]


def test_an_order_follows_every_change(filled: Store, arrival: Arriving) -> None:
    largest = Order(By.SIZE)
    filled.rows(start=0, limit=9, order=largest)

    new = filled.add(arrival(raw=b"x" * 25))

    assert [row.id for row in filled.rows(start=0, limit=9, order=largest)] == [4, 1, new, 5, 3, 2]


def test_what_nobody_read_is_left_out_of_orders_that_need_it(filled: Store, arrival: Arriving) -> None:
    new = filled.add(arrival())
    by_subject = Order(By.SUBJECT, descending=False)

    before = [row.id for row in filled.rows(start=0, limit=9, order=by_subject)]
    filled.read_up(lambda _: gist("x", "aaa"))

    assert before == [4, 2, 5, 1, 3]
    assert [row.id for row in filled.rows(start=0, limit=9, order=by_subject)] == [4, new, 2, 5, 1, 3]


def test_counts_and_mailboxes_tell_what_was_delivered_where(filled: Store) -> None:
    filled.mark_read([1, 2], read=True)
    box = Selection(mailbox="box-1@x.test")
    filled.update_maildrop(box, fetched=[], deleted=[3], user="u", now=1.0)

    assert filled.mailboxes() == [MailboxCount("box-0@x.test", 2, 2, 1), MailboxCount("box-1@x.test", 2, 3, 2)]
    assert filled.counts(box) == Counts(3, 2, 30 + 20 + 20)
    assert filled.counts(Selection(local="box-0")) == Counts(2, 1, 10 + 30)
    assert filled.counts() == Counts(5, 3, 110)


@pytest.mark.parametrize(
    "text", ["\ud800" * 3, "İ" * 500, "a" * 500, " \t Straße"], ids=["surrogates", "İ", "long", "ß"]
)
def test_keys_can_be_kept_whatever_a_mail_says(store: Store, arrival: Arriving, text: str) -> None:
    message = store.add(arrival())

    store.keep_gists([(message, gist(text, text))])
    row = store.rows(start=0, limit=1, order=Order(By.SUBJECT))[0]

    assert len(spot(row, By.SUBJECT).key) <= KEY_LENGTH  # type: ignore[arg-type]  # it is a text
    assert store.rows(start=0, limit=1, order=Order(By.SUBJECT, behind=spot(row, By.SUBJECT))) == []


def test_ids_keep_to_a_mailbox(filled: Store) -> None:
    assert filled.ids(selection=Selection(mailbox="box-1@x.test")) == [1, 3, 5]
    assert filled.ids(after=2, selection=Selection(local="box-0")) == [4]


@ORDERS
@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
def test_what_a_search_finds_comes_in_each_order(
    filled: Store, by: By, descending: bool, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not few:
        monkeypatch.setattr("mailtrap_lite.store.memory.FEW", 0)
        monkeypatch.setattr("mailtrap_lite.store.sqlite.FEW", 0)
    expected = [message for message in IN_ORDER[by, descending] if message != 3]
    found = Found(((0, 0b110110),), 0)

    rows = filled.found_rows(found, Order(by, descending), start=0, limit=9)
    behind = Order(by, descending, spot(rows[1], by))

    assert [row.id for row in rows] == expected
    assert [row.id for row in filled.found_rows(found, Order(by, descending), start=1, limit=2)] == expected[1:3]
    assert [row.id for row in filled.found_rows(found, behind, start=0, limit=9)] == expected[2:]
    assert [row.id for row in filled.found_rows(found, behind, start=1, limit=1)] == expected[3:]


@ORDERS
def test_a_page_of_what_was_found_is_full_though_some_of_it_was_deleted_since(
    filled: Store, by: By, descending: bool
) -> None:
    first, second, *rest = IN_ORDER[by, descending]
    filled.delete([second])

    rows = filled.found_rows(Found(((0, 0b111110),), 0), Order(by, descending), start=0, limit=3)

    assert [row.id for row in rows] == [first, *rest[:2]]
