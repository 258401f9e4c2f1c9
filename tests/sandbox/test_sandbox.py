"""What the sandbox promises when others change things at the same time, and what it keeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite.errors import BadMail, MaildropInUse, NoSuchMessage
from mailtrap_lite.message import Ending, Envelope, Message, Protocol, Recipient
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store

MAIL = b"Subject: hello\r\n\r\nhi\r\n"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    settings = Settings(keep_messages=100)
    store = open_store(settings)
    yield Sandbox(store, settings=settings, clock=lambda: 7.0)
    store.close()


def test_what_is_deleted_as_soon_as_it_is_delivered_was_delivered(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(message: int) -> Message:
        raise NoSuchMessage(f"no message has the id {message}")

    monkeypatch.setattr(sandbox._store, "message", gone)

    planted = sandbox.deliver(MAIL, to="bob@x.test")

    assert (planted.id, planted.raw, planted.received) == (1, MAIL, 7.0)


def test_the_latest_is_the_newest_that_is_left(sandbox: Sandbox) -> None:
    with pytest.raises(NoSuchMessage, match="there is no message yet"):
        sandbox.latest()
    first, second = (sandbox.deliver(MAIL, to="bob@x.test") for _ in range(2))
    sandbox.delete([second.id])

    assert sandbox.latest().id == first.id


def test_a_wait_works_beside_a_loop_that_runs_in_the_same_thread(sandbox: Sandbox) -> None:
    # Playwright's plain functions leave the thread like this between two calls.
    sandbox.deliver(MAIL, to="bob@x.test")
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    try:
        assert sandbox.wait_for(to="bob@x.test", timeout=1).subject == "hello"
    finally:
        asyncio._set_running_loop(None)
        loop.close()


@pytest.mark.parametrize("timeout", [None, "5", float("nan"), float("inf")], ids=repr)
def test_a_time_out_that_is_no_number_of_seconds_is_refused_at_once(sandbox: Sandbox, timeout: Any) -> None:
    with pytest.raises(TypeError, match="is not a number of seconds"):
        sandbox.wait_for(to="bob@x.test", timeout=timeout)


def test_an_address_with_control_characters_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(BadMail, match="nobody to deliver to"):
        sandbox.deliver(MAIL, to="bob@x.test\r\nX: y")

    assert sandbox.messages() == []


def test_a_list_can_be_of_one_mailbox(sandbox: Sandbox) -> None:
    ids = [sandbox.deliver(MAIL, to=to).id for to in ("bob@x.test", "eve@x.test", "bob@x.test")]

    assert [row.id for row in sandbox.summaries(mailbox="bob@x.test")] == [ids[2], ids[0]]
    assert [row.id for row in sandbox.summaries(mailbox="bob@x.test", start=1)] == [ids[0]]
    assert [row.digest.subject for row in sandbox.summaries(limit=1)] == ["hello"]


def test_the_retention_of_the_settings_is_kept(sandbox: Sandbox) -> None:
    for _ in range(103):
        sandbox.deliver(MAIL, to="bob@x.test")

    assert [message.id for message in sandbox.messages()] == list(range(4, 104))


def test_a_maildrop_is_locked_until_it_is_closed(sandbox: Sandbox) -> None:
    maildrop = sandbox.open_maildrop("bob@x.test")

    for user in ("bob@x.test", "BOB+tag@x.test", "bob", "*"):
        with pytest.raises(MaildropInUse):
            sandbox.open_maildrop(user)
    sandbox.open_maildrop("eve@x.test").close()
    maildrop.close()
    maildrop.close()

    sandbox.open_maildrop("*").close()


def test_a_message_knows_its_session_while_it_goes_on_and_after(sandbox: Sandbox) -> None:
    recorder = sandbox.begin_session(Protocol.SMTP, client="127.0.0.1:1")
    envelope = Envelope("a@x.test", (Recipient("b@x.test"),), session=recorder.id)
    number = asyncio.run(sandbox.accept(envelope, MAIL, recorder=recorder))

    going_on = sandbox.message(number).session
    sandbox.end_session(recorder, Ending.QUIT)
    ended = sandbox.messages()[0].session

    assert going_on is not None
    assert going_on.ending is Ending.OPEN
    assert ended == sandbox.session(recorder.id) == sandbox.sessions[0]
    assert ended.ending is Ending.QUIT


def test_a_planted_message_has_no_session(sandbox: Sandbox) -> None:
    assert sandbox.deliver(MAIL, to="b@x.test").session is None


def test_clearing_forgets_the_sessions_that_ended(sandbox: Sandbox) -> None:
    sandbox.end_session(sandbox.begin_session(Protocol.SMTP, client=""), Ending.LEFT)

    sandbox.clear()

    assert sandbox.sessions == ()


def test_a_page_and_its_counts_are_of_one_moment_while_mail_goes(sandbox: Sandbox) -> None:
    for number in range(200):
        sandbox.deliver(b"Subject: %d\r\n\r\n" % number, to="a@x.test")
    ids = sandbox.ids()

    def remove() -> None:
        for message in ids:
            sandbox.delete([message])

    remover = threading.Thread(target=remove)
    remover.start()
    while remover.is_alive():
        found, counts = sandbox.page(limit=200)
        assert len(found) <= counts.total
    remover.join()

    assert sandbox.page() == ([], sandbox.counts())


def test_a_page_is_read_anew_when_what_is_committed_was_not_told_of_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(store=str(tmp_path / "mail.db"))
    store = open_store(settings)
    sandbox = Sandbox(store, settings=settings, clock=lambda: 7.0)
    ids = [sandbox.deliver(b"Subject: x\r\n\r\n", to="a@x.test").id for _ in range(3)]
    told = threading.Event()
    announce, summaries = store._announce, sandbox.summaries
    deleting = threading.Thread(target=sandbox.delete, args=(ids[:2],))

    def announce_later(**news: Any) -> None:
        told.wait(30)
        announce(**news)

    def summaries_before(**asked: Any) -> Any:
        found = summaries(**asked)
        if deleting.ident is None:
            deleting.start()
            while sandbox.counts().total != 1:
                pass
        return found

    monkeypatch.setattr(store, "_announce", announce_later)
    monkeypatch.setattr(sandbox, "summaries", summaries_before)
    try:
        found, counts = sandbox.page()
        assert (len(found), counts.total) == (1, 1)
    finally:
        told.set()
        deleting.join()
        store.close()
