"""Takes orders out of a mailbox over POP3, each exactly once, whatever happens on the way.

    python order_importer.py HOST PORT USER PASSWORD orders.db

An order is written down together with its UIDL, in one transaction, and only then marked for deletion on the server.
So the mail may come again after a crash, but its order does not. A mail that is no order, or that cannot be read,
stays where it is, for people, and the next one is taken.
"""

import poplib
import re
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

# poplib gives the connection up at a line beyond 2,048 octets. RFC 5322 has 998, but whole HTML pages in one line come
# all the same. It has no public way to say so: programs that read real mail, getmail6 among them, set this. It still
# bounds what a server can make us hold.
poplib._MAXLINE = 64 * 1024**2  # type: ignore[attr-defined]  # noqa: SLF001

_SUBJECT = re.compile(r"Order (\d+)")
_ITEM = re.compile(r"(\d+) x (\S.*)")
_LARGEST = 2**63 - 1  # that an INTEGER of SQLite holds


class NoOrder(Exception):
    """A mail cannot be read as an order; the text says why."""


class MailboxBusy(Exception):
    """Somebody else has the mailbox open; a later poll will find it free."""


@dataclass(frozen=True)
class Order:
    """What somebody wants: how many of each."""

    number: int
    items: Mapping[str, int]


@dataclass
class Report:
    """What one poll did."""

    imported: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # from a UIDL to what is wrong


def parse(raw: bytes) -> Order:
    """Return the order that a mail holds; raises NoOrder."""
    letter = message_from_bytes(raw, policy=default)
    assert isinstance(letter, EmailMessage)
    number = _SUBJECT.fullmatch(str(letter["Subject"] or ""))
    if number is None:
        raise NoOrder("the subject has no order number")
    body = letter.get_body(("plain",))
    if body is None:
        raise NoOrder("there is no plain text")
    try:
        lines = [line.strip() for line in str(body.get_content()).splitlines() if line.strip()]
    except (LookupError, UnicodeError) as err:
        raise NoOrder(f"the text cannot be decoded: {err}") from err
    items: dict[str, int] = {}
    for line in lines:
        if (item := _ITEM.fullmatch(line)) is None:
            raise NoOrder(f"this is no item: {line}")
        items[item[2]] = items.get(item[2], 0) + int(item[1])
    if not items:
        raise NoOrder("nothing is ordered")
    if max(int(number[1]), *items.values()) > _LARGEST:
        raise NoOrder("a number is too large")
    return Order(int(number[1]), items)


class Orders:
    """The orders and the UIDLs that were dealt with, in one SQLite file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)
        with self._db:
            self._db.execute("CREATE TABLE IF NOT EXISTS seen (uidl TEXT PRIMARY KEY, done INTEGER NOT NULL)")
            self._db.execute("CREATE TABLE IF NOT EXISTS item (number INTEGER, name TEXT, amount INTEGER)")

    def __enter__(self) -> "Orders":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def all(self) -> list[Order]:
        """Return every order, by number."""
        found: dict[int, dict[str, int]] = {}
        for number, name, amount in self._db.execute("SELECT number, name, amount FROM item ORDER BY number, rowid"):
            found.setdefault(number, {})[name] = amount
        return [Order(number, items) for number, items in found.items()]

    def seen(self) -> dict[str, bool]:
        """Return the UIDLs that were dealt with, and whether their mail may go."""
        return {uidl: bool(done) for uidl, done in self._db.execute("SELECT uidl, done FROM seen")}

    def keep(self, uidl: str, order: Order) -> bool:
        """Write an order and its UIDL down; return whether the order is new."""
        with self._db:
            known = self._db.execute("SELECT 1 FROM item WHERE number = ?", (order.number,)).fetchone()
            if not known:
                rows = [(order.number, name, amount) for name, amount in order.items.items()]
                self._db.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
            self._db.execute("INSERT INTO seen VALUES (?, 1)", (uidl,))
        return not known

    def pass_over(self, uidl: str) -> None:
        """Remember a mail that is no order, so that it is not looked at again."""
        with self._db:
            self._db.execute("INSERT INTO seen VALUES (?, 0)", (uidl,))

    def forget_all_but(self, uidls: set[str]) -> None:
        """Forget what the server does not have any more: it will never use these UIDLs again."""
        gone = [(uidl,) for uidl in self.seen() if uidl not in uidls]
        with self._db:
            self._db.executemany("DELETE FROM seen WHERE uidl = ?", gone)


def poll(host: str, port: int, user: str, password: str, orders: Orders) -> Report:
    """Look into the mailbox once; raises MailboxBusy, or poplib's and the socket's errors."""
    report = Report()
    # When anything goes wrong the connection is closed without QUIT, and the server deletes nothing.
    with closing(poplib.POP3(host, port, timeout=30)) as maildrop:
        _log_in(maildrop, user, password)
        listed = dict(line.decode("ascii").split(" ", 1) for line in maildrop.uidl()[1])
        orders.forget_all_but(set(listed.values()))
        seen = orders.seen()
        for number, uidl in listed.items():
            if seen.get(uidl) or (uidl not in seen and _import(maildrop, number, uidl, orders, report)):
                maildrop.dele(int(number))
        maildrop.quit()
    return report


def _log_in(maildrop: poplib.POP3, user: str, password: str) -> None:
    try:
        maildrop.user(user)
        maildrop.pass_(password)
    except poplib.error_proto as err:
        if b"[IN-USE]" in err.args[0]:  # RFC 3206 and RFC 2449: the one refusal that passes by itself
            raise MailboxBusy(user) from err
        raise


def _import(maildrop: poplib.POP3, number: str, uidl: str, orders: Orders, report: Report) -> bool:
    """Take one mail in; return whether it may go."""
    raw = b"\r\n".join(maildrop.retr(int(number))[1])
    try:
        order = parse(raw)
    except Exception as err:  # noqa: BLE001  # anybody may send anything: one mail must not stop all that come after it
        orders.pass_over(uidl)
        report.refused[uidl] = str(err) if isinstance(err, NoOrder) else f"it cannot be read: {err!r}"
        return False
    (report.imported if orders.keep(uidl, order) else report.repeated).append(order.number)
    return True


def main(arguments: list[str]) -> None:
    """Poll once, for cron; say what was done."""
    if len(arguments) != 5:
        print(__doc__)
        return
    host, port, user, password, path = arguments
    with Orders(path) as orders:
        report = poll(host, int(port), user, password, orders)
    print(f"imported {report.imported}, had before {report.repeated}, left for people {report.refused}")


if __name__ == "__main__":
    main(sys.argv[1:])
