"""The sandbox searches, tags and waits with one grammar, whichever store it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtrap_lite.errors import BadQuery, BadTag, NoMailArrived
from mailtrap_lite.sandbox import Sandbox, SearchPage
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Order, Spot, open_store

NOW = 1_769_854_500.0
Make = Callable[..., Sandbox]


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made: list[Sandbox] = []

    def make(**changes: bool) -> Sandbox:
        store = "memory" if request.param == "memory" else str(tmp_path / f"{len(made)}.db")
        settings = Settings(store=store, **changes)  # type: ignore[arg-type]  # switches only
        made.append(Sandbox(open_store(settings), settings=settings, clock=lambda: NOW))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox._store.close()


@pytest.fixture
def sandbox(make: Make) -> Sandbox:
    return make()


def mail(subject: str, extra: str = "") -> bytes:
    return f"Subject: {subject}\r\n{extra}\r\nThe text of {subject}.\r\n".encode()


def test_a_page_of_a_search_has_the_newest_first_and_the_totals_of_all(sandbox: Sandbox) -> None:
    ids = [sandbox.deliver(mail(f"n{number}"), to="bob@x.test").id for number in range(5)]
    sandbox.mark_read(ids[:2])

    pages = [sandbox.search("text", start=start, limit=2) for start in (0, 2, 4, 6)]

    assert [[summary.id for summary in page.summaries] for page in pages] == [ids[4:2:-1], ids[2:0:-1], ids[:1], []]
    assert {(page.total, page.unread) for page in pages} == {(5, 3)}
    assert pages[0].summaries == sandbox.summaries(limit=2)
    assert sandbox.search("nowhere") == SearchPage([], 0, 0)
    assert sandbox.search("").total == 5
    assert sandbox.search("text", start=-1, limit=-1) == SearchPage([], 5, 3)


def test_a_search_that_is_read_already_will_do(sandbox: Sandbox) -> None:
    from zoneinfo import ZoneInfo

    found = sandbox.deliver(mail("hello"), to="bob@x.test", received_at=NOW)

    query = sandbox.query("after:today", tz=ZoneInfo("Europe/Berlin"))

    assert sandbox.ids_of(query) == [found.id]
    assert sandbox.ids_of("before:today") == []


@pytest.mark.parametrize("query", ["", "  "])
def test_who_wants_to_do_something_with_what_is_found_has_to_ask_for_something(sandbox: Sandbox, query: str) -> None:
    sandbox.deliver(mail("hello"), to="bob@x.test")

    with pytest.raises(BadQuery, match="an empty query would mean every message"):
        sandbox.ids_of(query)


def test_a_mail_comes_with_its_tags_for_the_first_who_looks(sandbox: Sandbox) -> None:
    found = sandbox.deliver(mail("hello", "X-Tags: Red\r\n"), to="bob+blue@x.test")

    assert sandbox.message(found.id).tags == ("blue", "Red")
    assert sandbox.summaries()[0].tags == ("blue", "Red")
    assert sandbox.message(found.id).tags == ("blue", "Red")
    assert sandbox.tags() == ["blue", "Red"]
    assert sandbox.ids_of("tag:red tag:BLUE is:tagged") == [found.id]


@pytest.mark.parametrize(
    ("setting", "tags"), [("tag_x_tags", ["blue"]), ("tag_plus_addresses", ["Red"])], ids=lambda value: str(value)
)
def test_where_tags_come_from_can_be_switched_off(make: Make, setting: str, tags: list[str]) -> None:
    sandbox = make(**{setting: False})
    sandbox.deliver(mail("hello", "X-Tags: Red\r\n"), to="bob+blue@x.test")

    assert sandbox.tags() == tags


def test_tags_that_are_set_replace_those_that_it_came_with(sandbox: Sandbox) -> None:
    first, second = (sandbox.deliver(mail("hello", "X-Tags: Red\r\n"), to="bob@x.test") for _ in range(2))
    before = sandbox.revision

    changed = sandbox.set_tags([first.id, first.id, 99, -1, 2**80], ["red", " Two  words ", "TWO WORDS"])

    assert changed == 1
    assert sandbox.revision > before
    assert sandbox.message(first.id).tags == ("red", "Two words")
    assert sandbox.message(second.id).tags == ("red",)
    assert sandbox.tags() == ["red", "Two words"]
    assert sandbox.set_tags([first.id, second.id], []) == 2
    assert (sandbox.tags(), sandbox.message(first.id).tags, sandbox.ids_of("is:tagged")) == ([], (), [])


def test_the_first_spelling_stays_as_long_as_a_message_has_the_tag(sandbox: Sandbox) -> None:
    first, second = (sandbox.deliver(mail("hello"), to="bob@x.test") for _ in range(2))
    sandbox.set_tags([first.id], ["Red"])
    sandbox.set_tags([first.id, second.id], ["RED", "blue"])
    assert sandbox.tags() == ["blue", "Red"]

    sandbox.delete([first.id])
    sandbox.set_tags([second.id], ["red"])
    assert sandbox.tags() == ["Red"]

    sandbox.set_tags([second.id], [])
    sandbox.set_tags([second.id], ["red"])
    assert sandbox.tags() == ["red"]


def test_a_tag_is_renamed_merged_and_deleted(sandbox: Sandbox) -> None:
    first = sandbox.deliver(mail("hello", "X-Tags: a, b\r\n"), to="bob@x.test").id
    second = sandbox.deliver(mail("hello", "X-Tags: b\r\n"), to="bob@x.test").id

    assert sandbox.rename_tag("A", "c") == 1
    assert sandbox.message(first).tags == ("b", "c")
    assert sandbox.rename_tag("c", "C") == 1
    assert sandbox.rename_tag("b", "c") == 2
    assert [sandbox.message(each).tags for each in (first, second)] == [("C",), ("C",)]
    assert sandbox.rename_tag("b", "x") == sandbox.delete_tag("b") == 0
    assert sandbox.delete_tag("c") == 2
    assert (sandbox.tags(), sandbox.counts().total) == ([], 2)


def test_what_cannot_be_a_tag_changes_nothing(sandbox: Sandbox) -> None:
    found = sandbox.deliver(mail("hello", "X-Tags: a\r\n"), to="bob@x.test").id

    with pytest.raises(BadTag):
        sandbox.set_tags([found], ["b", "a,b"])
    with pytest.raises(BadTag):
        sandbox.rename_tag("a", "")

    assert sandbox.tags() == ["a"]


def test_tags_go_with_their_messages(sandbox: Sandbox) -> None:
    found = [sandbox.deliver(mail("hello", f"X-Tags: t{n}\r\n"), to="bob@x.test").id for n in range(3)]
    assert sandbox.tags() == ["t0", "t1", "t2"]

    sandbox.delete(found[:1])
    assert sandbox.tags() == ["t1", "t2"]
    sandbox.clear()
    assert sandbox.tags() == []


def test_a_wait_takes_a_query(sandbox: Sandbox) -> None:
    sandbox.deliver(mail("other"), to="bob@x.test")
    later = threading.Timer(0.05, lambda: sandbox.deliver(mail("wanted", "X-Tags: red\r\n"), to="bob@x.test"))
    later.start()

    found = sandbox.wait_for(query="tag:red -other", timeout=10)
    later.join()

    assert found.subject == "wanted"
    assert sandbox.mailbox("bob@x.test").wait_for(query="subject:other").subject == "other"


def test_a_wait_says_which_terms_of_its_query_no_mail_met(sandbox: Sandbox) -> None:
    sandbox.deliver(mail("other"), to="bob@x.test")

    with pytest.raises(NoMailArrived) as missed:
        sandbox.wait_for(query='to:bob subject:"no such" text', timeout=0)

    lines = str(missed.value).splitlines()
    assert lines[0].startswith("no mail with query='to:bob subject:\"no such\" text' arrived")
    assert lines[2:] == ["     but its answer to `to:bob` is no", '     but its answer to `subject:"no such"` is no']


def test_a_wait_for_a_bad_query_says_so_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(BadQuery, match="larger: takes a number of octets"):
        sandbox.wait_for(query="larger:much", timeout=60)


@pytest.mark.parametrize("few", [500, 0], ids=["few", "many"])
def test_it_is_known_how_many_of_some_messages_are_there(
    sandbox: Sandbox, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtrap_lite.sandbox.searching.FEW", few)
    ids = [sandbox.deliver(mail("hello"), to="bob@x.test").id for _ in range(3)]
    sandbox.delete(ids[1:2])

    assert sandbox.how_many([*ids, 99, -1, 2**80]) == 2


def test_a_page_behind_a_message_is_full_though_not_all_mail_was_read(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtrap_lite.store.catalogue.READ_AT_ONCE", 1)
    monkeypatch.setattr("mailtrap_lite.store.catalogue.REST", 1e9)
    ids = [sandbox.deliver(mail(f"n{number}"), to="bob@x.test").id for number in range(5)]

    page = sandbox.search("text", limit=2, order=Order(behind=Spot(ids[3], ids[3])))

    assert [summary.id for summary in page.summaries] == [ids[2], ids[1]]
    assert sandbox.search("text", limit=2, exact=True).total == sandbox.count("text")[0] == 5
