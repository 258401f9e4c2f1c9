"""Waiting for mail and making sure of none, over real SMTP sessions."""

from __future__ import annotations

import re
import smtplib
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any  # Any: wrong arguments

import pytest

from mailtrap_lite import Mail, NoMailArrived, Server, UnexpectedMail, Unmet


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


@contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP(server.smtp.host, server.smtp.port, local_hostname="client.test")
    with closing(client):
        yield client


def send(server: Server, subject: str = "hello", to: str = "b@x.test", text: str = "hi") -> None:
    with connected(server) as client:
        client.sendmail("a@x.test", [to], f"Subject: {subject}\r\n\r\n{text}\r\n")


def begin(client: smtplib.SMTP) -> None:
    """Say all up to the final dot."""
    client.ehlo()
    client.mail("a@x.test")
    client.rcpt("b@x.test")
    client.docmd("DATA")
    client.send(b"Subject: slow\r\n\r\nhi\r\n")


def end(client: smtplib.SMTP) -> None:
    client.send(b".\r\n")
    client.getreply()


@contextmanager
def meanwhile(work: Callable[[], object], *, after: float = 0.02) -> Iterator[None]:
    """Do something in another thread, a little later."""
    timer = threading.Timer(after, work)
    timer.start()
    yield
    timer.join(30)


# Waits.


def test_a_wait_takes_an_expected_mail_conditions_or_both(mail: Server) -> None:
    send(mail, "one")
    send(mail, "two", to="c@x.test")

    assert mail.wait_for(Mail(subject="two")).id == 2
    assert mail.wait_for(Mail(subject="*"), to="c@*").id == 2
    assert mail.mailbox("c@x.test").wait_for(subject=re.compile("^t")).id == 2
    assert mail.sandbox.wait_for(text="hi", where=lambda message: message.id > 1).id == 2


def test_several_mails_are_waited_for(mail: Server) -> None:
    send(mail, "Invoice 1")
    send(mail, "other")

    def go_on() -> None:
        send(mail, "Invoice 2")
        send(mail, "Invoice 3")

    with meanwhile(go_on):
        found = mail.wait_for_all(3, subject="Invoice *", timeout=10)

    assert [message.subject for message in found] == ["Invoice 1", "Invoice 2", "Invoice 3"]


def test_more_than_were_waited_for_are_no_failure(mail: Server) -> None:
    for number in range(3):
        send(mail, str(number))

    assert [message.subject for message in mail.wait_for_all(2)] == ["0", "1"]
    assert mail.wait_for_all(0) == []


def test_fewer_than_were_waited_for_are_listed(mail: Server) -> None:
    send(mail, "Invoice 1")
    send(mail, "Invoce 2")

    with pytest.raises(NoMailArrived) as caught:
        mail.wait_for_all(2, subject="Invoice *", timeout=0.05)

    assert str(caught.value) == (
        "only 1 of 2 mails with subject='Invoice *' arrived within 0.05 s:\n"
        "  1: 'Invoice 1' from a@x.test to b@x.test, 26 octets\n"
        "1 other did:\n"
        "  2: 'Invoce 2' from a@x.test to b@x.test, 25 octets\n"
        "     but its subject is 'Invoce 2'"
    )


def test_near_misses_come_with_the_nearest_first(mail: Server) -> None:
    for subject, to in (("Newsletter", "zoe@y.test"), ("Your order", "bob@x.test"), ("News", "zoe@y.test")):
        send(mail, subject, to=to)

    with pytest.raises(NoMailArrived) as caught:
        mail.wait_for(to="bob@x.test", subject="Your orders", timeout=0.02)

    listed = re.findall(r"^  (\d): ", str(caught.value), re.MULTILINE)
    assert listed[0] == "2"
    assert "3 others did, the nearest first:" in str(caught.value)


def test_only_the_nearest_of_many_are_shown(mail: Server) -> None:
    for number in range(25):
        mail.deliver(f"Subject: {number}\r\n\r\n".encode(), to="b@x.test")

    with pytest.raises(NoMailArrived, match=r"\n  \(5 that differ more are not shown\)$"):
        mail.wait_for(subject="x", timeout=0)


def test_a_mark_leaves_out_what_came_before(mail: Server) -> None:
    send(mail, "before")
    mark = mail.mark()

    with pytest.raises(NoMailArrived, match="nothing arrived at all"):
        mail.wait_for(subject="*", to="b@*", after=mark, timeout=0.02)
    mail.assert_no_mail(after=mark)
    send(mail, "after")

    assert mail.wait_for(after=mark).subject == "after"
    assert mail.mailbox("b@x.test").wait_for(after=mark).subject == "after"
    assert mail.mailbox("b@x.test").mark() == mail.mark()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda mail: mail.wait_for(timeout="1"), "timeout='1' is not a number of seconds"),
        (lambda mail: mail.assert_no_mail(within=float("inf")), "within=inf is not a number of seconds"),
        (lambda mail: mail.wait_for_all("x"), "count='x' is not a number of mails"),
        (lambda mail: mail.wait_for_all(True), "count=True is not a number of mails"),
        (lambda mail: mail.wait_for(subjct="x"), "wait_for knows no condition subjct=; did you mean subject="),
        (lambda mail: mail.wait_for(after="7", timeout=0), "after='7' is not a message, nor the number of one"),
    ],
    ids=["timeout", "within", "count", "bool", "unknown", "after"],
)
def test_a_wrong_argument_is_named(mail: Server, call: Callable[[Any], None], text: str) -> None:
    with pytest.raises(TypeError, match=re.escape(text)):
        call(mail)


def test_less_than_no_mail_is_refused(mail: Server) -> None:
    with pytest.raises(ValueError, match="count=-1"):
        mail.assert_sent(count=-1)


# What was sent.


def test_all_that_was_sent_is_returned(mail: Server) -> None:
    for subject in ("a1", "b", "a2"):
        send(mail, subject)

    assert [message.subject for message in mail.assert_sent(subject="a?")] == ["a1", "a2"]
    assert len(mail.assert_sent(Mail(subject="a?"), count=2)) == 2
    assert mail.assert_sent(subject="c", count=0) == []


def test_too_few_and_too_many_are_told_apart(mail: Server) -> None:
    send(mail, "twice")
    send(mail, "twice")

    with pytest.raises(NoMailArrived, match=r"^only 2 of 3 mails with subject='twice' arrived within 0\.02 s:"):
        mail.assert_sent(subject="twice", count=3, timeout=0.02)
    with pytest.raises(UnexpectedMail) as caught:
        mail.assert_sent(subject="twice", count=1)

    assert str(caught.value) == (
        "1 mail with subject='twice' expected, but 2 came:\n"
        "  1: 'twice' from a@x.test to b@x.test, 22 octets\n"
        "  2: 'twice' from a@x.test to b@x.test, 22 octets"
    )


def test_a_second_mail_that_is_still_being_sent_is_counted(mail: Server) -> None:
    send(mail, "first")
    with connected(mail) as client:
        begin(client)

        with meanwhile(lambda: end(client)), pytest.raises(UnexpectedMail, match="1 mail expected, but 2 came"):
            mail.assert_sent(count=1, timeout=10)


def test_a_mail_that_comes_to_no_end_keeps_a_count_from_being_sure(mail: Server) -> None:
    send(mail, "first")
    with connected(mail) as client:
        begin(client)

        with pytest.raises(UnexpectedMail, match="is in DATA"):
            mail.assert_sent(count=1, timeout=0.05)
        assert len(mail.assert_sent(timeout=0.05)) == 1


# No mail.


def test_no_mail_is_no_failure(mail: Server) -> None:
    send(mail, "other")

    mail.assert_no_mail(subject="Reset*")
    mail.assert_no_mail(Mail(to="c@x.test"), within=0.02)
    mail.mailbox("c@x.test").assert_no_mail()


def test_mail_that_is_here_or_comes_in_time_is_a_failure(mail: Server) -> None:
    with meanwhile(lambda: send(mail, "late")), pytest.raises(UnexpectedMail) as caught:
        mail.assert_no_mail(within=10)

    assert str(caught.value) == ("no mail should come, but 1 did:\n  1: 'late' from a@x.test to b@x.test, 21 octets")
    assert isinstance(caught.value, Unmet)
    with pytest.raises(UnexpectedMail, match=r"^no mail with to='b@\*' in the mailbox b@x.test should come, but 1 did"):
        mail.mailbox("b@x.test").assert_no_mail(to="b@*")


def test_a_mail_that_is_still_being_sent_is_waited_for(mail: Server) -> None:
    with connected(mail) as client:
        begin(client)

        with meanwhile(lambda: end(client)), pytest.raises(UnexpectedMail, match="'slow' from a@x"):
            mail.assert_no_mail()


def test_a_mail_that_is_given_up_is_no_mail(mail: Server) -> None:
    with connected(mail) as client:
        client.ehlo()
        client.mail("a@x.test")

        with meanwhile(client.rset):
            mail.assert_no_mail()
    with connected(mail) as client:
        begin(client)

        with meanwhile(client.close):
            mail.assert_no_mail()


def test_a_mail_that_comes_to_no_end_is_named_with_its_session(mail: Server) -> None:
    with connected(mail) as client:
        begin(client)

        with pytest.raises(UnexpectedMail) as caught:
            mail.assert_no_mail(subject="Reset*", timeout=0.05)
        (session,) = mail.sessions

    assert str(caught.value) == (
        "no mail with subject='Reset*' has come, but one still may: "
        "0.05 s later 1 mail that was begun is neither sent nor given up:\n"
        f"  session {session.id} from {session.client} is in DATA\n"
        "     mail FROM:<a@x.test>\n"
        "     rcpt TO:<b@x.test>\n"
        "     DATA"
    )


def test_a_connection_that_is_open_without_a_mail_is_no_mail(mail: Server) -> None:
    with connected(mail) as client:
        client.ehlo()
        client.sendmail("a@x.test", ["b@x.test"], "Subject: x\r\n\r\n")
        mail.clear()

        mail.assert_no_mail(timeout=0)


def test_mail_that_is_begun_after_the_time_is_not_waited_for(mail: Server) -> None:
    with connected(mail) as client, connected(mail) as busy:
        begin(client)

        def go_on() -> None:
            busy.ehlo()
            busy.mail("z@x.test")
            client.send(b"\r\n")
            client.close()

        with meanwhile(go_on):
            mail.assert_no_mail(timeout=10)


def test_a_wait_in_a_coroutine_names_what_to_await(mail: Server) -> None:
    import asyncio

    import trio

    async def wrong() -> None:
        mail.assert_no_mail(within=60)

    with pytest.raises(RuntimeError, match=r"use `await mailtrap\.aio\.assert_no_mail"):
        asyncio.run(wrong())
    with pytest.raises(RuntimeError, match=r"use `await mailtrap\.aio\.assert_no_mail"):
        trio.run(wrong)
