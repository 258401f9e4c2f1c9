"""When mail is read for searches: never before the first, the newest first, the rest behind the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search import Words, parse
from mailtrap_lite.store import Arrival, Found, Gist, MemoryStore, Retention, Store, catalogue, index
from mailtrap_lite.store.found import BLOCK

READS = "mailtrap-lite reads for searches"


def read(message: Message) -> Gist:
    return Gist(Digest.of(message.content), (), Words.of(message))


def add(store: Store, text: str = "hello there", sender: str = "") -> int:
    raw = f"From: {sender}@x.test\r\nSubject: s\r\n\r\n{text}\r\n".encode()
    return store.add(Arrival(Envelope.of("", ["b@x.test"]), raw, ("b@x.test",), 1.0))


def search(store: Store, text: str, *, wanted: int | None = None) -> Found:
    return store.search(parse(text, now=0.0), read=read, wanted=wanted)


def reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == READS]


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryStore]:
    """A store with mail in four blocks, whose background rests for ever."""
    monkeypatch.setattr(catalogue, "READ_AT_ONCE", 5)
    monkeypatch.setattr(catalogue, "LOOKED_AT_AT_ONCE", 5)
    monkeypatch.setattr(catalogue, "REST", 1e9)
    store = MemoryStore()
    add(store, "the oldest")
    for block in (1, 2, 3):
        store._last_id = block * BLOCK - 5
        for _ in range(10):
            add(store)
    yield store
    store.close()


def test_nothing_is_read_before_somebody_searches(store: Store) -> None:
    add(store)
    store.mark_read([1], read=True)
    store.set_tags([1], ["red"])

    assert store._index.read_to(0) == -1
    assert store._index._blocks == {}
    assert reading() == []


def test_what_a_search_has_read_is_not_looked_through_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    add(store)
    newest = add(store)
    search(store, "hello")
    store.read_up(read)

    def unread_up(after: int) -> list[int]:
        asked.append(after)
        return []

    monkeypatch.setattr(store, "unread_up", unread_up)
    store.read_up(read)

    assert asked == [newest]


def test_a_page_that_is_full_does_not_wait_for_the_rest(blocks: MemoryStore) -> None:
    found = search(blocks, "hello", wanted=5)

    assert (found.complete, found.total, found.page(0, 1)) == (False, 6, [3 * BLOCK + 5])
    assert [thread.is_alive() for thread in reading()] == [True]
    assert search(blocks, "hello", wanted=5) is found


def test_a_page_that_is_not_full_waits(blocks: MemoryStore) -> None:
    assert search(blocks, "oldest", wanted=5) == Found(((0, 0b10),), 1)
    assert search(blocks, "hello", wanted=31).total == 30


def test_who_wants_all_gets_all(blocks: MemoryStore) -> None:
    assert search(blocks, "hello", wanted=5).complete is False

    found = search(blocks, "hello")

    assert (found.complete, found.total, found.unread) == (True, 30, 30)


def test_the_rest_of_a_phrase_is_looked_at_behind_the_answer(blocks: MemoryStore) -> None:
    search(blocks, "nowhere")

    found = search(blocks, '"hello there"', wanted=5)

    assert (found.complete, found.total) == (False, 6)
    assert search(blocks, '"hello there"').total == 30


def test_the_rest_is_read_behind_the_answer_and_that_is_news(
    blocks: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "REST", 0.0)
    before = blocks.revision

    search(blocks, "hello", wanted=5)
    blocks.wait(before, timeout=30)

    assert search(blocks, "hello", wanted=5) == search(blocks, "hello")
    assert search(blocks, "hello", wanted=5).complete is True


def test_closing_a_store_ends_the_reading(blocks: MemoryStore) -> None:
    search(blocks, "hello", wanted=5)

    blocks.close()

    assert reading() == []


def test_a_mail_of_very_many_words_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtrap_lite.store.block.MOST_WORDS", 50)
    many = add(store, " ".join(f"word{number}" for number in range(100)))
    few = add(store)

    assert search(store, "word99").ids == (many,)
    assert search(store, "-word99").ids == (few,)
    assert search(store, "subject:=s").ids == (few, many)


def test_what_there_is_no_room_for_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST_OCTETS", 0)
    message = add(store)

    assert search(store, "hello").ids == (message,)
    assert search(store, "from:=bob").ids == ()


@pytest.mark.parametrize("bound", [Retention(messages=2), Retention(octets=120)], ids=["messages", "octets"])
def test_what_the_retention_drops_is_found_no_more(bound: Retention, make_store: Callable[..., Store]) -> None:
    store = make_store(bound)
    first = add(store)
    assert search(store, "hello").ids == (first,)

    ids = [add(store) for _ in range(4)]

    assert search(store, "hello").ids == (ids[3], ids[2])
    assert search(store, "is:unread").unread == 2
