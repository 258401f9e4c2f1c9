"""One SMTP connection, seen from its transport: octets in, replies out, time and the end. Knows no verb.

It is aiosmtpd's SMTP with another way to read and write. What is overridden here, and why (aiosmtpd 1.4.6):

* `__init__` inspects itself and its handler, 100 to 200 µs a connection, and asks the DNS for its own name.
  Here it sets what is needed; the rest belongs to the class or to the door.
* A task for each connection reads lines from a StreamReader.
  Here `data_received` runs the commands that are complete, and only what has to wait is a task.
* Each reply line is one write. Here everything that was asked in one piece is (RFC 2920 section 3.2).
* Each command sets a timer. Here a connection has one, which looks for the last sign of life when it fires.
* `eof_received` cancels what is going on.
  Here a client that half-closes gets its mail stored and its replies (RFC 5321 section 4.1.1.10).
* An idle client is closed silently. Here it gets 421 (RFC 5321 section 3.8).
* `mail.log` gets what the client sent, control characters and credentials included.
  Here a transcript gets it, escaped and without secrets.
* A client that sends and never reads makes replies pile up. Here no command is read while replies wait to be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, cast  # Any: what a coroutine yields to the loop is the loop's business

from aiosmtpd.smtp import SMTP

from mailtrap_lite.message import Protocol, Recorder, Speaker
from mailtrap_lite.settings import Endpoint
from mailtrap_lite.smtp.lines import AUTH_LINE, LineBuffer, Overlong
from mailtrap_lite.smtp.replies import IDLE, SHUTTING_DOWN, TOO_MANY_ERRORS, is_wrong_command

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


class Mode(Enum):
    """What the next octets of the client are."""

    COMMAND = auto()
    AUTH = auto()  # an answer to a challenge
    DATA = auto()
    WAITING = auto()  # they have to wait: a reply is being worked out
    ENDED = auto()  # nobody looks at them any more


class Wire(SMTP):
    """On the loop's thread, all of it."""

    transport: asyncio.Transport

    def __init__(self, door: SmtpDoor) -> None:
        # Not super().__init__(): see the table above.
        self._door = door
        self._lines = LineBuffer()
        self._out: list[bytes] = []
        self._mode = Mode.COMMAND
        self._task: asyncio.Task[bytes] | None = None
        self._errors = 0
        self._eof = False
        self._lost = False
        self._reading = True
        self._writable = True
        self._again = False
        self._draining = False

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

    def _let_go(self) -> None:
        """No mail will come of what was collected."""
        raise NotImplementedError

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport = cast(asyncio.Transport, transport)
        sandbox = self._door.sandbox
        self.client = _spelled(transport.get_extra_info("peername"))
        self._clock = sandbox.clock
        self._recorder = Recorder(sandbox.new_session(), Protocol.SMTP, client=self.client, started=self._clock())
        self._patience = self._door.settings.smtp_idle
        self._alive = self.loop.time()
        self._timer = self.loop.call_later(self._patience, self._look)
        refusal = self._door.admit(self)
        if refusal is not None:
            self._end(refusal)
            return
        self._greet()
        self._flush()

    def data_received(self, data: bytes) -> None:
        if self._mode is Mode.ENDED:
            return
        self._lines.feed(data)
        self._pump()

    def eof_received(self) -> bool:
        if self._mode is Mode.ENDED:
            return False
        self._eof = True
        self._pump()
        # True keeps the other direction open, for the replies that are still to come.
        return not self.transport.is_closing()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._pump()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._timer.cancel()
        if self._task is None:
            self._gone()
        # Else a commit is under way. It goes on, as the mail is complete, and _worked() finishes.

    # What a dialogue calls.

    def _answer(self, reply: bytes) -> None:
        """Send a reply with the next flush; count it if the client was wrong."""
        if reply.startswith(b"2"):
            self._say(reply)
            return
        if is_wrong_command(reply):
            self._errors += 1
            if self._errors >= self._door.settings.session_errors:
                self._end(TOO_MANY_ERRORS, linger=True)
                return
        if reply.startswith(b"421"):
            self._end(reply)
            return
        self._say(reply)

    def _say(self, reply: bytes) -> None:
        self._out.append(reply)
        now = self._clock()
        if reply.find(b"\n") == len(reply) - 1:
            self._recorder.note(Speaker.SERVER, reply[:-2], now)
            return
        for line in reply.splitlines():
            self._recorder.note(Speaker.SERVER, line, now)

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
        self._task = self.loop.create_task(_resumed(work, waits_for))
        self._task.add_done_callback(self._worked_later)

    def _end(self, reply: bytes, *, linger: bool = False) -> None:
        """Send a last reply and close.

        linger: the client is likely to be sending; closing at once would reset the connection and lose the reply.
        """
        self._say(reply)
        self._flush()
        self._farewell(linger=linger)

    # What the door calls.

    def shut_down(self, *, finish: bool) -> None:
        """End with 421. finish: a mail that is being received or committed may end first, and get its reply."""
        if finish and self._mode in (Mode.DATA, Mode.WAITING):
            self._draining = True
            return
        # A commit under way may succeed: nobody may be told that it failed (RFC 5321 section 4.2.5).
        if self._mode not in (Mode.WAITING, Mode.ENDED):
            self._end(SHUTTING_DOWN)
        if not finish:
            self.transport.abort()
            if self._task is not None:
                self._task.cancel()

    # The rest is how it works.

    def _pump(self) -> None:
        """Do what is complete, then send what was said."""
        commands = 0
        while True:
            if self._mode is Mode.DATA:
                if not self._lines.pending:
                    break
                self._alive = self.loop.time()  # a mail that makes progress is not idle
                self._take_data(self._lines.take())
            elif self._mode in (Mode.COMMAND, Mode.AUTH) and self._writable:
                if commands == _BURST:
                    self._pump_again()
                    break
                if not self._next_line():
                    break
                commands += 1
                if len(self._out) >= _MOST_REPLIES:
                    self._flush()
            else:
                break
        self._flush()
        self._regulate()
        if self._eof and not self._again and self._mode in (Mode.COMMAND, Mode.AUTH, Mode.DATA) and self._writable:
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
        self._alive = self.loop.time()
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
            if not self.transport.is_closing():
                self.transport.write(replies)

    def _regulate(self) -> None:
        """Stop reading from a client that is ahead of us, and go on when it is not."""
        wanted = self._lines.pending <= _MOST_PENDING
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
        self._alive = self.loop.time()
        self._answer(reply)
        if self._draining and self._mode is not Mode.ENDED:
            self._end(SHUTTING_DOWN)

    def _look(self) -> None:
        """The timer: is the client idle?"""
        now = self.loop.time()
        if self._mode is Mode.WAITING:
            self._alive = now  # it is we who keep it waiting
        if (rest := self._alive + self._patience - now) > 0:
            self._timer = self.loop.call_later(rest, self._look)
        elif self._mode is Mode.ENDED:
            self.transport.abort()
        else:
            self._end(IDLE)

    def _farewell(self, *, linger: bool) -> None:
        self._mode = Mode.ENDED
        self._lines.take()
        self._regulate()
        if linger and not self._eof:
            try:
                self.transport.write_eof()
            except OSError:  # the client has gone
                linger = False
        if not linger or self._eof:
            self.transport.close()
        if not self._lost:
            self._timer.cancel()
            self._alive = self.loop.time()
            self._patience = _FAREWELL
            self._timer = self.loop.call_later(_FAREWELL, self._look)

    def _gone(self) -> None:
        self._mode = Mode.ENDED
        self._let_go()
        self._door.forget(self)
        self._door.sandbox.record(self._recorder.end(self._clock()))


async def _resumed(work: Coroutine[Any, Any, bytes], waits_for: object) -> bytes:
    """Go on with a coroutine that was begun outside of a task and waits for something."""
    return await _Resumed(work, waits_for)


class _Resumed:
    """Does for the task what `yield from work` would do, from the second step on."""

    def __init__(self, work: Coroutine[Any, Any, bytes], waits_for: object) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[object, Any, bytes]:
        waits_for = self._waits_for
        while True:
            try:
                try:
                    value = yield waits_for
                except BaseException as error:  # noqa: BLE001 - also a cancellation belongs to the coroutine
                    waits_for = self._work.throw(error)
                else:
                    waits_for = self._work.send(value)
            except StopIteration as end:
                result: bytes = end.value
                return result


def _spelled(peer: tuple[Any, ...] | str | None) -> str:
    """Return the peer name of a socket as HOST:PORT."""
    return str(Endpoint(peer[0], peer[1])) if isinstance(peer, tuple) else ""
