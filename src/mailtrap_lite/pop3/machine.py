"""The POP3 dialogue (RFC 1939) without any I/O: octets in, actions out. What may be said when is in `commands`.

    machine = Machine("mailtrap.localhost")
    machine.receive(octets)
    while (action := machine.next_action()) is not None:
        ...                  # Login, Fetch and Expunge are answered: logged_in, fetched, expunged, or failed

The shell pulls the actions one by one, so a client that pipelines and never reads costs no more than its own lines.
While a Login, a Fetch or an Expunge is not answered, no further command is looked at: replies come in order.
It knows no mailbox, no store and no socket; sizes and unique-ids arrive with the maildrop, and bytes when asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, TypeVar

from mailtrap_lite.lines import LineReader, Overlong
from mailtrap_lite.pop3.actions import Action, Close, Expunge, Fetch, Heard, Login, Question, Send, Transmit
from mailtrap_lite.pop3.commands import COMMANDS, Command, State, capabilities
from mailtrap_lite.pop3.replies import err, ok, redacted
from mailtrap_lite.pop3.snapshot import Entry, Refused, Snapshot

LONGEST: Final = 255  # RFC 2449 section 4: octets of a command, with its CRLF
FAILED_LOGINS: Final = 3  # then the connection is closed

A = TypeVar("A", Login, Fetch, Expunge)


class Machine:
    """One session. One owner, no thread of its own."""

    def __init__(self, hostname: str, *, implementation: str = "mailtrap-lite") -> None:
        self.state = State.AUTHORIZATION
        self.user: str | None = None
        self.maildrop = Snapshot()
        self.capabilities = capabilities(implementation)
        self._lines = LineReader()
        # No "<" in the greeting: it would promise APOP (RFC 1939 section 7).
        self._actions: deque[Action] = deque([Send(ok(f"{hostname} POP3 ready"))])
        self._outstanding: Question | None = None
        self._failed_logins = 0

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
        while not self._actions:
            if self._outstanding is not None or not self._next_line():
                return None
        return self._actions.popleft()

    def logged_in(self, entries: Sequence[Entry]) -> None:
        """The Login was good: message number n is entries[n - 1] until the end of the session."""
        self._settle(Login)
        self.maildrop = Snapshot(entries)
        self.state = State.TRANSACTION
        self.reply(ok(f"maildrop has {self.maildrop}"))

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
                self._login_failed(text, code)
            case Fetch():
                self.reply(err(text, code))
            case Expunge():
                # RFC 1939 section 6 has the words; why the store could not do it is for the log.
                self.close(err("some deleted messages not removed", code or "SYS/TEMP"))
            case None:
                raise RuntimeError("nothing was asked")

    # For the commands.

    def reply(self, data: bytes) -> None:
        """Send this."""
        self._actions.append(Send(data))

    def ask(self, question: Question) -> None:
        """Ask the shell; until it answers nothing further is looked at."""
        self._outstanding = question
        self._actions.append(question)

    def close(self, data: bytes) -> None:
        """Send these last words and end the connection."""
        self.state = State.CLOSED
        self._lines.clear()  # what was pipelined behind QUIT is for nobody
        self._actions.append(Close(data))

    def _next_line(self) -> bool:
        """Do what the next line says; False if it is not complete yet."""
        try:
            line = self._lines.line(LONGEST)
        except Overlong:
            self._actions.append(Heard(b"(a line of more than %d octets)" % LONGEST))
            self.reply(err("line too long"))
            return True
        if line is None:
            return False
        self._obey(line)
        return True

    def _obey(self, line: bytes) -> None:
        try:
            self._actions.append(Heard(redacted(line)))
            command, arguments = self._look_up(line)
            command.run(self, *arguments)
        except Refused as refusal:
            self.reply(err(str(refusal), refusal.code))

    def _look_up(self, line: bytes) -> tuple[Command, list[bytes]]:
        """Return the command of a line and its arguments, or raise Refused. A client's words are never echoed."""
        # RFC 1939 section 3: keywords without regard to case, arguments behind a single space.
        verb, space, rest = line.partition(b" ")
        name = verb.decode("ascii", "replace").upper()
        command = COMMANDS[self.state].get(name)
        if command is None:
            known = any(name in row for row in COMMANDS.values())
            raise Refused(f"not in the {self.state} state" if known else "unknown command")
        arguments = rest.split()
        if command.whole:
            arguments = [rest] if space else []
        if not command.least <= len(arguments) <= command.most:
            raise Refused(f"usage: {command.syntax}")
        return command, arguments

    def _login_failed(self, text: str, code: str) -> None:
        # RFC 1939 section 7: after a failed PASS the client begins again with USER, or leaves.
        self.user = None
        # Only wrong credentials count: a maildrop in use or a store in trouble says nothing about the client.
        self._failed_logins += code == "AUTH"
        answer = err(text, code)
        if self._failed_logins >= FAILED_LOGINS:
            self.close(answer)
        else:
            self.reply(answer)

    def _settle(self, kind: type[A]) -> A:
        """Return the question that is answered now."""
        question = self._outstanding
        if not isinstance(question, kind):
            raise RuntimeError(f"{kind.__name__} was not asked, but {question}")
        self._outstanding = None
        return question
