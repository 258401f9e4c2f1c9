"""One POP3 connection: the machine on an asyncio transport, with back-pressure, an idle timer and a transcript.

It knows octets, tasks and the sandbox's verbs; which reply belongs to which command is the machine's.

What a client can make it hold is bounded: `MOST_PENDING` octets of commands and one read, one slice of a message beside
the message itself, and 500 lines of transcript.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, cast

from mailtrap_lite.door.handshake import NotSecured, described, shake_hands
from mailtrap_lite.door.patience import Patience
from mailtrap_lite.door.reading import read_in_pieces
from mailtrap_lite.errors import MailtrapError, NoSuchMessage
from mailtrap_lite.message import Ending, Protocol, Speaker
from mailtrap_lite.pop3.actions import Action, Close, Expunge, Fetch, Heard, Login, Misbehave, Send, StartTls, Transmit
from mailtrap_lite.pop3.machine import Machine
from mailtrap_lite.pop3.misbehaving import Misbehaviour, OnPurpose
from mailtrap_lite.pop3.offer import offer
from mailtrap_lite.pop3.replies import err
from mailtrap_lite.pop3.sendqueue import Gone, SendQueue
from mailtrap_lite.pop3.snapshot import Refused
from mailtrap_lite.pop3.states import State
from mailtrap_lite.pop3.stay import Stay
from mailtrap_lite.pop3.visit import Visit
from mailtrap_lite.pop3.wire import SLICE, sends_all, transmission
from mailtrap_lite.settings import peer

if TYPE_CHECKING:
    from mailtrap_lite.pop3.server import Pop3Door
    from mailtrap_lite.sandbox import Sandbox

log = logging.getLogger(__name__)

MOST_PENDING: Final = 64 * 1024  # commands not looked at yet; beyond it the client is not read from
MOST_ACTIONS: Final = 64  # done in one go before other sessions get their turn


class Link(Enum):
    """What the client's side of the connection is."""

    OPEN = auto()
    HALF_CLOSED = auto()  # it sends no more, but may read
    LOST = auto()


class Connection(asyncio.Protocol):
    """One session. On the loop; `door.crowd` holds all connections of the door."""

    def __init__(self, door: Pop3Door) -> None:
        self._door = door
        self._stay = Stay(door.sandboxes)
        self._settings = door.settings
        self._crowd = door.crowd
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.link = Link.OPEN
        self._machine = Machine(
            door.settings.hostname,
            stamp=door.stamp,
            accounts=door.accounts,
            hidden=self._stay.hidden,
            can_tls=door.tls is not None,
            tls=door.implicit_tls,
            tls_first=door.settings.pop3_require_tls,
            login_delay=door.settings.pop3_login_delay,
            expire=str(door.settings.pop3_expire).upper(),
            faults=self._stay.fault_at,
        )
        self._news = asyncio.Event()  # octets or the end came in
        self._task: asyncio.Task[None] | None = None
        self._secure = False
        self._shaking = door.implicit_tls
        self._heard = False  # a command
        self._unsure = False  # whether the client is there, which said more without an answer to its login
        self._unsent = 0  # octets, when the client last seemed to be silent
        self._ending = Ending.LEFT
        self._troubles = 0

    @property
    def sandbox(self) -> Sandbox:
        """The one that the session is in."""
        return self._stay.sandbox

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or send away one too many."""
        self._transport = cast(asyncio.Transport, transport)
        read_in_pieces(transport)
        self._out = SendQueue(self._transport)
        self._out.begin()
        self._crowd.add(self)
        if self._door.admission.refuses(transport, present=len(self._crowd)):
            self._turn_away()
            return
        if self._shaking:
            self._transport.pause_reading()
        client = peer(self._transport.get_extra_info("peername"))
        self._recorder = self.sandbox.begin_session(Protocol.POP3, client=client)
        self._patience = Patience(idle=self._settings.pop3_idle, over=self._ran_out, excused=self._is_taking)
        self._visit = Visit(self.sandbox, self._recorder, self._patience)
        self._faulty = Misbehaviour(self.sandbox.faults, self._recorder, self._out, self._patience)
        self._stay.begin(self._recorder, self._visit, self._faulty)
        self._task = self._loop.create_task(self._live())
        log.debug("POP3 session %s: begins, client %s", self._recorder.id, self._recorder.client)

    def _turn_away(self) -> None:
        if self._shaking:  # nobody would understand a word
            self._transport.abort()
            return
        code = offer(self._stay.hidden()).code("SYS/TEMP")
        self._transport.write(err("too many connections", code))
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Hand the octets over, and stop reading when the client is far ahead of us."""
        if self._task is None:
            return
        self._patience.moved()
        self._recorder.octets_in += len(data)
        self._machine.receive(data)
        # While hands are shaken this transport is not the one to be paused; what can come is one read.
        if self._machine.pending > MOST_PENDING and not self._shaking:
            self._transport.pause_reading()
        self._news.set()
        if self._shaking:
            self._faulty.heard.set()

    def eof_received(self) -> bool:
        """Go on: a client that has sent QUIT may close its side and still wants the answer."""
        self.link = Link.HALF_CLOSED
        self._news.set()
        if self._task is not None:
            self._faulty.client_left(whole=False)
        # TLS has no other direction that could stay open.
        return self._task is not None and not self._secure and not self._shaking

    def pause_writing(self) -> None:
        """Wait: the client reads more slowly than we write."""
        self._out.pause()

    def resume_writing(self) -> None:
        """Go on."""
        if self._task is not None:
            self._patience.moved()
        self._out.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the task find out."""
        self.link = Link.LOST
        self._news.set()
        if self._task is not None:
            self._faulty.client_left(whole=True)
        self._out.resume()
        self._part()

    # What the door calls.

    def stop(self) -> None:
        """End the session now, unless it is in its UPDATE state."""
        if self._machine.state is not State.UPDATE:
            self._ending = Ending.SHUTDOWN
            self._transport.abort()

    def kill(self) -> None:
        """End the session now, whatever it does."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    # The session.

    async def _live(self) -> None:
        try:
            await self._faulty.welcome()
            if self._shaking:
                await self._shake_hands()
            await self._converse()
        except Gone as gone:
            if isinstance(gone, OnPurpose):
                self._ending = Ending.FAULT
        except asyncio.CancelledError:
            self._visit.forget()
            raise
        except Exception:
            log.exception("POP3 session %s: local error, the connection is closed", self._recorder.id)
        finally:
            try:
                await self._visit.end(self._ending)
            finally:
                self._patience.end()
                self._task = None
                self._out.close()
                self._part()

    def _part(self) -> None:
        """Leave the crowd once both the task and the transport have ended."""
        if self._task is None and self.link is Link.LOST:
            self._crowd.discard(self)
            if not self.ended.done():
                self.ended.set_result(None)

    async def _converse(self) -> None:
        while True:
            self._news.clear()
            if not await self._obey():
                return
            if self._news.is_set():
                continue  # something came in while the last replies went out
            if self.link is not Link.OPEN:
                return
            self._transport.resume_reading()
            await self._news.wait()

    async def _obey(self) -> bool:
        """Do all that can be done now; return whether the session goes on."""
        done = 0
        while (action := self._next()) is not None:
            match action:
                case Heard(text):
                    self._heard = True
                    self._faulty.forget()
                    if self._unsure:
                        await self._make_sure()
                    self._note(Speaker.CLIENT, text)
                case Send(data, is_fault):
                    await self._send(data, fault=is_fault)
                case Misbehave(fault, content):
                    await self._faulty.perform(fault, content=content)
                case Transmit():
                    await self._transmit(action)
                case Close(data, is_fault):
                    await self._say_goodbye(data, fault=is_fault)
                    return False
                case StartTls(reply):
                    await self._start_tls(reply)
                case Expunge():
                    with suppress(Gone):  # who says QUIT and leaves has said QUIT
                        await self._out.flush()
                    await self._answer(action)
                case Login():
                    await self._out.flush()
                    await self._answer(action)
                    self._unsure = self._machine.pending > 0
                case question:
                    await self._out.flush()
                    await self._answer(question)
            done += 1
            if done % MOST_ACTIONS == 0:
                await asyncio.sleep(0)
        await self._out.flush()
        return True

    def _next(self) -> Action | None:
        try:
            return self._machine.next_action()
        except Exception:  # noqa: BLE001  # a bug of ours must not cost the client its session
            return Send(err(self._trouble(), offer(self._stay.hidden()).code("SYS/TEMP")))

    async def _send(self, data: bytes, *, fault: bool = False) -> None:
        if self._heard and self._machine.pending:  # what is there was sent before the client could have this reply
            self._recorder.pipelined = True
        self._note(Speaker.SERVER, data[: data.index(b"\r\n")], fault=fault)
        await self._faulty.send(data)
        self._recorder.octets_out = self._out.total

    async def _make_sure(self) -> None:
        """Raise Gone if nobody takes the answer to the login.

        Who left before it knows nothing of the maildrop, so a QUIT that it sent along is no reason to delete; a client
        that only sends no more does take it.
        """
        self._unsure = False
        await self._out.flush()
        if self._out.refused():
            raise Gone

    async def _transmit(self, action: Transmit) -> None:
        for piece in transmission(action.raw, action.lines):
            await self._faulty.send(piece, content=True)
            if len(piece) >= SLICE:
                await asyncio.sleep(0)  # a fast client must not keep the loop to itself
        self._recorder.octets_out = self._out.total
        await self._out.flush()
        if sends_all(action.raw, action.lines):
            self._visit.sent(action.number)

    async def _say_goodbye(self, data: bytes, *, fault: bool) -> None:
        # Do, then reply: who reads the last words finds the maildrop unlocked and the session written down.
        self._note(Speaker.SERVER, data[: data.index(b"\r\n")], fault=fault)
        self._recorder.octets_out = self._out.total + len(data)
        self._ending = Ending.QUIT if data.startswith(b"+OK") else Ending.REFUSED
        if fault or self._faulty.pending:
            self._ending = Ending.FAULT
        await self._visit.end(self._ending)
        await self._faulty.send(data)
        await self._out.flush()

    # TLS.

    async def _start_tls(self, reply: bytes) -> None:
        self._shaking = True
        # Before the reply that makes the client begin: what comes until then is plain text, and dropped; what comes
        # behind it belongs to the handshake.
        self._transport.pause_reading()
        if self._machine.discard():
            self._recorder.pipelined = True
        await self._send(reply)
        await self._out.flush()
        await self._shake_hands()
        self._machine.secured()

    async def _shake_hands(self) -> None:
        context = await self._faulty.context(self._door.tls, self._door.flawed)
        assert context is not None  # TLS is not offered without one  # noqa: S101
        try:
            with self._patience.working():  # a handshake has a time of its own
                self._transport = await shake_hands(
                    self._transport, self, context, early=self._machine.discard(), idle=self._settings.pop3_idle
                )
            self._shaking = False
        except NotSecured as failure:
            self._note(Speaker.NOTE, f"TLS handshake failed: {failure}".encode())
            if self._ending is not Ending.SHUTDOWN:
                self._ending = failure.ending
            raise Gone from None
        finally:
            if self._shaking:  # then nobody tells us of the end of the connection
                self._transport.abort()
                self.link = Link.LOST
        self._out.lift(self._transport)
        self._secure = True
        self._recorder.tls, self._recorder.cipher = described(self._transport)
        self._note(Speaker.NOTE, f"{self._recorder.tls} with {self._recorder.cipher}".encode())

    # Questions.

    async def _answer(self, question: Login | Fetch | Expunge) -> None:
        try:
            match question:
                case Login(user, acts_as):
                    await self._log_in(user, acts_as)
                case Fetch(number):
                    self._machine.fetched(await self._visit.retrieve(number))
                case Expunge(numbers):
                    await self._visit.expunge(numbers)
                    self._machine.expunged()
        except Refused as refusal:
            self._machine.failed(str(refusal), refusal.code)
        except NoSuchMessage:
            self._machine.failed("message was removed meanwhile")
        except MailtrapError as error:
            log.info("POP3 session %s: %s", self._recorder.id, error)
            self._machine.failed(str(error), error.pop3)
        except Exception:  # noqa: BLE001  # a bug of ours must not cost the client its session
            self._machine.failed(self._trouble(), "SYS/TEMP")

    async def _log_in(self, user: str, acts_as: str) -> None:
        # A client that drops its connection and comes back at once must not meet its own lock. Who leaves is asked
        # before the lock is tried: a session may end between the refusal and the moment when we hear of it.
        leaving = {other.ended for other in self._crowd if other is not self and other.link is not Link.OPEN}
        maildrop = self._stay.maildrop_of(user, acts_as)
        with self._stay.turn(maildrop):
            await self._visit.open(maildrop, exclusive=self._settings.pop3_lock, leaving=leaving)
        self._stay.logged_in(user)
        self._machine.logged_in(self._visit.entries)

    def _trouble(self) -> str:
        """Log the exception that is being handled and return what the client is told of it."""
        self._troubles += 1
        number = f"{self._recorder.id}-{self._troubles}"
        log.exception("POP3 local error %s", number)
        return f"local error {number}"

    # The end.

    def _note(self, speaker: Speaker, text: bytes, *, fault: bool = False) -> None:
        self._recorder.note(speaker, text, self.sandbox.clock(), fault=fault)

    def _is_taking(self) -> bool:
        """Return whether the client takes what it was sent, though it says nothing."""
        before, self._unsent = self._unsent, self._out.unsent()
        return self._unsent != before

    def _ran_out(self, _: bool) -> None:
        """End a session that did not move for too long, without UPDATE and without a word (RFC 1939 section 3)."""
        log.info("POP3 session %s: closed after %g s of silence", self._recorder.id, self._settings.pop3_idle)
        self._ending = Ending.IDLE
        self._transport.abort()
