"""The order importer under everything that a mailbox does to it. The code under test is order_importer.py."""

import poplib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import order_importer
import pytest
from order_importer import MailboxBusy, Order, Orders, Report

from mailtrap_lite import Ending, Mailbox, Server

TEAPOTS = b"From: a@x.test\r\nSubject: Order 4711\r\n\r\n2 x teapot\r\n1 x cup\r\n"
CUPS = b"From: b@x.test\r\nSubject: Order 4712\r\n\r\n6 x cup\r\n"


@pytest.fixture
def mailbox(mailtrap: Server) -> Mailbox:
    return mailtrap.mailbox("orders@shop.test")


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Orders]:
    with Orders(str(tmp_path / "orders.db")) as orders:
        yield orders


def poll(server: Server, orders: Orders) -> Report:
    return order_importer.poll(server.pop3.host, server.pop3.port, "orders@shop.test", "secret", orders)


def test_orders_are_taken_out_once(mailtrap: Server, mailbox: Mailbox, orders: Orders) -> None:
    first, second = mailbox.deliver(TEAPOTS, uid="a-1"), mailbox.deliver(CUPS, uid="a-2")

    assert poll(mailtrap, orders).imported == [4711, 4712]
    assert poll(mailtrap, orders).imported == []

    assert orders.all() == [Order(4711, {"teapot": 2, "cup": 1}), Order(4712, {"cup": 6})]
    assert mailbox.messages == []
    assert [message.id for message in mailbox.deleted] == [first.id, second.id]
    taking, looking = mailtrap.sessions
    assert taking.retrieved == taking.deleted == (1, 2)
    assert (looking.count("RETR"), looking.ending) == (0, Ending.QUIT)


def test_a_crash_between_retr_and_quit_loses_no_order_and_takes_none_twice(
    mailtrap: Server, mailbox: Mailbox, orders: Orders, tmp_path: Path
) -> None:
    class Crashing(Orders):
        def keep(self, uidl: str, order: Order) -> bool:
            super().keep(uidl, order)
            raise KeyboardInterrupt

    mailbox.deliver(TEAPOTS)
    mailbox.deliver(CUPS)

    with Crashing(str(tmp_path / "orders.db")) as crashing, pytest.raises(KeyboardInterrupt):
        poll(mailtrap, crashing)

    assert len(mailbox.messages) == 2  # nothing was deleted: there was no QUIT
    assert poll(mailtrap, orders).imported == [4712]
    assert [order.number for order in orders.all()] == [4711, 4712]
    assert mailbox.messages == []
    crashed, after = mailtrap.sessions
    assert (crashed.retrieved, crashed.deleted, crashed.ending) == ((1,), (), Ending.LEFT)
    assert (after.retrieved, after.deleted) == ((2,), (1, 2))


def test_a_crash_before_the_order_is_kept_brings_the_mail_again(
    mailtrap: Server, mailbox: Mailbox, orders: Orders, tmp_path: Path
) -> None:
    class Crashing(Orders):
        def keep(self, uidl: str, order: Order) -> bool:
            raise KeyboardInterrupt

    mailbox.deliver(TEAPOTS)

    with Crashing(str(tmp_path / "orders.db")) as crashing, pytest.raises(KeyboardInterrupt):
        poll(mailtrap, crashing)

    assert poll(mailtrap, orders).imported == [4711]


def test_an_order_that_was_delivered_twice_is_taken_once(mailtrap: Server, mailbox: Mailbox, orders: Orders) -> None:
    mailbox.deliver(TEAPOTS)
    mailbox.deliver(TEAPOTS)

    report = poll(mailtrap, orders)

    assert (report.imported, report.repeated) == ([4711], [4711])
    assert orders.all() == [Order(4711, {"teapot": 2, "cup": 1})]
    assert mailbox.messages == []


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (b"Subject: When do you open?\r\n\r\n", "the subject has no order number"),
        (b"Subject: Order 1\r\n\r\ntwo teapots\r\n", "this is no item: two teapots"),
        (b"Subject: Order 1\r\n\r\n", "nothing is ordered"),
        (b"Subject: Order 1\r\nContent-Type: text/html\r\n\r\n<p>", "there is no plain text"),
        (b"\r\n", "the subject has no order number"),
        (
            b"Subject: Order 1\r\nContent-Type: text/plain; charset=none-such\r\n\r\n\xff",
            "the text cannot be decoded: ",
        ),
        (b'Subject: Order 1\r\nContent-Type: text/plain; charset="a\0b"\r\n\r\n\xff', "it cannot be read: ValueError("),
        (b"Subject: Order 9223372036854775808\r\n\r\n1 x cup\r\n", "a number is too large"),
        (b"Subject: Order 1\r\n\r\n9223372036854775807 x cup\r\n1 x cup\r\n", "a number is too large"),
        (b"Subject: Order %b\r\n\r\n1 x cup\r\n" % (b"9" * 5000), "it cannot be read: ValueError("),
        (b"Subject: Order 1\r\n\r\n" + b"long " * 500_000 + b"\r\n", "this is no item: long"),
    ],
    ids=[
        *("a question", "no item", "empty", "HTML only", "no header"),
        *("a charset that nobody knows", "NUL in a charset"),
        *("a large number", "a large amount", "digits without end", "a line of 2.5 MB"),
    ],
)
def test_a_mail_that_is_no_order_stays_and_stops_nothing(
    mailtrap: Server, mailbox: Mailbox, orders: Orders, mail: bytes, reason: str
) -> None:
    odd = mailbox.deliver(mail, uid="odd")
    mailbox.deliver(CUPS)

    report = poll(mailtrap, orders)
    again = poll(mailtrap, orders)

    assert report.imported == [4712]
    assert list(report.refused) == ["odd"]
    assert report.refused["odd"].startswith(reason)
    assert again == Report()
    assert [message.id for message in mailbox.messages] == [odd.id]
    assert mailtrap.sessions[-1].retrieved == ()


def test_an_order_with_a_line_of_many_octets_is_taken(mailtrap: Server, mailbox: Mailbox, orders: Orders) -> None:
    mailbox.deliver(b"Subject: Order 1\r\n\r\n1 x " + b"long" * 2000 + b"\r\n")

    assert poll(mailtrap, orders).imported == [1]


def test_a_fault_of_the_database_is_no_fault_of_the_mail(
    mailtrap: Server, mailbox: Mailbox, orders: Orders, tmp_path: Path
) -> None:
    class Failing(Orders):
        def keep(self, uidl: str, order: Order) -> bool:
            raise sqlite3.OperationalError("disk I/O error")

    mailbox.deliver(TEAPOTS)

    with Failing(str(tmp_path / "orders.db")) as failing, pytest.raises(sqlite3.OperationalError):
        poll(mailtrap, failing)

    assert poll(mailtrap, orders).imported == [4711]


def test_a_mailbox_that_somebody_else_reads_is_left_for_later(
    mailtrap: Server, mailbox: Mailbox, orders: Orders
) -> None:
    mailbox.deliver(TEAPOTS)
    other = poplib.POP3(mailtrap.pop3.host, mailtrap.pop3.port)
    other.user("orders@shop.test")
    other.pass_("secret")

    with pytest.raises(MailboxBusy):
        poll(mailtrap, orders)

    other.quit()
    assert poll(mailtrap, orders).imported == [4711]


def test_it_runs_as_a_program(mailtrap: Server, mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.deliver(TEAPOTS)
    where = (mailtrap.pop3.host, str(mailtrap.pop3.port), "orders@shop.test", "secret", str(tmp_path / "orders.db"))

    done = subprocess.run([sys.executable, order_importer.__file__, *where], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("imported [4711], had before [], left for people {}\n", "")
