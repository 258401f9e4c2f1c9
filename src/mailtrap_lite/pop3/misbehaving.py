"""What a fault on purpose does to one POP3 connection: its time, its octets and its end. Knows no command.

Which fault happens at which stage, and what is said instead, is the machine's. On the loop.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

from mailtrap_lite.door.breaking import drops
from mailtrap_lite.door.handshake import ALERT, FAREWELL
from mailtrap_lite.door.patience import Patience
from mailtrap_lite.faults import (
    ActiveFault,
    BadCertificate,
    Delay,
    Drip,
    Drop,
    DropAfter,
    FailHandshake,
    Flaw,
    Occasion,
    Reset,
    Stage,
    Stall,
)
from mailtrap_lite.message import Protocol, Recorder, Speaker
from mailtrap_lite.pop3.sendqueue import Gone, SendQueue
from mailtrap_lite.sandbox import Faults


class OnPurpose(Gone):
    """A fault ended the connection."""


class Misbehaviour:
    """heard: the client has begun a handshake, or left. left: it sends no more. lost: it reads no more either.

    faults: of the sandbox that the client is in. user: as who it is there.
    """

    def __init__(self, faults: Faults, recorder: Recorder, out: SendQueue, patience: Patience) -> None:
        self.heard = asyncio.Event()
        self.left = asyncio.Event()
        self.lost = asyncio.Event()
        self.faults = faults
        self.user: str | None = None
        self._recorder = recorder
        self._out = out
        self._patience = patience
        self._gait: DropAfter | Drip | None = None
        self._about_content = False
        self._passed = 0

    @property
    def pending(self) -> bool:
        """Whether the next answer goes out in an unusual way."""
        return self._gait is not None

    def client_left(self, *, whole: bool) -> None:
        """The client sends no more; whole: it reads no more either."""
        self.heard.set()
        self.left.set()
        if whole:
            self.lost.set()

    def forget(self) -> None:
        """The answer that was meant is over."""
        self._gait = None

    def at(self, stage: Stage, user: str | None = None) -> ActiveFault | None:
        """Return the fault that happens now, or None. user: who wants to log in."""
        if not self.faults.active:
            return None
        session, client = self._recorder.id, self._recorder.client
        return self.faults.at(Occasion(Protocol.POP3, stage, session, client, user=self.user or user))

    async def welcome(self) -> None:
        """The client has connected; raises OnPurpose or Gone."""
        if fault := self.at(Stage.CONNECT):
            await self.perform(fault)

    async def perform(self, fault: ActiveFault, *, content: bool = False) -> None:
        """Do what a fault says; raises OnPurpose if that ends the connection, Gone if the client ended it.

        content: it is about the content of the message that is sent next, and not about its reply.
        """
        self._recorder.note(Speaker.NOTE, f"fault {fault}".encode(), self.faults.clock(), fault=True)
        match fault.action:
            case Delay(seconds):
                await self._out.flush()
                await self._sleep(seconds)
            case Stall():
                await self._out.flush()
                self._out.read_on()
                await self.left.wait()
                raise OnPurpose
            case FailHandshake():
                await self._refuse_handshake()
                raise OnPurpose
            case Drop():
                await self._out.flush()
                raise OnPurpose
            case Reset():
                await self._out.flush()
                self._out.break_off_at_end()
                raise OnPurpose
            case DropAfter() | Drip() as gait:
                self._gait, self._about_content, self._passed = gait, content, 0

    async def context(
        self, usual: ssl.SSLContext | None, flawed: Callable[[Flaw], ssl.SSLContext] | None
    ) -> ssl.SSLContext | None:
        """Return with what hands are shaken; raises OnPurpose or Gone if they are not."""
        fault = self.at(Stage.HANDSHAKE)
        if fault is None:
            return usual
        await self.perform(fault)
        if isinstance(fault.action, BadCertificate) and flawed is not None:
            return flawed(fault.action.flaw)
        return usual

    async def send(self, data: bytes, *, content: bool = False) -> None:
        """Send octets of a reply or of a message, in the way that a fault has said; raises OnPurpose or Gone."""
        gait = self._gait if self._about_content is content else None
        match gait:
            case None:
                await self._out.add(data)
            case DropAfter(most):
                await self._out.add(data[: max(0, most - self._passed)])
                self._passed += len(data)
                if self._passed >= most:
                    await self._out.flush()
                    raise OnPurpose
            case Drip(rate):
                pieces, pause = drops(data, rate)
                for piece in pieces:
                    await self._out.add(piece)
                    await self._out.flush()
                    await self._sleep(pause)

    async def _refuse_handshake(self) -> None:
        # Before the client has begun its handshake, the alert would be read as the end of the reply to STLS.
        self._out.read_on()
        await self.heard.wait()
        if self.lost.is_set():
            return
        await self._out.add(ALERT)
        await self._out.flush()
        # A connection that is closed with something unread is reset, and the alert lost.
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self.left.wait()

    async def _sleep(self, seconds: float) -> None:
        """Wait; the client may be silent meanwhile. Raises Gone when it has left."""
        with self._patience.working():
            try:
                async with asyncio.timeout(seconds):
                    await self.lost.wait()
            except TimeoutError:
                return
        raise Gone
