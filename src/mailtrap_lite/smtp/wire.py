"""One SMTP connection, seen from its transport: octets in, replies out, time and the end. Knows no verb.

It is aiosmtpd's SMTP with another way to read and write; overridden.py says what is different, and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast  # Any: peer names, and what a coroutine yields to the loop

from aiosmtpd.smtp import SMTP

from mailtrap_lite.door.handshake import NotSecured, described, shake_hands
from mailtrap_lite.door.patience import Patience
from mailtrap_lite.door.reading import read_in_pieces
from mailtrap_lite.lines import AUTH_LINE, LineReader, Overlong
from mailtrap_lite.message import Ending, Speaker
from mailtrap_lite.settings import peer
from mailtrap_lite.smtp.mode import Mode
from mailtrap_lite.smtp.replies import IDLE, SHUTTING_DOWN, TOO_MANY_ERRORS, TOO_SLOW, is_wrong_command, without_codes
from mailtrap_lite.smtp.stepping import resumed

if TYPE_CHECKING:
    from mailtrap_lite.smtp.door import SmtpDoor

# Octets that wait for a reply to be computed or to be read; beyond, the client is not read from.
_MOST_PENDING = 64 * 1024
# Commands of one client that run before the others get their turn.
_BURST = 200
# Replies after which they are handed to the transport, which says when too many wait.
_MOST_REPLIES = 50
# Seconds in which a client has to take its last reply.
_FAREWELL = 5.0


class Wire(SMTP):
    """On the loop's thread, all of it."""

    transport: asyncio.Transport

    def __init__(self, door: SmtpDoor) -> None:
        # Not super().__init__(): see overridden.py.
        self._door = door
        self.sandbox, self._faults = door.sandbox, door.faults  # until the client logs in to another sandbox
        self._lines = LineReader(auth=AUTH_LINE)
        self._out: list[bytes] = []
        self._mode = Mode.COMMAND
        self._task: asyncio.Task[bytes] | None = None
        self._errors = 0
        self._eof = False
        self._lost = False
        self._ending = Ending.LEFT
        self._secure = False
        self._reading = True
        self._writable = True
        self._again = False
        self._draining = False
        self._context = door.tls
        self._hidden: frozenset[str] = frozenset()  # in this session only

    # What a dialogue has to do.

    def _greet(self) -> None:
        """The client is there."""
        raise NotImplementedError

    def _take_line(self, line: bytes) -> None:
        """A command, or an answer to a challenge."""
        raise NotImplementedError

    def _take_overlong(self) -> None:
        """There was a line beyond the limit."""
        raise NotImplementedError

    def _take_data(self, data: bytes) -> None:
        """A piece behind DATA; the dialogue gives back what follows the end."""
        raise NotImplementedError

    def _take_chunk(self, data: bytes) -> None:
        """A piece behind BDAT; the dialogue gives back what follows the end."""
        raise NotImplementedError

    def _secured(self) -> None:
        """TLS has begun."""
        raise NotImplementedError

    def _let_go(self) -> None:
        """No mail will come of what was collected."""
        raise NotImplementedError

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport = cast(asyncio.Transport, transport)
        read_in_pieces(transport)
        self.client = peer(transport.get_extra_info("peername"))
        self._clock = self.sandbox.clock
        self._recorder = self.sandbox.begin_session(self._door.protocol, client=self.client)
        settings = self._door.settings
        self._patience = Patience(
            idle=settings.smtp_idle,
            transfer=settings.smtp_transfer,
            over=self._ran_out,
            excused=lambda: self._mode is Mode.WAITING,
        )
        refusal = self._door.admit(self)
        if refusal is not None:
            self._end(refusal, Ending.REFUSED)
        else:
            self._welcome()

    def data_received(self, data: bytes) -> None:
        if self._mode is Mode.ENDED:
            return
        self._recorder.octets_in += len(data)
        self._lines.feed(data)
        self._pump()

    def eof_received(self) -> bool:
        if self._mode is Mode.ENDED:
            return False
        self._eof = True
        self._pump()
        # True keeps the other direction open, for the replies that are still to come. TLS has no other direction.
        return not self._secure and not self.transport.is_closing()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._pump()

    def connection_lost(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        self._patience.end()
        if self._task is None:
            self._gone()
        # Else a commit is under way. It goes on, as the mail is complete, and _worked() finishes.

    def _welcome(self) -> None:
        if self._door.implicit_tls:
            self._begin_tls()
        else:
            self._greet()
            self._flush()

    # What a dialogue calls.

    def _answer(self, reply: bytes) -> None:
        """Send a reply with the next flush; count it if the client was wrong."""
        if reply.startswith(b"2"):
            self._say(reply)
            return
        if is_wrong_command(reply):
            self._errors += 1
            if self._errors >= self._door.settings.session_errors:
                self._end(TOO_MANY_ERRORS, Ending.REFUSED, linger=True)
                return
        if reply.startswith(b"421"):
            self._end(reply, Ending.REFUSED)
            return
        self._say(reply)

    def _say(self, reply: bytes, *, fault: bool = False) -> None:
        if "ENHANCEDSTATUSCODES" in self.sandbox.hidden or "ENHANCEDSTATUSCODES" in self._hidden:
            reply = without_codes(reply)
        self._out.append(reply)
        now = self._clock()
        if reply.find(b"\n") == len(reply) - 1:
            self._recorder.note(Speaker.SERVER, reply[:-2], now, fault=fault)
            return
        for line in reply.splitlines():
            self._recorder.note(Speaker.SERVER, line, now, fault=fault)

    def _hear(self, line: bytes) -> None:
        """Write down what the client said; secrets must be gone already."""
        self._recorder.note(Speaker.CLIENT, line, self._clock())

    def _run(self, work: Coroutine[Any, Any, bytes]) -> None:
        """Answer what the coroutine returns; nothing else of this client is done before.

        It is begun here and now. Only when it has to wait it becomes a task: a commit in memory does not, and a task
        with a turn of the loop would cost half as much as that. So what needs to be in a task, as asyncio.timeout()
        does, cannot be the first thing that it waits for.
        """
        try:
            waits_for = work.send(None)
        except StopIteration as end:
            self._worked(end.value)
            return
        self._mode = Mode.WAITING
        self._task = self.loop.create_task(resumed(work, waits_for))
        self._task.add_done_callback(self._worked_later)

    def _end(self, reply: bytes, ending: Ending, *, linger: bool = False) -> None:
        """Send a last reply and close.

        linger: the client is likely to be sending; closing at once would reset the connection and lose the reply.
        """
        shaking = self._mode is Mode.HANDSHAKE or (self._door.implicit_tls and not self._secure)
        if not shaking:
            self._say(reply)
        # Do, then reply: who reads the last words finds the session ended.
        self._ending = ending
        self.sandbox.end_session(self._recorder, ending)
        if shaking:  # nobody would understand a word
            self._mode = Mode.ENDED
            self.transport.abort()
            return
        self._flush()
        self._farewell(linger=linger)

    def _note(self, text: bytes) -> None:
        """Write down what neither side said."""
        self._recorder.note(Speaker.NOTE, text, self._clock())

    def _begin_tls(self) -> None:
        """Shake hands. What the client sent before, in plain text, is dropped (RFC 3207 section 4.2)."""
        self._mode = Mode.HANDSHAKE
        if not self._door.implicit_tls:
            self._lines.take()
        self._regulate()  # before the client knows: what it sends from now on is for the handshake
        self._flush()
        self._shaking = self.loop.create_task(self._shake_hands())

    async def _shake_hands(self) -> None:
        context = self._context
        assert context is not None  # TLS is not offered without one  # noqa: S101
        if self._mode is not Mode.HANDSHAKE:  # ended before it began
            return
        try:
            secured = await shake_hands(
                self.transport, self, context, early=self._lines.take(), idle=self._door.settings.smtp_idle
            )
        except NotSecured as failure:
            self._note(f"TLS handshake failed: {failure}".encode())
            self._ending = failure.ending
        else:
            if self._mode is Mode.HANDSHAKE:  # else it was ended meanwhile
                self._lift(secured)
        finally:
            if not self._secure:
                self._mode = Mode.ENDED
                self.transport.abort()
                self.connection_lost(None)

    def _lift(self, transport: asyncio.Transport) -> None:
        """Go on over TLS."""
        self.transport = transport
        self._secure = True
        self._reading = self._writable = True
        self._recorder.tls, self._recorder.cipher = described(transport)
        self._note(f"{self._recorder.tls} with {self._recorder.cipher}".encode())
        self._patience.moved()
        self._mode = Mode.COMMAND
        self._secured()
        self._pump()

    # What the door calls.

    def shut_down(self, *, finish: bool, reply: bytes = SHUTTING_DOWN) -> None:
        """End with this reply. finish: a mail that is being received or committed may end first, and get its own."""
        if finish and self._mode in (Mode.DATA, Mode.CHUNK, Mode.WAITING):
            self._draining = True
            return
        # A commit under way may succeed: nobody may be told that it failed (RFC 5321 section 4.2.5).
        if self._mode not in (Mode.WAITING, Mode.ENDED):
            self._end(reply, Ending.SHUTDOWN)
        if not finish:
            self._ending = Ending.SHUTDOWN
            self.transport.abort()
            if self._task is not None:
                self._task.cancel()

    # The rest is how it works.

    def _pump(self) -> None:
        """Do what is complete, then send what was said."""
        commands = 0
        while True:
            if self._mode is Mode.DATA or self._mode is Mode.CHUNK:
                if not self._lines.pending:
                    break
                self._patience.moved()  # a mail that makes progress is not idle
                take = self._take_data if self._mode is Mode.DATA else self._take_chunk
                take(self._lines.take())
            elif self._mode in (Mode.COMMAND, Mode.AUTH) and self._writable:
                if commands == _BURST:
                    self._pump_again()
                    break
                if not self._next_line():
                    break
                commands += 1
                if commands == 2:
                    self._recorder.pipelined = True
                if len(self._out) >= _MOST_REPLIES:
                    self._flush()
            else:
                break
        self._flush()
        self._regulate()
        if self._eof and not self._again and self._mode not in (Mode.WAITING, Mode.ENDED) and self._writable:
            # Everything that the client sent was done. What is incomplete will stay so.
            self._farewell(linger=False)

    def _next_line(self) -> bool:
        limit = AUTH_LINE if self._mode is Mode.AUTH else self._door.settings.command_line
        try:
            line = self._lines.line(limit)
        except Overlong:
            self._take_overlong()
            return True
        if line is None:
            return False
        self._patience.moved()
        self._take_line(line)
        return True

    def _pump_again(self) -> None:
        if not self._again:
            self._again = True
            self.loop.call_soon(self._pump_now)

    def _pump_now(self) -> None:
        self._again = False
        self._pump()

    def _flush(self) -> None:
        if self._out:
            replies = b"".join(self._out)
            self._out.clear()
            self._recorder.octets_out += len(replies)
            if not self.transport.is_closing():
                self.transport.write(replies)

    def _regulate(self) -> None:
        """Stop reading from a client that is ahead of us, and go on when it is not. start_tls() reads by itself."""
        wanted = self._lines.pending <= _MOST_PENDING and self._mode is not Mode.HANDSHAKE
        if wanted is not self._reading:
            self._reading = wanted
            if wanted:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _worked_later(self, task: asyncio.Task[bytes]) -> None:
        self._task = None
        if self._lost or task.cancelled():
            self._let_go()
            if self._lost:
                self._gone()
            return
        self._worked(task.result())
        self._pump()

    def _worked(self, reply: bytes) -> None:
        """Answer something that a shutdown waits for."""
        self._mode = Mode.COMMAND
        self._patience.moved()
        self._answer(reply)
        self._leave_if_asked()

    def _leave_if_asked(self) -> None:
        """A shutdown waited for what has just ended."""
        if self._draining and self._mode is not Mode.ENDED:
            self._end(SHUTTING_DOWN, Ending.SHUTDOWN)

    def _ran_out(self, transfer: bool) -> None:
        """The client was silent, or its mail slow, for too long."""
        if self._mode is Mode.ENDED:
            self.transport.abort()
        else:
            self._end(TOO_SLOW if transfer else IDLE, Ending.IDLE, linger=True)

    def _farewell(self, *, linger: bool) -> None:
        self._mode = Mode.ENDED
        self._lines.take()
        self._regulate()
        if linger and not self._eof:
            try:
                linger = self.transport.can_write_eof()  # not over TLS, which says goodbye by itself
                if linger:
                    self.transport.write_eof()
            except OSError:  # the client has gone
                linger = False
        if not linger or self._eof:
            self.transport.close()
        if not self._lost:
            self._patience.last(_FAREWELL)

    def _gone(self) -> None:
        self._mode = Mode.ENDED
        self._let_go()
        self._door.forget(self)
        self.sandbox.end_session(self._recorder, self._ending)
