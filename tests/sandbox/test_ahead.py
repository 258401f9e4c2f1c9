"""Reading ahead gives each client what the store holds at that moment, and asks a thread seldom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.sandbox import Maildrop, Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store

BOB = "bob@x.test"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    settings = Settings(store=str(tmp_path / "mail.db"))
    store = open_store(settings)
    yield Sandbox(store, settings=settings)
    store.close()


@pytest.fixture
def opened(sandbox: Sandbox) -> Callable[..., Maildrop]:
    """Return a function that plants mails and opens them."""

    def opened(*mails: bytes) -> Maildrop:
        for raw in mails:
            sandbox.deliver(raw, to=BOB)
        return sandbox.open_maildrop(BOB)

    return opened


def test_small_messages_are_at_hand_once_the_first_was_read(opened: Callable[..., Maildrop]) -> None:
    mails = [b"mail %d\r\n" % n for n in range(100)]
    maildrop = opened(*mails)

    assert not maildrop.has_at_hand(1)
    assert maildrop.retrieve(1) == mails[0]
    assert [maildrop.has_at_hand(number) for number in (1, 2, 64, 65)] == [False, True, True, False]
    assert [maildrop.retrieve(number) for number in range(2, 101)] == mails[1:]


def test_messages_come_right_in_any_order(opened: Callable[..., Maildrop]) -> None:
    mails = [b"mail %d\r\n" % n for n in range(10)]
    maildrop = opened(*mails)

    for number in (10, 1, 3, 3, 2, 9, 1):
        assert maildrop.retrieve(number) == mails[number - 1]


def test_no_more_is_read_ahead_than_a_bound(opened: Callable[..., Maildrop]) -> None:
    maildrop = opened(b"x\r\n", b"y" * 300_000, b"z\r\n")

    maildrop.retrieve(1)

    assert not maildrop.has_at_hand(2)
    assert maildrop.retrieve(2) == b"y" * 300_000
    assert not maildrop.has_at_hand(3)


def test_what_was_read_ahead_and_then_deleted_is_gone(sandbox: Sandbox, opened: Callable[..., Maildrop]) -> None:
    maildrop = opened(b"1\r\n", b"2\r\n", b"3\r\n")
    maildrop.retrieve(1)

    sandbox.delete([2])

    with pytest.raises(NoSuchMessage):
        maildrop.retrieve(2)
    assert maildrop.retrieve(3) == b"3\r\n"


def test_what_is_deleted_before_it_is_read_ahead_is_only_said_to_who_asks(
    sandbox: Sandbox, opened: Callable[..., Maildrop]
) -> None:
    maildrop = opened(b"1\r\n", b"2\r\n", b"3\r\n")
    sandbox.delete([2])

    assert maildrop.retrieve(1) == b"1\r\n"
    with pytest.raises(NoSuchMessage):
        maildrop.retrieve(2)


def test_a_thread_is_asked_for_the_first_and_not_for_what_is_at_hand(
    sandbox: Sandbox, opened: Callable[..., Maildrop], monkeypatch: pytest.MonkeyPatch
) -> None:
    maildrop = opened(*(b"mail %d\r\n" % n for n in range(3)))
    asked: list[bool] = []
    read = Maildrop.retrieve

    def noted(self: Maildrop, number: int) -> bytes:
        asked.append(threading.current_thread() is threading.main_thread())
        return read(self, number)

    monkeypatch.setattr(Maildrop, "retrieve", noted)

    async def fetch() -> list[bytes]:
        return [await sandbox.offload(maildrop.retrieve, number) for number in (1, 2, 3)]

    assert asyncio.run(fetch()) == [b"mail 0\r\n", b"mail 1\r\n", b"mail 2\r\n"]
    assert asked == [False, True, True]
