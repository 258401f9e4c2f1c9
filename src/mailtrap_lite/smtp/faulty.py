"""An SMTP connection that can misbehave on purpose: what a fault does to replies, time, TLS and the connection.

Knows no verb and no rule: which fault happens is for the sandbox to say, and when to ask for the dialogue.
While there is no fault, each stage costs one look at an empty tuple.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mailtrap_lite import faults  # its names are imported when a fault happens
from mailtrap_lite.door.breaking import break_off, drops
from mailtrap_lite.door.handshake import ALERT
from mailtrap_lite.errors import Reply
from mailtrap_lite.faults import Stage
from mailtrap_lite.message import Ending, Recorder, Speaker
from mailtrap_lite.offer import Offer
from mailtrap_lite.smtp.mode import Mode
from mailtrap_lite.smtp.replies import octets
from mailtrap_lite.smtp.wire import Wire

if TYPE_CHECKING:
    from mailtrap_lite.faults import Action, ActiveFault, Occasion
    from mailtrap_lite.smtp.door import SmtpDoor

# Seconds between two looks for the beginning of a handshake that is to fail.
_LOOK = 0.005


@dataclass(frozen=True, slots=True)
class Judgement:
    """What faults say at the end of a mail.

    refusals: for each reply that is owed what is said instead, or None. action: how the replies go out, or do not.
    """

    refusals: list[bytes | None]
    action: Action | None = None

    @property
    def delay(self) -> float:
        """Seconds before the mail is stored."""
        return self.action.seconds if isinstance(self.action, faults.Delay) else 0.0

    @property
    def stores(self) -> bool:
        """Whether the mail is stored, if it has a recipient left."""
        return not isinstance(self.action, faults.Drop | faults.Reset | faults.Stall)

    def joined(self, stored: bytes) -> bytes:
        """Return all replies. stored: what is said of the mail."""
        return b"".join(stored if refusal is None else refusal for refusal in self.refusals)


class Faulty(Wire):
    """On the loop's thread, all of it."""

    def __init__(self, door: SmtpDoor) -> None:
        super().__init__(door)
        self._later: asyncio.TimerHandle | None = None
        self._nap: asyncio.Task[None] | None = None  # a handshake that is delayed
        self._most_mail: int | None = None  # octets after which the connection is dropped
        self._refusal_of_chunk = b""
        self._to_hide: frozenset[str] = frozenset()  # by the greeting that is being answered
        self._judgement: Judgement | None = None

    # For the occasions.

    @property
    def recorder(self) -> Recorder:
        """What writes this session down."""
        return self._recorder

    @property
    def hidden(self) -> frozenset[str]:
        """Capabilities that are not there for this session."""
        return self.sandbox.hidden | self._hidden if self._hidden else self.sandbox.hidden

    @property
    def offer(self) -> Offer:
        """What this session can use."""
        return self._door.offer(tls=self._secure, hidden=self.hidden)

    def occasion(
        self, stage: Stage, *, sender: str | None = None, recipients: tuple[str, ...] = (), user: str | None = None
    ) -> Occasion:
        """Return that this session has come to a stage."""
        door, session = self._door, self._recorder.id
        return faults.Occasion(
            door.protocol, stage, session, self.client, sender=sender, recipients=recipients, user=user
        )

    # What a dialogue calls.

    def _unless_faulty(self, stage: Stage, go: Callable[[], bytes | None], *, user: str | None = None) -> bytes | None:
        """Return what `go` returns, unless a fault happens at this stage; None if the reply was given, or will be."""
        if not self._faults.active:
            return go()
        return self._unless_fault_of(self.occasion(stage, user=user), go)

    def _unless_fault_of(self, occasion: Occasion, go: Callable[[], bytes | None]) -> bytes | None:
        """Do the same for an occasion."""
        fault = self._fault(occasion)
        if fault is None:
            return go()
        match fault.action:
            case Reply() as reply:
                return self._refuse(occasion.stage, octets(reply), go)
            case faults.Delay(seconds):
                self._mode = Mode.WAITING
                self._later = self.loop.call_later(seconds, self._go_on, go)
                return None
            case faults.Hide(names):
                self._to_hide = frozenset(names)
                return go()
            case faults.DropAfter(most) if occasion.stage is Stage.DATA:
                self._most_mail = most
                return go()
            case faults.DropAfter() | faults.Drip():
                said = go()
                assert said is not None  # the table has none of the stages that answer otherwise  # noqa: S101
                self._say_wrongly(fault.action, said)
            case action:
                self._say_wrongly(action, b"")
        return None

    def _breaks_off(self, received: int) -> bool:
        """Return whether the connection is dropped, now that so many octets of a mail have come."""
        if self._most_mail is None or received < self._most_mail:
            return False
        self._hang_up()
        return True

    def _judge(self, occasions: Sequence[Occasion]) -> Judgement:
        """Ask about each reply that a mail is owed; whatever is no reply is for all of them."""
        action: Action | None = None
        refusals: list[bytes | None] = []
        for occasion in occasions:
            fault = self._fault(occasion)
            found = None if fault is None else fault.action
            refusals.append(octets(found) if isinstance(found, Reply) else None)
            if found is not None and not isinstance(found, Reply) and action is None:
                action = found
        self._judgement = Judgement(refusals, action)
        return self._judgement

    # What is done otherwise.

    def connection_lost(self, error: Exception | None) -> None:
        if self._later is not None:
            self._later.cancel()
        if self._nap is not None:
            self._nap.cancel()
        super().connection_lost(error)

    def _welcome(self) -> None:
        self._unless_faulty(Stage.CONNECT, super()._welcome)

    async def _shake_hands(self) -> None:
        fault = self._fault(self.occasion(Stage.HANDSHAKE)) if self._faults.active else None
        match None if fault is None else fault.action:
            case faults.Delay(seconds):
                self._nap = asyncio.current_task()
                await asyncio.sleep(seconds)
                self._nap = None
            case faults.BadCertificate(flaw) if self._door.flawed is not None:
                self._context = self._door.flawed(flaw)
            case faults.FailHandshake():
                await self._refuse_handshake()
                return
            case faults.Drop() | faults.Reset() | faults.Stall() as action:
                self._say_wrongly(action, b"")
                return
        await super()._shake_hands()

    async def _refuse_handshake(self) -> None:
        # Before the client has begun its handshake, the alert would be read as the end of the reply to STARTTLS.
        self._mode = Mode.STALLED
        self._regulate()
        # An event would cost each read of each connection something; this costs only who asked for it.
        while not (  # noqa: ASYNC110
            self._lines.pending or self._eof or self._lost or self._mode is not Mode.STALLED
        ):
            await asyncio.sleep(_LOOK)
        if self._mode is Mode.STALLED:
            self._out.append(ALERT)
            self._hang_up(linger=True)

    def _worked(self, reply: bytes) -> None:
        judgement, self._judgement = self._judgement, None
        if judgement is None:
            super()._worked(reply)
            return
        self._mode = Mode.COMMAND
        self._patience.moved()
        if judgement.action is None or isinstance(judgement.action, faults.Delay):
            for line, refusal in zip(reply.splitlines(keepends=True), judgement.refusals, strict=False):
                self._say(line, fault=refusal is not None)
            if reply.startswith(b"421"):
                self._hang_up(linger=True)
        else:
            self._say_wrongly(judgement.action, reply)
        if self._mode is Mode.COMMAND:
            self._leave_if_asked()

    def _end(self, reply: bytes, ending: Ending, *, linger: bool = False) -> None:
        if self._mode is Mode.STALLED:
            self._hang_up()
        else:
            super()._end(reply, ending, linger=linger)

    # The rest is how it works.

    def _fault(self, occasion: Occasion) -> ActiveFault | None:
        fault = self._faults.at(occasion)
        if fault is not None:
            self._recorder.note(Speaker.NOTE, f"fault {fault}".encode(), self._clock(), fault=True)
        return fault

    def _refuse(self, stage: Stage, reply: bytes, go: Callable[[], bytes | None]) -> bytes | None:
        if stage is Stage.DATA and self._announces_chunk(go):
            self._refusal_of_chunk = reply
            return go()
        self._say(reply, fault=True)
        if stage is Stage.BANNER or reply.startswith(b"421"):
            self._hang_up(linger=True)
        return None

    def _announces_chunk(self, go: Callable[[], bytes | None]) -> bool:
        """Return whether a command is BDAT, whose octets have to pass before anything is said."""
        return isinstance(go, partial) and go.args[0] is self._door.verbs["BDAT"]

    def _go_on(self, go: Callable[[], bytes | None]) -> None:
        """Do what was delayed."""
        self._later = None
        if self._lost or self._mode is not Mode.WAITING:
            return
        self._mode = Mode.COMMAND
        self._patience.moved()
        reply = go()
        if reply is not None:
            self._answer(reply)
        if self._mode is not Mode.WAITING:
            self._leave_if_asked()
        self._pump()

    def _say_wrongly(self, action: Action, reply: bytes) -> None:
        match action:
            case faults.Stall():
                self._flush()
                self._mode = Mode.STALLED
                self._ending = Ending.FAULT
                self._regulate()
            case faults.Reset():
                self._ending = Ending.FAULT
                self._mode = Mode.ENDED
                break_off(self.transport)
            case faults.DropAfter(most):
                self._say(reply, fault=True)
                if len(reply) >= most:
                    self._out.append(self._out.pop()[:most])
                    self._hang_up()
            case faults.Drip(rate):
                self._flush()
                self._say(reply, fault=True)
                self._mode = Mode.WAITING
                self._drip(*drops(self._out.pop(), rate))
            case faults.Drop() | faults.AcceptThenDrop():
                self._hang_up()

    def _drip(self, pieces: Iterator[bytes], pause: float) -> None:
        self._later = None
        if self._lost or self._mode is not Mode.WAITING:
            return
        piece = next(pieces, None)
        if piece is not None:
            self._out.append(piece)
            self._flush()
            self._later = self.loop.call_later(pause, self._drip, pieces, pause)
            return
        self._mode = Mode.COMMAND
        self._patience.moved()
        self._leave_if_asked()
        self._pump()

    def _hang_up(self, *, linger: bool = False) -> None:
        # Do, then reply: who finds the connection closed finds the session ended.
        self._ending = Ending.FAULT
        self.sandbox.end_session(self._recorder, self._ending)
        self._flush()
        self._farewell(linger=linger)
