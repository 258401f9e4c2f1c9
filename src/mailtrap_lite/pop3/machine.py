"""The POP3 dialogue (RFC 1939) without any I/O: octets in, actions out. What may be said when is in `commands`.

    machine = Machine("mailtrap.localhost", stamp=stamp)
    machine.receive(octets)
    while (action := machine.next_action()) is not None:
        ...     # Login, StartTls, Fetch and Expunge are answered: logged_in, secured, fetched, expunged, or failed

The shell pulls the actions one by one, so a client that pipelines and never reads costs no more than its own lines.
While such a question is not answered, no further command is looked at: replies come in order.
It knows no mailbox, no store and no socket; sizes and unique-ids arrive with the maildrop, and bytes when asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from mailtrap_lite.accounts import Accounts
from mailtrap_lite.discretion import HIDDEN, Discretion
from mailtrap_lite.faults import ChangeUidl, Drop, Err, Hide, Reset, Stage, Stall
from mailtrap_lite.lines import AUTH_LINE, LineReader, Overlong
from mailtrap_lite.pop3.actions import (
    Action,
    Close,
    Expunge,
    Fetch,
    Heard,
    Login,
    Misbehave,
    Question,
    Send,
    StartTls,
    Transmit,
)
from mailtrap_lite.pop3.commands import COMMANDS, Command
from mailtrap_lite.pop3.faults import STAGES, Asked, changed_uid, no_fault
from mailtrap_lite.pop3.login import answer
from mailtrap_lite.pop3.offer import Hidden, Offer, offer
from mailtrap_lite.pop3.replies import err, ok
from mailtrap_lite.pop3.snapshot import Entry, Refused, Snapshot
from mailtrap_lite.pop3.states import State
from mailtrap_lite.sasl import Exchange

ANYBODY: Final = Accounts()
LONGEST: Final = 255  # RFC 2449 section 4: octets of a command, with its CRLF
FAILED_LOGINS: Final = 3  # then the connection is closed

A = TypeVar("A", Login, StartTls, Fetch, Expunge)


class Machine:
    """One session. One owner, no thread of its own."""

    def __init__(
        self,
        hostname: str,
        *,
        stamp: Callable[[], bytes],
        accounts: Accounts = ANYBODY,
        hidden: Hidden = frozenset,
        can_tls: bool = False,
        tls: bool = False,
        tls_first: bool = False,
        login_delay: int = 0,
        expire: str = "NEVER",
        faults: Asked = no_fault,
        implementation: str = "mailtrap-lite",
    ) -> None:
        """Begin with the greeting.

        stamp: returns a new `<unique@host>` at each call. hidden: returns what is not there now, and is asked each
        time. can_tls: there is a certificate. tls: it is in use already. tls_first: nobody logs in without.
        login_delay: in seconds, for CAPA. expire: for CAPA too. faults: returns the one that happens at a stage, to a
        user if there is one.
        """
        self.state = State.AUTHORIZATION
        self.user: str | None = None
        self.exchange: Exchange | None = None  # of an AUTH that waits for an answer
        self.maildrop = Snapshot()
        self.accounts = accounts
        self.stamp = stamp
        self.implementation = implementation
        self._hidden = hidden
        self._can_tls = can_tls
        self._tls = tls
        self._tls_first = tls_first
        self._login_delay = login_delay
        self._expire = expire
        self._faults = faults
        self._hidden_here: frozenset[str] = frozenset()  # since CAPA was said last, by a fault
        self._uid_mark = ""  # while UIDL is answered, by a fault
        self._lines = LineReader()
        self._outstanding: Question | None = None
        self._failed_logins = 0
        self._discretion = Discretion()
        # RFC 1939 section 7: a "<" in the greeting promises APOP.
        self.timestamp = b"" if "APOP" in hidden() or (tls_first and not tls) else stamp()
        greeting = f"{hostname} POP3 ready {self.timestamp.decode()}".rstrip()
        self._actions: deque[Action] = deque()
        self._greeting = ok(greeting)

    # For the shell.

    @property
    def pending(self) -> int:
        """How many octets of the client were not looked at yet; the shell stops reading when they are many."""
        return self._lines.pending

    def receive(self, data: bytes) -> None:
        """Take in what the client sent, in pieces of any size."""
        if self.state is not State.CLOSED:
            self._lines.feed(data)

    def next_action(self) -> Action | None:
        """Return what to do next; None when the client, or the answer to a question, is to be waited for."""
        if self._greeting:
            greeting, self._greeting = self._greeting, b""
            self._unless_faulty(Stage.BANNER, partial(self.reply, greeting), user=None)
        while not self._actions:
            if self._outstanding is not None or not self._next_line():
                return None
        return self._actions.popleft()

    def logged_in(self, entries: Sequence[Entry]) -> None:
        """The Login was good: message number n is entries[n - 1] until the end of the session."""
        self._settle(Login)
        self._discretion.trust()
        self.maildrop = Snapshot(entries)
        self.state = State.TRANSACTION
        self.reply(ok(f"maildrop has {self.maildrop}"))

    def secured(self) -> None:
        """TLS has begun: what was said before counts no more (RFC 2595 section 4).

        Since `discard` nothing may have been received in plain text.
        """
        self._settle(StartTls)
        self.user = None
        self._tls = True

    def fetched(self, raw: bytes) -> None:
        """The Fetch brought these bytes."""
        fetch = self._settle(Fetch)
        octets = self.maildrop[fetch.number].octets
        self.reply(ok(f"{octets} octets" if fetch.lines is None else "top of message follows"))
        self._actions.append(Transmit(fetch.number, raw, fetch.lines))

    def expunged(self) -> None:
        """The Expunge is committed."""
        self._settle(Expunge)
        self.close(ok("bye"))

    def failed(self, text: str, code: str = "") -> None:
        """What was asked for cannot be done. code: a response code (RFC 3206), or "" for none."""
        question, self._outstanding = self._outstanding, None
        match question:
            case Login():
                self.login_failed(text, code)
            case Fetch():
                self.reply(self._refusal(text, code))
            case Expunge():
                # RFC 1939 section 6 has the words; why the store could not do it is for the log.
                self.close(self._refusal("some deleted messages not removed", code or "SYS/TEMP"))
            case _:
                raise RuntimeError("nothing was asked that can fail")

    # For the commands.

    @property
    def offer(self) -> Offer:
        """What the session can use now."""
        return offer(
            self._hidden() | self._hidden_here if self._hidden_here else self._hidden(),
            stls=self._can_tls and not self._tls,
            apop=bool(self.timestamp),
            tls_first=self._tls_first and not self._tls,
            login_delay=self._login_delay,
            expire=self._expire,
        )

    def reply(self, data: bytes) -> None:
        """Send this."""
        self._actions.append(Send(data))

    def ask(self, question: Question) -> None:
        """Ask the shell; until it answers nothing further is looked at."""
        go = partial(self._put, question)
        if isinstance(question, Login):
            self._unless_faulty(Stage.LOGIN, go, user=question.user)
        else:
            go()

    def uid_of(self, entry: Entry) -> str:
        """Return the unique-id of a message, as it is said now."""
        return changed_uid(entry.uid, self._uid_mark) if self._uid_mark else entry.uid

    def start_tls(self, reply: bytes) -> None:
        """Ask the shell for TLS, which the client begins when it has this reply."""
        self.ask(StartTls(reply))

    def discard(self) -> bytes:
        """Forget what was received in plain text behind STLS (RFC 2595 section 4), and return it.

        Nothing more of it may come; what does is for the handshake.
        """
        return self._lines.clear()

    def close(self, data: bytes, *, fault: bool = False) -> None:
        """Send these last words and end the connection."""
        self.state = State.CLOSED
        self._lines.clear()  # what was pipelined behind QUIT is for nobody
        self._actions.append(Close(data, fault))

    def login_failed(self, text: str, code: str) -> None:
        """Answer a login that was not good; the third with wrong credentials ends the connection."""
        # RFC 1939 section 7: after a failed PASS the client begins again with USER, or leaves.
        self.user = None
        # Only wrong credentials count: a maildrop in use or a store in trouble says nothing about the client.
        self._failed_logins += code == "AUTH"
        answer = self._refusal(text, code)
        if self._failed_logins >= FAILED_LOGINS:
            self.close(answer)
        else:
            self.reply(answer)

    def _refusal(self, text: str, code: str) -> bytes:
        return err(text, self.offer.code(code))

    def _next_line(self) -> bool:
        """Do what the next line says; False if it is not complete yet."""
        limit = LONGEST if self.exchange is None else AUTH_LINE
        try:
            line = self._lines.line(limit)
        except Overlong:
            self.exchange = None
            self._discretion.lost()
            self._actions.append(Heard(b"(a line of more than %d octets)" % limit))
            self.reply(err("line too long"))
            return True
        if line is None:
            return False
        try:
            if self.exchange is None:
                self._obey(line)
            else:
                self._actions.append(Heard(line if line == b"*" else HIDDEN))
                answer(self, self.exchange, line)
        except Refused as refusal:
            self.reply(self._refusal(str(refusal), refusal.code))
        return True

    def _obey(self, line: bytes) -> None:
        # RFC 1939 section 3: keywords without regard to case, arguments behind a single space.
        verb, space, rest = line.partition(b" ")
        name = verb.decode("ascii", "replace").upper()
        known = any(name in row for row in COMMANDS.values())
        self._actions.append(Heard(self._discretion.command(line, name, known=known)))
        command = self._look_up(name)
        arguments = rest.split()
        if command.whole:
            arguments = [rest] if space else []
        if not command.least <= len(arguments) <= command.most:
            raise Refused(f"usage: {command.syntax}")
        go = partial(command.run, self, *arguments)
        stage = STAGES.get(name)
        if stage is None:
            go()
        else:
            self._unless_faulty(stage, go, user=self.user)

    def _look_up(self, name: str) -> Command:
        """Return the command of this name, or raise Refused. A client's words are never echoed."""
        for state in (self.state, *COMMANDS):
            command = COMMANDS[state].get(name)
            if command is None or not self._has(command.capability, state):
                continue
            if state is not self.state:
                raise Refused(f"not in the {self.state} state")
            return command
        raise Refused("unknown command")

    def _put(self, question: Question) -> None:
        self._outstanding = question
        self._actions.append(question)

    def _unless_faulty(self, stage: Stage, go: Callable[[], None], *, user: str | None) -> None:
        """Do what is right, unless a fault happens at this stage."""
        if stage is Stage.CAPA:
            self._hidden_here = frozenset()
        self._uid_mark = ""
        fault = self._faults(stage, user)
        if fault is None:
            go()
            return
        self._actions.append(Misbehave(fault, content=stage in (Stage.RETR, Stage.TOP)))
        match fault.action:
            case Err(text, code):
                self._refuse_at(stage, err(text, code))
            case Drop() | Reset() | Stall():
                return
            case Hide(names):
                self._hidden_here = frozenset(names)
                go()
            case ChangeUidl(mark):
                self._uid_mark = mark
                go()
            case _:
                go()

    def _refuse_at(self, stage: Stage, reply: bytes) -> None:
        # RFC 1939 section 6: whatever is said to QUIT, the connection ends.
        if stage in (Stage.BANNER, Stage.QUIT):
            self.close(reply, fault=True)
            return
        if stage is Stage.LOGIN:
            self.user = None
        self._actions.append(Send(reply, fault=True))

    def _has(self, capability: str, state: State) -> bool:
        """Return whether it is offered, or "" is needed; raises Refused for what waits for TLS."""
        if not capability:
            return True
        offered = self.offer
        if state is self.state and capability in offered.after_tls:
            raise Refused("STLS first")
        return capability in offered

    def _settle(self, kind: type[A]) -> A:
        """Return the question that is answered now."""
        question = self._outstanding
        if not isinstance(question, kind):
            raise RuntimeError(f"{kind.__name__} was not asked, but {question}")
        self._outstanding = None
        return question
