"""Two sessions, deliveries and an inspector that deletes, in any order, against a maildrop that is right by inspection.

No socket: two machines, each with the visit that a connection makes in one real sandbox. Their answers are those of the
model, octet by octet, and so is what the sandbox knows afterwards.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import closing
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailtrap_lite.door.patience import Patience
from mailtrap_lite.errors import MaildropInUse, NoSuchMessage
from mailtrap_lite.message import Ending, Protocol
from mailtrap_lite.pop3.actions import Close, Expunge, Fetch, Login, Send, Transmit
from mailtrap_lite.pop3.machine import Machine
from mailtrap_lite.pop3.visit import Visit
from mailtrap_lite.pop3.wire import sends_all, transmission
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import NEVER, Settings
from mailtrap_lite.store import open_store

MAILBOXES = ("alice@x.test", "bob@x.test")
# Each user with the mailboxes that it opens.
USERS = {"alice@x.test": {"alice@x.test"}, "bob": {"bob@x.test"}, "*": set(MAILBOXES)}
BODIES = (b"A: 1\r\n\r\nx\r\n", b".\n", b"", b"three", b"\r\n\r\n.\r\n")
WIRES = (b"A: 1\r\n\r\nx\r\n", b"..\r\n", b"", b"three\r\n", b"\r\n\r\n..\r\n")
SIZES = (11, 3, 0, 7, 7)
VERBS = st.sampled_from(["LIST", "UIDL", "DELE", "RETR"])
EXAMPLES = 500 if os.environ.get("MAILTRAP_LITE_THOROUGH") == "1" else 60
DAY = 24 * 60 * 60.0
NUMBERS = st.sampled_from([1, 2, 3, 0, 9])


class Client:
    """One machine with its visit to the sandbox, as a connection has them."""

    def __init__(self, sandbox: Sandbox, loop: asyncio.AbstractEventLoop, *, locks: bool) -> None:
        self._loop = loop
        self._locks = locks
        self._machine = Machine("mail.test", stamp=lambda: b"<1@x>")
        self._visit = loop.run_until_complete(self._begin(sandbox))
        self.closed = False
        self.say(b"")

    async def _begin(self, sandbox: Sandbox) -> Visit:
        self._patience = Patience(idle=600, over=lambda _: None, excused=lambda: True)
        return Visit(sandbox, sandbox.begin_session(Protocol.POP3, client=""), self._patience)

    def say(self, data: bytes) -> bytes:
        self._machine.receive(data)
        sent = b""
        while (action := self._machine.next_action()) is not None:
            match action:
                case Send(text):
                    sent += text
                case Close(text):
                    self.vanish()
                    sent += text
                case Transmit(number, raw, lines):
                    sent += b"".join(transmission(raw, lines))
                    if sends_all(raw, lines):
                        self._visit.sent(number)
                case Login() | Fetch() | Expunge():
                    self._loop.run_until_complete(self._answer(action))
        return sent

    async def _answer(self, question: Login | Fetch | Expunge) -> None:
        try:
            match question:
                case Login(_, user):
                    await self._visit.open(user, exclusive=self._locks)
                    self._machine.logged_in(self._visit.entries)
                case Fetch(number):
                    self._machine.fetched(await self._visit.retrieve(number))
                case Expunge(numbers):
                    await self._visit.expunge(numbers)
                    self._machine.expunged()
        except MaildropInUse as error:
            self._machine.failed("in use", error.pop3)
        except NoSuchMessage:
            self._machine.failed("removed")

    def vanish(self) -> None:
        self.closed = True
        self._loop.run_until_complete(self._visit.end(Ending.LEFT))
        self._patience.end()


def top(raw: bytes, lines: int) -> bytes:
    """Return what TOP sends of a mail, told from the rule and not from the code."""
    found = re.split(rb"\r\n|\r|\n", raw)
    found = found[:-1] if found[-1] == b"" else found
    head = found.index(b"") + 1 if b"" in found else len(found)
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in found[: head + lines])


@dataclass
class Mail:
    """A message as the model has it."""

    id: int
    uid: str
    kind: int
    mailbox: str
    received: float
    deleted: bool = False  # over POP3
    removed: bool = False  # by the inspector
    restored: bool = False
    fetches: int = 0


@dataclass
class Session:
    """What the model knows of a session."""

    client: Client
    user: str = ""
    drop: list[Mail] = field(default_factory=list)
    marked: set[int] = field(default_factory=set)
    fetched: set[int] = field(default_factory=set)  # whole

    def end(self, reached: set[str]) -> list[Mail]:
        """What was fetched is written down however it ends; return it. reached: what the test came to."""
        reached |= {name for name, numbers in (("DELE", self.marked), ("RETR", self.fetched)) if numbers}
        found = [self.drop[number - 1] for number in self.fetched]
        for mail in found:
            mail.fetches += 1
        return found

    def left(self) -> list[tuple[int, Mail]]:
        return [(number, mail) for number, mail in enumerate(self.drop, 1) if number not in self.marked]

    def refusal(self, number: int) -> bytes | None:
        if not 1 <= number <= len(self.drop):
            return b"-ERR no such message\r\n"
        return b"-ERR message already deleted\r\n" if number in self.marked else None


class Maildrops(RuleBasedStateMachine):
    """The rules are what can happen; each compares at once."""

    sessions = Bundle("sessions")
    locks = True
    expire: int | str = NEVER
    reached: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        settings = Settings(store="memory", pop3_expire=self.expire)
        self._store = open_store(settings)
        self._now = 1000.0 * DAY
        self._sandbox = Sandbox(self._store, settings=settings, clock=lambda: self._now)
        self._loop = asyncio.new_event_loop()
        self._mails: list[Mail] = []
        self._open: list[Session] = []

    def teardown(self) -> None:
        with closing(self._store):
            for session in self._open:
                session.client.vanish()
            self._loop.close()

    # What happens beside the sessions.

    @initialize(kinds=st.lists(st.integers(0, len(BODIES) - 1), min_size=2, max_size=3))
    def begin(self, kinds: list[int]) -> None:
        for kind in kinds:
            for mailbox in MAILBOXES:
                self.deliver(kind, mailbox)

    @rule(kind=st.integers(0, len(BODIES) - 1), mailbox=st.sampled_from(MAILBOXES))
    def deliver(self, kind: int, mailbox: str) -> None:
        message = self._sandbox.deliver(BODIES[kind], to=mailbox)
        self._mails.append(Mail(message.id, "", kind, mailbox, self._now))

    @precondition(lambda self: self._mails)
    @rule(data=st.data())
    def the_inspector_removes(self, data: st.DataObject) -> None:
        mail = data.draw(st.sampled_from(self._mails))
        assert self._sandbox.delete([mail.id]) == (0 if mail.removed else 1)
        mail.removed = True

    @precondition(lambda self: not all(mail.removed for mail in self._mails))
    @rule(data=st.data())
    def the_inspector_restores(self, data: st.DataObject) -> None:
        there = [each for each in self._mails if not each.removed]
        mail = data.draw(st.sampled_from([each for each in there if each.deleted] or there))
        assert self._sandbox.restore(mail.id) == mail.deleted
        mail.restored |= mail.deleted
        self.reached.update({"restore"} if mail.deleted else ())
        mail.deleted = False

    @rule(days=st.sampled_from([0.3, 0.7]))
    def time_passes(self, days: float) -> None:
        self._now += days * DAY
        if self.expire == 1:
            for mail in self._mails:
                mail.deleted |= mail.received < self._now - DAY and not mail.restored

    # Sessions.

    @precondition(lambda self: len(self._open) < 2)
    @rule(target=sessions, user=st.sampled_from(sorted(USERS)))
    def log_in(self, user: str) -> object:
        client = Client(self._sandbox, self._loop, locks=self.locks)
        answer = client.say(b"USER %b\r\nPASS x\r\n" % user.encode()).split(b"\r\n", 1)[1]
        if self.locks and any(USERS[user] & USERS[other.user] for other in self._open):
            assert answer == b"-ERR [IN-USE] in use\r\n"
            client.vanish()
            return multiple()
        drop = [each for each in self._mails if each.mailbox in USERS[user] and not each.deleted and not each.removed]
        total = sum(SIZES[mail.kind] for mail in drop)
        assert answer.startswith(b"+OK maildrop has %d message" % len(drop))
        assert b"(%d octets)" % total in answer
        session = Session(client, user, drop)
        self._open.append(session)
        self._learn_uids(session)
        return session

    def _learn_uids(self, session: Session) -> None:
        """A unique-id is what it was before, and no other message's."""
        rows = session.client.say(b"UIDL\r\n").split(b"\r\n")[1:-2]
        for mail, row in zip(session.drop, rows, strict=True):
            uid = row.split()[1].decode()
            assert mail.uid in ("", uid)
            mail.uid = uid
        known = [mail.uid for mail in self._mails if mail.uid]
        assert len(known) == len(set(known))

    @rule(session=sessions, verb=st.sampled_from(["STAT", "LIST", "UIDL", "NOOP", "RSET"]))
    def ask(self, session: Session, verb: str) -> None:
        if session.client.closed:
            return
        if verb == "RSET":
            session.marked.clear()
        rows = session.left()
        count, total = len(rows), sum(SIZES[mail.kind] for _, mail in rows)
        words = f"{count} message{'' if count == 1 else 's'} ({total} octets)"
        expected = {
            "STAT": f"+OK {count} {total}\r\n",
            "NOOP": "+OK\r\n",
            "RSET": f"+OK maildrop has {words}\r\n",
            "LIST": f"+OK {words}\r\n" + "".join(f"{n} {SIZES[mail.kind]}\r\n" for n, mail in rows) + ".\r\n",
            "UIDL": "+OK unique-ids follow\r\n" + "".join(f"{n} {mail.uid}\r\n" for n, mail in rows) + ".\r\n",
        }
        assert session.client.say(f"{verb}\r\n".encode()).decode() == expected[verb]

    # Several at once: a session that is over before it has done anything shows nothing.
    @rule(session=sessions, steps=st.lists(st.tuples(VERBS, NUMBERS), min_size=2, max_size=6))
    def ask_of_some(self, session: Session, steps: list[tuple[str, int]]) -> None:
        for verb, number in steps:
            self._ask_of_one(session, verb, number)

    def _ask_of_one(self, session: Session, verb: str, number: int) -> None:
        if session.client.closed:
            return
        answer = session.client.say(f"{verb} {number}\r\n".encode())
        if (refusal := session.refusal(number)) is not None:
            assert answer == refusal
            return
        mail = session.drop[number - 1]
        if verb == "RETR":
            session.fetched |= set() if mail.removed else {number}
            wire = answer.partition(b"\r\n")[2]
            assert answer == b"-ERR removed\r\n" if mail.removed else wire == WIRES[mail.kind] + b".\r\n"
            return
        if verb == "DELE":
            session.marked.add(number)
        expected = {
            "LIST": f"+OK {number} {SIZES[mail.kind]}\r\n",
            "UIDL": f"+OK {number} {mail.uid}\r\n",
            "DELE": f"+OK message {number} deleted\r\n",
        }
        assert answer.decode() == expected[verb]

    @rule(session=sessions, number=NUMBERS, lines=st.sampled_from([0, 1, 2, 99]))
    def look_at_the_top(self, session: Session, number: int, lines: int) -> None:
        if session.client.closed:
            return
        answer = session.client.say(b"TOP %d %d\r\n" % (number, lines))
        if (refusal := session.refusal(number)) is not None:
            assert answer == refusal
            return
        mail = session.drop[number - 1]
        if mail.removed:
            assert answer == b"-ERR removed\r\n"
            return
        raw = BODIES[mail.kind]
        assert answer.partition(b"\r\n")[2] == top(raw, lines) + b".\r\n"
        if lines > raw.count(b"\r") + raw.count(b"\n"):
            session.fetched.add(number)

    @rule(session=consumes(sessions), word=st.sampled_from([b"", b"QUI", b"QUIT"]))
    def vanish(self, session: Session, word: bytes) -> None:
        """Leave without QUIT, also in the middle of the word."""
        if not session.client.closed:
            assert session.client.say(word) == b""
            session.client.vanish()
            self._open.remove(session)
            session.end(set())

    @rule(session=consumes(sessions), steps=st.lists(st.tuples(VERBS, NUMBERS), max_size=5))
    def quit(self, session: Session, steps: list[tuple[str, int]]) -> None:
        if session.client.closed:
            return
        for verb, number in steps:
            self._ask_of_one(session, verb, number)
        assert session.client.say(b"QUIT\r\nSTAT\r\n") == b"+OK bye\r\n"
        self._open.remove(session)
        for number in session.marked:
            session.drop[number - 1].deleted = True
        for mail in session.end(self.reached):
            mail.deleted |= self.expire == 0

    # What always holds.

    @invariant()
    def what_waits_is_what_nobody_deleted(self) -> None:
        for mailbox in MAILBOXES:
            expected = [m.id for m in self._mails if m.mailbox == mailbox and not m.deleted and not m.removed]
            assert [message.id for message in self._sandbox.waiting(mailbox)] == expected

    @invariant()
    def the_inspector_has_what_it_did_not_remove(self) -> None:
        assert [message.id for message in self._sandbox.messages()] == [m.id for m in self._mails if not m.removed]

    @invariant()
    def each_fetch_is_known(self) -> None:
        known = {message.id: len(message.deliveries[0].fetches) for message in self._sandbox.messages()}
        assert known == {mail.id: mail.fetches for mail in self._mails if not mail.removed}


class MaildropsWithoutLock(Maildrops):
    """The same with a snapshot for each session."""

    locks = False


class MaildropsThatExpireWhenFetched(MaildropsWithoutLock):
    """What was fetched is deleted at QUIT."""

    expire = 0


class MaildropsThatExpireByAge(MaildropsWithoutLock):
    """What is older than a day is deleted, also under a session that is open."""

    expire = 1


@pytest.mark.parametrize(
    "machine",
    [Maildrops, MaildropsWithoutLock, MaildropsThatExpireWhenFetched, MaildropsThatExpireByAge],
    ids=["with the lock", "without", "expire 0", "expire 1"],
)
def test_any_order_of_things_is_as_the_model_says(machine: type[Maildrops]) -> None:
    machine.reached.clear()

    # The same examples each time: whether they come to everything that is looked at is then no matter of chance.
    examples = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(machine, settings=examples)

    assert machine.reached == {"DELE", "RETR", "restore"}  # at a QUIT; else nothing was looked at
