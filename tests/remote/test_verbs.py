"""Each verb of the fixture, on a server of one's own and on a sandbox of a shared one: a test moves unchanged."""

from __future__ import annotations

import asyncio
import json
import poplib
import smtplib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtrap_lite import (
    BadMail,
    BadQuery,
    Mail,
    NoMailArrived,
    NoSuchMessage,
    RemoteSandbox,
    Reply,
    Server,
    UnexpectedMail,
)
from mailtrap_lite.message.underway import Stage
from mailtrap_lite.remote import shared_sandbox

Any_ = Server | RemoteSandbox


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(params=["own", "shared"])
def mail(request: pytest.FixtureRequest, shared: Server) -> Iterator[Any_]:
    if request.param == "own":
        with Server() as server:
            yield server
        return
    with shared_sandbox(shared.url) as sandbox:
        yield sandbox
    assert shared.messages == []


def connected(mail: Any_) -> smtplib.SMTP:
    client = smtplib.SMTP(mail.smtp.host, mail.smtp.port)
    client.login(mail.user, mail.password)
    return client


def send(mail: Any_, subject: str = "hello", to: str = "bob@x.test", text: str = "hi") -> None:
    with connected(mail) as client:
        client.sendmail("shop@x.test", [to], f"To: {to}\r\nSubject: {subject}\r\n\r\n{text}\r\n")


def fetched(mail: Any_, user: str, *, delete: bool = False) -> list[bytes]:
    client = poplib.POP3(mail.pop3.host, mail.pop3.port)
    client.user(user)
    client.pass_(mail.password)
    sources = [b"\r\n".join(client.retr(n + 1)[1]) + b"\r\n" for n in range(client.stat()[0])]
    if delete:
        client.dele(1)
    client.quit()
    return sources


def test_a_message_is_what_was_sent(mail: Any_) -> None:
    raw = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: Shop <shop@x.test>\r\n\r\n\xff\x00 .\r\n..\r\n"
    with connected(mail) as client:
        client.sendmail("shop@x.test", ["bob@x.test", "eve@x.test"], raw, ["BODY=8BITMIME"], ["NOTIFY=NEVER"])

    message = mail.wait_for(to="eve@x.test")

    assert message.raw == raw
    assert (message.subject, message.envelope.sender) == ("Grüße", "shop@x.test")
    assert message.envelope.addresses == ("bob@x.test", "eve@x.test")
    assert message.envelope.recipients[1].notify == ("NEVER",)
    assert (message.envelope.body, message.envelope.user) == ("8BITMIME", mail.user)
    assert not message.read
    assert [delivery.mailbox for delivery in message.deliveries] == ["bob@x.test", "eve@x.test"]
    session = message.session
    assert session is not None
    assert (session.id, session.user, session.count("RCPT")) == (message.envelope.session, mail.user, 2)
    assert session.messages == (message.id,)
    assert mail.messages == [message]


def test_mail_is_waited_for(mail: Any_) -> None:
    send(mail, "Welcome")
    mark = mail.mark()
    send(mail, "Reset", text="a token: 4711")
    send(mail, "Reset", to="eve@x.test")

    assert mail.wait_for(subject="Reset*", where=lambda message: "4711" in message.text).to[0].address == "bob@x.test"
    assert [each.subject for each in mail.wait_for_all(2, query="subject:reset")] == ["Reset", "Reset"]
    assert len(mail.assert_sent(Mail(subject="Reset"), count=2, after=mark)) == 2
    assert mail.wait_for(after=mark).id > mark
    mail.assert_no_mail(subject="Welcome", after=mark)
    assert mail.mailbox("eve@x.test").wait_for() == Mail(subject="Reset", to="eve@x.test")
    with pytest.raises(NoMailArrived, match="its subject is 'Welcome'"):
        mail.wait_for(subject="Invoice", timeout=0.01)
    with pytest.raises(UnexpectedMail, match="should come"):
        mail.assert_no_mail(to="eve@*")
    with pytest.raises(BadQuery):
        mail.wait_for(query="(", timeout=0)


def test_a_wait_sees_what_comes_during_it(mail: Any_) -> None:
    async def both() -> str:
        sending = asyncio.create_task(asyncio.to_thread(send, mail, "later"))
        message = await mail.aio.wait_for(subject="later", timeout=30)
        await sending
        await mail.aio.assert_no_mail(after=message)
        return message.subject

    assert asyncio.run(both()) == "later"


def test_a_mail_under_way_is_waited_for(mail: Any_) -> None:
    with connected(mail) as client:
        client.mail("shop@x.test")

        with pytest.raises(UnexpectedMail, match=f"is {Stage.MAIL}"):
            mail.assert_no_mail(timeout=0.02)
        client.rset()
        mail.assert_no_mail()


def test_mail_is_planted_fetched_deleted_and_restored(mail: Any_, tmp_path: Path) -> None:
    raw = b"To: carol@x.test\r\nSubject: planted\r\n\r\nhi\r\n"
    planted = mail.deliver(raw, to=["bob@x.test", "eve@x.test"], sender="a@x.test", received_at=1000.5, uid="uid-1")
    box = mail.mailbox("bob@x.test")

    assert (planted.received, planted.envelope.sender) == (1000.5, "a@x.test")
    assert fetched(mail, box.user, delete=True) == [raw]
    assert (box.messages, [each.raw for each in box.fetched], [each.raw for each in box.deleted]) == ([], [raw], [raw])
    assert [each.raw for each in mail.mailbox("eve@x.test").messages] == [raw]
    assert box.restore(planted).deliveries[0].deleted_at is None
    assert [(each.uid, len(each.fetches)) for each in box.messages[0].deliveries] == [("uid-1", 1), ("uid-1", 0)]
    (tmp_path / "one.eml").write_bytes(raw)
    assert [each.envelope.addresses for each in mail.mailbox("dora@x.test").preload(tmp_path)] == [("dora@x.test",)]
    assert mail.deliver(raw).envelope.addresses == ("carol@x.test",)
    assert len(fetched(mail, mail.user)) == 3
    assert [each.protocol for each in mail.sessions if each.protocol == "pop3"] == ["pop3"] * 2
    with pytest.raises(BadMail):
        mail.deliver(raw, to="bob@x.test", uid="uid-1")
    with pytest.raises(BadMail):
        mail.deliver(b"")
    assert [mail.mailbox(name).name for name in ("*", " Bob+tag@X.test ", "alice")] == ["*", "bob@x.test", "alice"]
    assert mail.mailbox("a/b?c@x.test").messages == []
    with pytest.raises(BadMail):
        mail.mailbox(" ")


def test_faults_happen_and_are_counted(mail: Any_) -> None:
    with mail.faults.add("RCPT", Reply(450, "4.2.1", "mailbox busy"), to="bob@*", times=2) as fault:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                send(mail)
        send(mail)

        assert [hit.matched for hit in fault.hits] == ["bob@x.test"] * 2
        assert (fault.attempts, fault.happened, len(mail.faults)) == (3, 2, 1)
    assert len(mail.faults) == 0
    assert "happened in 2 of 3 attempts" in mail.faults.report()
    mail.faults.greylist()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mail)
    send(mail)
    mail.faults.quota_full("eve@*")
    flaky = mail.faults.flaky(1.0, seed=7)
    assert [str(each.fault) for each in mail.faults][-1] == str(flaky.fault)
    assert mail.faults.find(flaky.id) is not None
    assert mail.faults.clear() == 3
    assert mail.faults.find(flaky.id) is None
    mail.faults.read("MAIL 451 4.3.0 later")
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(mail)
    mail.faults.renew()
    assert mail.faults.report() == ""
    send(mail)
    with pytest.raises(ValueError, match="nowhere"):
        mail.faults.add("nowhere", "drop")


def test_bounces_and_complaints_come_to_the_sender(mail: Any_) -> None:
    send(mail)
    message = mail.wait_for()

    bounced, complained = mail.bounce(message), mail.complain(message)

    assert mail.mailbox("shop@x.test").messages == [bounced, complained]


def test_a_clear_leaves_nothing_and_ids_go_on(mail: Any_) -> None:
    send(mail)
    send(mail)
    gone = mail.messages[0]

    assert mail.clear() == 2
    assert (mail.messages, mail.clear()) == ([], 0)
    send(mail)
    assert mail.wait_for().id > gone.id
    assert gone.session is None
    with pytest.raises(NoSuchMessage):
        mail.mailbox("*").restore(gone)


def test_addresses_are_those_of_one_test(mail: Any_, shared: Server) -> None:
    alice = mail.address("alice")

    send(mail, to=alice)

    assert alice.startswith("alice-")
    assert (alice, mail.address("bob")) == (mail.address("alice"), mail.address("bob"))
    assert mail.wait_for(to=alice).envelope.addresses == (alice,)
    assert mail.address("alice", "shop.test").endswith("@shop.test")
    mail.begin_test("test_next")
    assert mail.address("alice") != alice
    for name in ("", "a b", "a..b", "alice@x.test", "a" * 64):
        with pytest.raises(BadMail, match="cannot begin an address"):
            mail.address(name)


@pytest.mark.parametrize("pooled", [False, True], ids=["by connection", "by mail"])
def test_a_stray_is_in_no_inbox(mail: Any_, pooled: bool) -> None:
    mail.begin_test("test_one", pooled=pooled)
    client, idle = connected(mail), connected(mail)
    client.mail("shop@x.test")
    mail.begin_test("test_two", pooled=pooled)

    client.rcpt("bob@x.test")
    mail.assert_no_mail()
    client.data(b"Subject: late\r\n\r\n")
    idle.sendmail("shop@x.test", ["bob@x.test"], b"Subject: next\r\n\r\n")

    late = ["late"] if pooled else ["late", "next"]
    assert [each.message.subject for each in mail.strays] == late
    assert {(each.began_in, each.came_in) for each in mail.strays} == {("test_one", "test_two")}
    assert [each.subject for each in mail.messages] == (["next"] if pooled else [])
    assert fetched(mail, mail.user) == [each.raw for each in mail.messages]
    with urllib.request.urlopen(f"{mail.url}/api/v1/search?query=late") as answer:
        assert json.load(answer)["messages"] == []
    mail.begin_test("test_three", pooled=pooled)
    assert mail.strays == ()
    client.close()
    idle.close()


def test_a_pop3_session_of_an_earlier_test_locks_nobody_out(mail: Any_) -> None:
    mail.deliver(b"Subject: old\r\n\r\n", to="bob@x.test")
    left = poplib.POP3(mail.pop3.host, mail.pop3.port)
    left.user(mail.user)
    left.pass_(mail.password)

    mail.begin_test("test_next")

    mail.deliver(b"Subject: new\r\n\r\n", to="bob@x.test")
    assert fetched(mail, mail.user) == [b"Subject: new\r\n\r\n"]
    left.dele(1)
    left.quit()
    assert len(mail.messages) == 1


def test_it_says_where_it_is(mail: Any_) -> None:
    doors: list[Callable[[], object]] = [lambda: mail.smtps, lambda: mail.pop3s, lambda: mail.lmtp]

    assert mail.addresses() == {"smtp": str(mail.smtp), "pop3": str(mail.pop3)}
    assert mail.is_running
    assert f"{mail.web.host}:{mail.web.port}" in mail.url
    with urllib.request.urlopen(f"{mail.url}/") as page:
        assert b"<html" in page.read()
    for door in doors:
        with pytest.raises(ValueError, match=r"has no(ne)?"):
            door()
