"""A mailbox in a test: by which names it is opened, what a client did to it, and what is planted and put back."""

from __future__ import annotations

import ast
import mailbox as stdlib
import poplib
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite import BadMail, Ending, NoMailArrived, NoSuchMessage, Server

MAIL = b"Subject: hello\r\n\r\nhi\r\n"
BOB = "bob@x.test"


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


LogIn = Callable[..., poplib.POP3]


@pytest.fixture
def log_in() -> Iterator[LogIn]:
    """Return a function that logs a user in; what is still open at the end is closed."""
    opened: list[poplib.POP3] = []

    def log_in(server: Server, user: str) -> poplib.POP3:
        client = poplib.POP3(server.pop3.host, server.pop3.port)
        opened.append(client)
        client.user(user)
        client.pass_("any")
        return client

    yield log_in
    for client in opened:
        client.close()


def take(client: poplib.POP3, *, retrieve: tuple[int, ...] = (), delete: tuple[int, ...] = ()) -> None:
    for number in retrieve:
        client.retr(number)
    for number in delete:
        client.dele(number)
    client.quit()


# By which names.


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("alice@x.test", [1, 2]),
        ("ALICE+tag@X.test", [1, 2]),
        ("alice", [1, 2, 3]),
        ("Alice", [1, 2, 3]),
        ("*", [1, 2, 3, 4]),
        ("eve", []),
    ],
)
def test_a_mailbox_is_opened_by_the_names_that_a_pop3_user_has(
    mail: Server, name: str, found: list[int], log_in: LogIn
) -> None:
    for address in ("alice@x.test", "Alice+news@x.test", "alice@y.test", BOB):
        mail.deliver(MAIL, to=address)

    client = log_in(mail, name)
    fetched = [int(line.rpartition(b".")[2]) for line in client.uidl()[1]]
    client.quit()

    assert [message.id for message in mail.mailbox(name).messages] == fetched == found
    assert [int(each["ID"]) for each in api_of(mail)(name)] == found


def api_of(mail: Server) -> Callable[[str], list[dict[str, str]]]:
    from mailtrap_lite.web import create_app

    client = create_app(mail.sandbox, settings=mail.settings).test_client()

    def waiting(name: str) -> list[dict[str, str]]:
        body: Any = client.get("/api/v1/mailbox/" + name.replace("+", "%2B")).json
        found: list[dict[str, str]] = body["Waiting"]
        return found

    return waiting


def test_smtp_pop3_the_api_and_the_tests_ask_the_same_rules(
    mail: Server, monkeypatch: pytest.MonkeyPatch, log_in: LogIn
) -> None:
    asked: list[str] = []

    def note(name: str, **_: Any) -> Any:
        from mailtrap_lite.accounts import Selection

        asked.append(name)
        return Selection(mailbox="one@x.test")

    monkeypatch.setattr("mailtrap_lite.sandbox.sandbox.mailbox_of", lambda address, **_: note(address).mailbox)
    monkeypatch.setattr("mailtrap_lite.sandbox.sandbox.selection_of", note)

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        client.sendmail("a@x.test", ["by-smtp@x.test"], MAIL)
    mail.deliver(MAIL, to="by-deliver@x.test")
    opened = log_in(mail, "by-pop3")
    assert opened.stat()[0] == 2
    opened.quit()
    assert len(api_of(mail)("by-api")) == 2
    assert len(mail.mailbox("by-test").messages) == 2

    assert asked[:3] == ["by-smtp@x.test", "by-deliver@x.test", "by-pop3"]
    assert {"by-api", "by-test"} <= set(asked)


def test_who_asks_for_the_mailbox_of_a_name_is_the_sandbox_alone(project: Path) -> None:
    asks = {
        str(path.relative_to(project / "src" / "mailtrap_lite"))
        for path in (project / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "mailtrap_lite.accounts"
        if {alias.name for alias in node.names} & {"mailbox_of", "selection_of"}
    }

    assert asks == {"sandbox/sandbox.py"}


def test_plus_addressing_is_off_everywhere_at_once(log_in: LogIn) -> None:
    with Server(plus_addressing=False) as mail:
        with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
            client.sendmail("a@x.test", ["bob+tag@x.test"], MAIL)

        assert mail.mailbox(BOB).messages == []
        assert len(mail.mailbox("bob+tag@x.test").messages) == len(api_of(mail)("bob+tag@x.test")) == 1
        assert log_in(mail, "bob+tag@x.test").stat()[0] == 1


@pytest.mark.parametrize(
    ("user", "found"),
    [("alice", ["orders"]), ("bob", ["orders", "bob"]), ("sales", ["orders"]), (BOB, ["bob"])],
    ids=["an address", "everything", "a local part", "not in the table"],
)
def test_the_account_table_says_what_a_pop3_user_opens(user: str, found: list[str], log_in: LogIn) -> None:
    with Server(mailboxes={"alice": "orders@x.test", "bob": "*", "sales": "orders"}, pop3_auth="any") as mail:
        mail.deliver(b"Subject: orders\r\n\r\n", to="orders@x.test")
        mail.deliver(b"Subject: bob\r\n\r\n", to=BOB)

        take(log_in(mail, user), delete=tuple(range(1, len(found) + 1)))

        assert [message.subject for message in mail.mailbox("*").deleted] == found
        assert {copy.deleted_by for message in mail.mailbox("*").deleted for copy in message.deliveries} == {user}


def test_two_users_of_one_mailbox_share_its_lock(log_in: LogIn) -> None:
    with Server(mailboxes="alice:orders@x.test,bob:orders@x.test", pop3_auth="any") as mail:
        first = log_in(mail, "alice")

        with pytest.raises(poplib.error_proto, match=r"\[IN-USE\]"):
            log_in(mail, "bob")

        first.quit()
        log_in(mail, "bob").quit()


# What a client did.


def test_what_was_fetched_and_deleted_is_told_with_who_and_when(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    first, second, third = (box.deliver(MAIL) for _ in range(3))
    before = datetime.now(UTC).timestamp()

    take(log_in(mail, "bob"), retrieve=(2,))
    take(log_in(mail, BOB), retrieve=(1,), delete=(1,))

    assert [message.id for message in box.messages] == [second.id, third.id]
    assert [message.id for message in box.fetched] == [second.id, first.id]
    (gone,) = box.deleted
    (copy,) = gone.deliveries
    assert (gone.id, copy.mailbox, copy.fetched_by, copy.deleted_by) == (first.id, BOB, BOB, BOB)
    assert before <= (copy.fetched_at or 0) <= (copy.deleted_at or 0) <= datetime.now(UTC).timestamp()
    assert box.fetched[0].deliveries[0].fetched_by == "bob"


def test_a_session_says_in_one_line_what_a_client_did(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    first, second, _ = (box.deliver(MAIL) for _ in range(3))

    take(log_in(mail, BOB), retrieve=(1, 2), delete=(1, 2))

    (session,) = mail.sessions
    assert session.deleted == (1, 2)
    assert session.retrieved == (1, 2)
    assert session.messages == (first.id, second.id)
    assert session.ending is Ending.QUIT
    assert session.tls is None
    assert (session.count("DELE"), session.count("RETR"), session.count("TOP")) == (2, 2, 0)


def test_a_client_that_leaves_without_quit_has_deleted_nothing(mail: Server, log_in: LogIn) -> None:
    mail.mailbox(BOB).deliver(MAIL)
    client = log_in(mail, BOB)
    client.retr(1)
    client.dele(1)
    client.close()

    mail.sandbox.open_maildrop("eve").close()
    log_in(mail, BOB).quit()  # gets the lock when the other is gone

    left, _ = mail.sessions
    assert (left.count("DELE"), left.deleted, left.retrieved, left.ending) == (1, (), (1,), Ending.LEFT)


def test_a_wait_in_a_mailbox_names_it_when_nothing_comes(mail: Server) -> None:
    with pytest.raises(NoMailArrived, match=r"in the mailbox bob arrived within 0\.01 s"):
        mail.mailbox("Bob").wait_for(subject="x", timeout=0.01)


# What is planted.


def test_a_mail_has_the_uidl_and_the_time_that_the_test_chose(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

    message = box.deliver(MAIL, received_at=moment, uid="a-1")

    assert message.received_at == moment
    assert [copy.uid for copy in message.deliveries] == ["a-1"]
    assert log_in(mail, BOB).uidl()[1] == [b"1 a-1"]


def test_an_old_mail_comes_first_in_the_next_session(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    box.deliver(MAIL, uid="new")
    client = log_in(mail, BOB)

    old = box.deliver(MAIL, received_at=datetime(2001, 2, 3, tzinfo=UTC), uid="old")
    open_session = client.uidl()[1]
    client.quit()

    assert open_session == [b"1 new"]
    assert log_in(mail, BOB).uidl()[1] == [b"1 old", b"2 new"]
    assert [message.deliveries[0].uid for message in box.messages] == ["old", "new"]
    assert box.wait_for(after=old.id - 1) == old


def test_a_wait_takes_old_mail_that_comes_in_now(mail: Server) -> None:
    box = mail.mailbox(BOB)
    first = box.deliver(MAIL)
    box.deliver(b"Subject: 2\r\n\r\n", received_at=2.0)
    box.deliver(b"Subject: 3\r\n\r\n", received_at=1.0)

    assert box.wait_for(after=first).subject == "2"  # a wait goes by delivery


def test_a_uidl_that_is_taken_or_no_uidl_plants_nothing(mail: Server) -> None:
    box = mail.mailbox(BOB)
    box.deliver(MAIL, uid="a-1")

    with pytest.raises(BadMail, match="uid='a-1' is taken"):
        box.deliver(MAIL, uid="a-1")
    with pytest.raises(BadMail, match="uid='a b' is no UIDL"):
        box.deliver(MAIL, uid="a b")

    assert len(mail.messages) == 1
    mail.mailbox("eve@x.test").deliver(MAIL, uid="a-1")


def test_mail_for_everybody_goes_to_whom_it_names(mail: Server) -> None:
    mail.mailbox("*").deliver(b"To: bob@x.test\r\n\r\n")
    mail.mailbox("Sales").deliver(MAIL)

    assert [each.name for each in mail.sandbox.mailboxes()] == [BOB, "sales"]
    with pytest.raises(BadMail, match="its To, Cc and Bcc name nobody"):
        mail.mailbox("*").deliver(MAIL)


def test_a_directory_an_mbox_file_and_a_maildir_are_preloaded_in_order(mail: Server, tmp_path: Path) -> None:
    mails = [b"Subject: %d\n\nmail\n" % n for n in range(3)]
    (tmp_path / "eml").mkdir()
    maildir = stdlib.Maildir(tmp_path / "maildir")
    mbox = stdlib.mbox(tmp_path / "mbox")
    for number, raw in enumerate(mails):
        (tmp_path / "eml" / f"{number}.eml").write_bytes(raw)
        (tmp_path / "maildir" / "new" / f"100000000{number}.x.y").write_bytes(raw)
        mbox.add(raw)
    mbox.close()
    maildir.close()

    for source in ("eml", "mbox", "maildir"):
        box = mail.mailbox(f"{source}@x.test")
        planted = box.preload(tmp_path / source)

        assert [message.raw for message in planted] == mails
        assert box.messages == planted

    assert len(mail.mailbox("str@x.test").preload(str(tmp_path / "eml"))) == 3


def test_what_cannot_be_preloaded_plants_nothing(mail: Server, tmp_path: Path) -> None:
    with pytest.raises(BadMail, match="absent cannot be read"):
        mail.mailbox(BOB).preload(tmp_path / "absent")

    assert mail.messages == []


# What is put back.


def test_what_a_client_deleted_is_put_back_under_its_uidl(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    message = box.deliver(MAIL)
    before = log_in(mail, "eve")  # an open session of somebody else is in nobody's way
    take(log_in(mail, BOB), retrieve=(1,), delete=(1,))

    restored = box.restore(message)

    assert [each.id for each in box.messages] == [message.id]
    assert box.deleted == []
    assert [each.id for each in box.fetched] == [message.id]
    assert restored.deliveries[0].uid == message.deliveries[0].uid
    assert restored.deliveries[0].deleted_at is None
    assert box.restore(message.id) == restored
    before.quit()


def test_a_session_that_is_open_does_not_see_what_is_put_back(mail: Server, log_in: LogIn) -> None:
    box = mail.mailbox(BOB)
    message = box.deliver(MAIL)
    take(log_in(mail, BOB), delete=(1,))
    client = log_in(mail, BOB)

    box.restore(message)

    assert client.stat()[0] == 0
    client.quit()
    assert log_in(mail, BOB).stat()[0] == 1


def test_what_was_never_there_or_is_gone_is_not_put_back(mail: Server) -> None:
    message = mail.mailbox(BOB).deliver(MAIL)

    with pytest.raises(NoSuchMessage, match=r"the message 1 was not delivered to eve@x\.test"):
        mail.mailbox("eve@x.test").restore(message)
    mail.clear()
    with pytest.raises(NoSuchMessage, match="no message has the id 1"):
        mail.mailbox(BOB).restore(message)


def test_a_directory_with_a_mail_for_nobody_plants_nothing(mail: Server, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"To: a@x.test\r\n\r\nhi\r\n")
    (tmp_path / "b.eml").write_bytes(b"Subject: for nobody\r\n\r\nhi\r\n")

    with pytest.raises(BadMail, match="nobody to deliver to"):
        mail.mailbox("*").preload(tmp_path)

    assert mail.messages == []
