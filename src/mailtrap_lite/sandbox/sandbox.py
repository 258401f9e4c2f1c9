"""The sandbox: the unit of isolation, with one method for each thing that the product can do.

It knows the store and the rules; it knows no wire format. Every door, the fixture and the command line call in here.
A sandbox has a store of its own: its messages, mailboxes, sessions and retention are nobody else's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from types import MethodType
from typing import ParamSpec, TypeVar

from mailtrap_lite.accounts import EVERYTHING, Selection, mailbox_of, selection_of
from mailtrap_lite.errors import NoSuchMessage, Objection, ServerClosed, StoreError
from mailtrap_lite.message import Envelope, Finding, Message, Recorder, Summary
from mailtrap_lite.pop3.delay import LoginDelay
from mailtrap_lite.pop3.wire import retr_octets
from mailtrap_lite.sandbox.conversing import Conversing
from mailtrap_lite.sandbox.expecting import Expecting
from mailtrap_lite.sandbox.faults import Faults
from mailtrap_lite.sandbox.mailbox import Mailbox
from mailtrap_lite.sandbox.maildrop import Locks, Maildrop
from mailtrap_lite.sandbox.planting import Plantable, addresses_of, checked_uid, octets_of, seconds_of
from mailtrap_lite.sandbox.relaying import Relaying
from mailtrap_lite.sandbox.sessions import Sessions
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.sandbox.turn import Stray, Turn
from mailtrap_lite.sandbox.waiting import Watched, cursor_of
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import NEWEST, Arrival, Counts, Entry, MailboxCount, Order, Store

log = logging.getLogger(__name__)
MOST_TRIES = 4  # to read two things of one moment without a lock
T = TypeVar("T")
P = ParamSpec("P")

_DAY = 24 * 60 * 60


class Sandbox(Conversing, Relaying, Expecting):
    """Methods without a note: any thread but the loop's, blocking.

    name: what chooses it among many in a server, "" for the one that is there without choosing.
    tally: that of the server; one of its own if None.
    """

    def __init__(
        self,
        store: Store,
        *,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        name: str = "",
        tally: Tally | None = None,
    ) -> None:
        super().__init__(store, settings=settings, clock=clock, tally=tally or Tally())
        self.name = name
        self._locks = Locks()
        self._sessions = Sessions(clock, self.tally)
        self.turn = Turn()
        # Capabilities that the doors do not have now. Replaced whole, so any thread may read and set it.
        self.hidden = frozenset(settings.hide)
        self.hidden_pop3 = frozenset(settings.pop3_hide)
        self.faults = Faults(settings, clock=clock, after_login=bool(name), tally=self.tally)
        self.login_delay = LoginDelay(settings.pop3_login_delay, self._opened_by)  # on the loop

    # Mail comes in.

    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        """Store a message that came over SMTP; return its id once it is committed. On the loop.

        recorder: of the session, which knows of the message before anybody else does, and of what lint found on the
        wire, or in a mail that is refused. What belongs to an earlier test is a stray, under an id below 0.
        Raises StoreError, or Objection if the settings are strict and lint says so; then nothing was stored.
        """
        arrival = self._arrival(envelope, raw, self.clock(), recorder)
        if planned := self._planned(envelope):
            arrival = replace(arrival, queued=planned)
        if recorder is not None and envelope.remarks:
            from mailtrap_lite.message.handover import wire  # most clients give no reason

            recorder.note_findings(wire(envelope))
        if self.settings.strict:
            refused = await asyncio.to_thread(_refused_by_lint, envelope, raw)
            if refused:
                if recorder is not None:
                    recorder.note_findings(refused)
                raise Objection(f"{refused[0]}" + (f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""))
        if recorder is not None and not self.turn.take(recorder):
            return self._set_aside(arrival)
        try:
            message = await self._store.add_soon(arrival)
        finally:
            if recorder is not None:
                self.turn.stored(recorder)
        self.tally.add(Counted.ACCEPTED, envelope.origin)
        log.info("message %d accepted, %d octets, session %s", message, len(raw), envelope.session)
        return message

    def _set_aside(self, arrival: Arrival) -> int:
        number = self.turn.next_id()
        message = Message(number, arrival.envelope, arrival.raw, arrival.received, kept_tags=())
        self.turn.keep(self._knowing(message))
        log.info("a mail of session %s is a stray", arrival.envelope.session)
        return number

    def deliver(
        self,
        mail: Plantable,
        *,
        to: str | Sequence[str] | None = None,
        sender: str = "",
        received_at: datetime | float | None = None,
        uid: str | None = None,
    ) -> Message:
        """Plant a mail in the mailboxes of these addresses, as if it had come over SMTP, and return it.

        mail: bytes are kept as they are; an email.message is written with CRLF line ends; a path is read.
        to: if None, the addresses of its To, Cc and Bcc fields. received_at: a datetime, or seconds since the epoch;
        now if None. uid: its UIDL for POP3, which no message in these mailboxes may ever have had; one is made if None.
        Raises BadMail for anything else or without an address.
        """
        raw = octets_of(mail)
        addresses = addresses_of(raw, to)
        when = self.clock() if received_at is None else seconds_of(received_at)
        envelope = Envelope.of(sender, addresses)
        # Counted here, in the thread of who plants it, so that no POP3 login has to.
        arrival = replace(self._arrival(envelope, raw, when), octets=retr_octets(raw))
        message = self._store.add(arrival if uid is None else replace(arrival, uid=checked_uid(uid)))
        self.tally.add(Counted.ACCEPTED, envelope.origin)
        try:
            return self.message(message)
        except NoSuchMessage:  # somebody deleted it since; it was delivered all the same
            return self._knowing(Message(message, envelope, raw, when))

    def _arrival(self, envelope: Envelope, raw: bytes, received: float, recorder: Recorder | None = None) -> Arrival:
        plus = self.settings.plus_addressing
        mailboxes = dict.fromkeys(mailbox_of(r.address, plus_addressing=plus) for r in envelope.recipients)
        accepted = None if recorder is None else recorder.note_message
        return Arrival(envelope, raw, tuple(mailboxes), received, accepted=accepted)

    # Mail is looked at.

    def message(self, message: int) -> Message:
        """Return a message; raises NoSuchMessage."""
        return self._knowing(self._store.message(message))

    def _knowing(self, message: Message) -> Message:
        return replace(message, find_session=self._sessions.find, find_tags=self._tags_of)

    def latest(self) -> Message:
        """Return the newest message; raises NoSuchMessage when there is none."""
        while rows := self._store.rows(start=0, limit=1):
            try:
                return self.message(rows[0].id)
            except NoSuchMessage:  # deleted since the row was read
                continue
        raise NoSuchMessage("there is no message yet")

    def messages(self, *, after: int | Message = 0) -> list[Message]:
        """Return the messages that came after one, all by default, oldest first."""
        return self._load(self._store.ids(after=cursor_of(after)))

    def waiting(self, mailbox: str | Selection) -> list[Message]:
        """Return what a POP3 client would find now, oldest first. The mailbox is named as for `mailbox`."""
        self._expire()
        return self._load(self._store.waiting(self._selection(mailbox)))

    def fetched(self, mailbox: str | Selection) -> list[Message]:
        """Return what POP3 clients have fetched from a mailbox, the one fetched last at the end."""
        return self._load(self._store.fetched(self._selection(mailbox)))

    def deleted(self, mailbox: str | Selection) -> list[Message]:
        """Return what POP3 clients have deleted from a mailbox, the one deleted last at the end."""
        self._expire()
        return self._load(self._store.deleted(self._selection(mailbox)))

    def maildrop(self, mailbox: str) -> list[Entry]:
        """Return what a POP3 client would list now, without a lock; a mailbox is named as for `mailbox`."""
        self._expire()
        return self._store.maildrop(self._selection(mailbox))

    def _load(self, ids: Iterable[int]) -> list[Message]:
        found = []
        for message in ids:
            try:
                found.append(self.message(message))
            except NoSuchMessage:  # deleted since the ids were read
                continue
        return found

    def summaries(
        self, *, start: int = 0, limit: int = 50, after: int = 0, mailbox: str = "", order: Order = NEWEST
    ) -> list[Summary]:
        """Return what a list shows of messages beyond the id `after`, `limit` of them from `start`, newest first.

        mailbox: only those that were delivered there, also when POP3 deleted them since; "" is all, as `*` is.
        order: another order; the first list by sender or by subject reads every message for that.
        """
        selection = self._selection(mailbox or EVERYTHING)
        if order.by.read:
            self._store.read_up(self._gist)
        return self._summaries(
            self._store.rows(start=start, limit=limit, after=after, selection=selection, order=order)
        )

    def page(self, *, start: int = 0, limit: int = 50, order: Order = NEWEST) -> tuple[list[Summary], Counts]:
        """Return `limit` of all messages from `start`, newest first or in an order, and the counts of the same moment.

        A store that changes at every try is cut to what the counts say.
        """
        for _ in range(MOST_TRIES):
            revision = self.revision
            found, counts = self.summaries(start=start, limit=limit, order=order), self.counts()
            if self.revision == revision:
                return found, counts
        return found[: max(0, counts.total - start)], counts

    def ids(self, mailbox: str = "", *, after: int = 0) -> list[int]:
        """Return the ids of what was delivered to a mailbox, or of all, beyond the id `after`; oldest first."""
        return self._store.ids(after=after, selection=self._selection(mailbox or EVERYTHING))

    def counts(self, mailbox: str = "") -> Counts:
        """Return how many messages there are, how many nobody opened, and their octets; of a mailbox, or of all."""
        return self._store.counts(self._selection(mailbox or EVERYTHING))

    def mailboxes(self) -> list[MailboxCount]:
        """Return each mailbox that has a message, by name."""
        self._expire()
        return self._store.mailboxes()

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of an address, those of a local part, or `*` for all, as a POP3 user opens them.

        It need not have any mail; raises BadMail for an empty name.
        """
        return Mailbox(self, self._selection(name))

    def _selection(self, name: str | Selection) -> Selection:
        return (
            name if isinstance(name, Selection) else selection_of(name, plus_addressing=self.settings.plus_addressing)
        )

    # Somebody waits.

    @property
    def revision(self) -> int:
        """How many changes were committed so far; the cursor of `wait`. Any thread."""
        return self._store.revision

    @property
    def last_id(self) -> int:
        """The id of the newest message ever accepted, 0 before the first; the cursor of `after`. Any thread."""
        return self._store.last_id

    def wait(self, revision: int, timeout: float | None) -> int:
        """Block until something changed after a revision, or timeout seconds have passed; return the revision.

        Raises ServerClosed when the server is stopped meanwhile.
        """
        return self._store.wait(revision, timeout)

    def mark(self) -> int:
        """Return a cursor for `after`: behind it is only what comes from now on."""
        return self.last_id

    def beyond(self, cursor: int, selection: Selection | None = None) -> list[Message]:
        """Return the messages behind an id in the order of their ids; `selection`: those waiting there."""
        if selection is None:
            return self.messages(after=cursor)
        self._expire()
        return self._load(sorted(message for message in self._store.waiting(selection) if message > cursor))

    def _watched(self) -> Watched:
        return Watched(self)

    # Mail is marked, and goes.

    def mark_read(self, ids: Iterable[int] | None, *, read: bool = True) -> int:
        """Set the read mark of these messages, None: of all; unknown ids are ignored. Return how many changed."""
        return self._store.mark_all_read(read=read) if ids is None else self._store.mark_read(ids, read=read)

    def delete(self, ids: Iterable[int]) -> int:
        """Delete messages for good, in every mailbox; unknown ids are ignored. Return how many there were."""
        gone = self._store.delete(ids)
        self.tally.add(Counted.DELETED, "inspector", by=gone)
        return gone

    def clear(self, *, uids: bool = False) -> int:
        """Delete every message, forget the ended sessions; return how many messages. Ports stay, ids go on rising.

        uids: also forget which UIDLs were chosen, so that the next test can choose them.
        """
        self._sessions.clear()
        gone = self._store.clear(uids=uids)
        self.tally.add(Counted.DELETED, "inspector", by=gone)
        return gone

    def begin_test(self, name: str, *, pooled: bool = False) -> tuple[Stray, ...]:
        """Serve a test from now on, empty, and return the strays of the one before; see `Server.begin_test`."""
        strays = self.turn.begin(name, self._sessions.open(), pooled=pooled)
        # A POP3 session of an earlier test keeps nobody out.
        self._locks = Locks()
        self.login_delay = LoginDelay(self.settings.pop3_login_delay, self._opened_by)
        self.faults.renew()
        self.clear(uids=True)
        if self.policy is not None:
            self.queue.renew()
        if self.settings.webhook_url is not None:
            self.webhooks.cancel()  # nor is anybody told of it
        return strays

    # Mail is fetched.

    def open_maildrop(self, user: str, *, exclusive: bool = True) -> Maildrop:
        """Lock and return what a POP3 user sees: what the account table says, or the mailboxes of that name.

        exclusive: False for a snapshot without the lock. Raises MaildropInUse, or BadMail for an empty name.
        """
        locks, opened = self._locks if exclusive else None, self._opened_by(user)
        self._expire()
        return Maildrop(
            self._store,
            locks,
            opened,
            user=user,
            clock=self.clock,
            expires=self._expires_at_quit,
            tally=self.tally,
        )

    def _expires_at_quit(self) -> bool:
        return self.settings.pop3_expire == 0 and "EXPIRE" not in self.hidden_pop3

    def _expire(self) -> None:
        """Delete over POP3 what is too old; whoever looks what is there does it first, so that nobody waits for it."""
        days = self.settings.pop3_expire
        if not isinstance(days, int) or days == 0 or "EXPIRE" in self.hidden_pop3:
            return
        now = self.clock()
        try:
            expired = self._store.expire(before=now - days * _DAY, now=now)
            self.tally.add(Counted.DELETED, "expire", by=expired)
        except StoreError as error:  # of a full disk mail can be read all the same; it expires the next time
            log.warning("no mail was expired: %s", error)

    def _opened_by(self, user: str) -> Selection:
        plus, table = self.settings.plus_addressing, self.settings.mailboxes
        return selection_of(user, plus_addressing=plus, table=table)

    def restore(self, message: int, mailbox: str | Selection = EVERYTHING) -> int:
        """Put back what POP3 deleted of a message in a mailbox, or in all. Return in how many it lies again.

        It keeps its UIDL: RFC 1939 section 7 has one belong to one message. A client that remembers having fetched it
        does not fetch it again; to have it fetched anew, deliver it once more. Raises NoSuchMessage.
        """
        found = self.message(message)
        selection = self._selection(mailbox)
        if not any(selection.holds(delivery.mailbox) for delivery in found.deliveries):
            raise NoSuchMessage(f"the message {message} was not delivered to {selection}")
        return self._store.restore(message, selection)

    def close(self, why: Callable[[], ServerClosed] | None = None) -> None:
        """Close the store. why: returns what is raised from now on; that the server was stopped if None. Any thread."""
        if why is not None:
            self._store.closed_with = why
        self._store.close()

    # For the doors.

    async def offload(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking verb for a door: here if it takes microseconds, else on a thread. On the loop."""
        if self._store.inline or _is_at_hand(function, args):
            return function(*args, **kwargs)
        return await asyncio.to_thread(function, *args, **kwargs)


def _refused_by_lint(envelope: Envelope, raw: bytes) -> list[Finding]:
    return [found for found in Message(0, envelope, raw, 0.0).lint if found.refusable]


def _is_at_hand(function: Callable[..., object], arguments: Sequence[object]) -> bool:
    match function, arguments:
        case MethodType(__func__=Maildrop.retrieve, __self__=Maildrop() as maildrop), [int(number)]:
            return maildrop.has_at_hand(number)
    return False
