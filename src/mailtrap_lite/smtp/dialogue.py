"""The SMTP dialogue but for mail (RFC 5321): greetings, HELP, TLS, AUTH, and how a line becomes a command.

A verb is a plain function from its argument to a reply; verbs.py lists them. Knows no store, and of a mail only that
there can be one: protocol.py has that. What is overridden of aiosmtpd, and why, stands in overridden.py.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, AnyStr, TypeVar, cast

from mailtrap_lite.discretion import HIDDEN, Discretion
from mailtrap_lite.errors import MailtrapError, Reply, SandboxGone
from mailtrap_lite.faults import Stage
from mailtrap_lite.message import Ending
from mailtrap_lite.smtp import replies
from mailtrap_lite.smtp.auth import Login
from mailtrap_lite.smtp.faulty import Faulty
from mailtrap_lite.smtp.mode import Mode
from mailtrap_lite.smtp.occasions import occasion_of
from mailtrap_lite.smtp.replies import Refused, octets, refused
from mailtrap_lite.smtp.transaction import Conversation, Transaction

if TYPE_CHECKING:
    from mailtrap_lite.sandbox import Guest, Sandbox
    from mailtrap_lite.smtp.door import SmtpDoor
    from mailtrap_lite.smtp.protocol import CaptureSMTP
    from mailtrap_lite.smtp.verbs import Verb

T = TypeVar("T")
log = logging.getLogger(__name__)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTTP = re.compile(rb"(?:(?:GET|POST|CONNECT|PUT|HEAD|OPTIONS|DELETE|PATCH|TRACE) |Host:)", re.IGNORECASE)


class Dialogue(Faulty):
    """One connection, as far as no mail is concerned. On the loop's thread."""

    session: Conversation
    envelope: Transaction

    tls_context = None
    _auth_required = False

    def __init__(self, door: SmtpDoor) -> None:
        super().__init__(door)
        self._handle_hooks = door.hooks
        self._login: Login | None = None
        self._discretion = Discretion()
        self._first = True
        self._pushed: list[bytes] = []

    async def push(self, status: AnyStr) -> None:
        """Take a reply of a stock verb."""
        self._pushed.append(replies.enhanced(status if isinstance(status, str) else status.decode()))

    def _reset(self) -> None:
        """Forget the mail transaction."""
        raise NotImplementedError

    # What the wire calls.

    def _greet(self) -> None:
        self._begin()
        greeting = self._unless_faulty(Stage.BANNER, lambda: self._door.greeting)
        if greeting is not None:
            self._say(greeting)

    def _take_line(self, line: bytes) -> None:
        if self._login is not None:
            self._hear(line if line == b"*" else HIDDEN)
            self._continue_auth(self._login, line)
            return
        if self._first and _HTTP.match(line):
            # A browser or a request forged by one; what follows may be chosen by an attacker (cross-protocol attack).
            self._hear(line)
            self._end(replies.NOT_SMTP, Ending.REFUSED, linger=True)
            return
        self._first = False
        reply = self._obey(line)
        if reply is not None:
            self._answer(reply)

    def _take_overlong(self) -> None:
        self._first = False
        self._note(b"a line that is too long")
        self._discretion.lost()
        self._login = None
        self._mode = Mode.COMMAND
        self._answer(replies.LINE_TOO_LONG)

    def _secured(self) -> None:
        # RFC 3207 section 4.2: all that was said in plain text is forgotten.
        self._first = True
        self._discretion = Discretion()
        self._move(self._door.sandbox)
        self._let_go()
        self._greet() if self._door.implicit_tls else self._begin()

    def _begin(self) -> None:
        self.session = Conversation(self.loop, session=self._recorder.id, client=self.client, tls=self._recorder.tls)

    # Commands.

    def _obey(self, line: bytes) -> bytes | None:
        """Do one command and return the reply; None if it was given, or will be."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = ""
        name, _, argument = text.partition(" ")
        verbs = self._door.verbs
        verb = verbs.get(name) or verbs.get(name.upper())
        ordinary = verb is not None and verb is not Dialogue._auth and not self._discretion.wary
        self._hear(line if ordinary else self._discretion.command(line, name, known=verb is not None))
        if not line:
            return replies.EMPTY
        if not text or (not text.isprintable() and _CONTROL.search(text)):
            return replies.NOT_TEXT
        if verb is None:
            return replies.UNKNOWN
        if self._door.gated and (owed := self._owed(verb)):
            return owed
        argument = argument.strip(" ")
        if self._faults.active and (occasion := occasion_of(self, name, argument)):
            return self._unless_fault_of(occasion, partial(self._do, verb, argument))
        return self._do(verb, argument)

    def _do(self, verb: Verb, argument: str) -> bytes | None:
        try:
            return verb(cast("CaptureSMTP", self), argument)  # there is no other kind
        except Refused as refusal:
            return octets(refusal.reply)
        except MailtrapError as err:
            return octets(err.smtp)
        except Exception:  # noqa: BLE001 - the door of this command: the client gets an id, the log the rest
            return self._bug()

    def _owed(self, verb: Verb) -> bytes | None:
        return self._door.owed(verb, tls=self._secure, authenticated=bool(self.session.authenticated))

    def _helo(self, argument: str) -> bytes:
        self._greeted(argument, "HELO", extended=False)
        return self._door.helo

    def _ehlo(self, argument: str) -> bytes:
        self._greeted(argument, self._door.greeting_verb, extended=True)
        authenticated = bool(self.session.authenticated)
        return self._door.ehlo(tls=self._secure, authenticated=authenticated, hidden=self.hidden)

    def _greeted(self, name: str, verb: str, *, extended: bool) -> None:
        if not name:
            raise refused(501, "5.5.4", f"Syntax: {verb} hostname")
        self._hidden, self._to_hide = self._to_hide, frozenset()
        self.session.host_name = name
        self.session.extended_smtp = extended
        self._reset()  # RFC 5321 section 4.1.4: as if RSET had been said

    def _noop(self, argument: str) -> bytes:
        return replies.OK

    def _help(self, argument: str) -> bytes:
        return self._door.help(tls=self._secure, hidden=self.hidden) or replies.NOT_IMPLEMENTED

    def _vrfy(self, argument: str) -> bytes:
        if not argument:
            raise refused(501, "5.5.4", "Syntax: VRFY user")
        return replies.CANNOT_VERIFY

    def _quit(self, argument: str) -> None:
        no_argument(argument, "QUIT")
        self._end(replies.BYE, Ending.QUIT)

    def _starttls(self, argument: str) -> bytes | None:
        no_argument(argument, "STARTTLS")
        if self._secure:
            return replies.SECURE_ALREADY
        if "STARTTLS" not in self.offer:
            return replies.NOT_IMPLEMENTED
        if not self.session.extended_smtp:
            return self._door.no_ehlo
        self._say(replies.SECURE)
        self._begin_tls()
        return None

    def _auth(self, argument: str) -> bytes | None:
        offered = self.offer
        if "AUTH" not in offered:
            return replies.NOT_IMPLEMENTED
        if not self.session.extended_smtp:
            return self._door.no_ehlo
        if self.session.authenticated:
            raise refused(503, "5.5.1", "Already authenticated")
        if self.envelope.is_open:
            raise refused(503, "5.5.1", "Not inside a mail transaction")
        self._login = Login(self._door.accounts, offered.mechanisms, self._door.settings.hostname)
        return self._after_step(self._login.begin, argument)

    def _continue_auth(self, login: Login, line: bytes) -> None:
        try:
            reply = self._after_step(login.go_on, line)
        except Refused as refusal:
            reply = octets(refusal.reply)
        if reply is not None:
            self._answer(reply)

    def _after_step(self, step: Callable[[T], bytes | None], said: T) -> bytes | None:
        """Do one step of a login and return the reply; raises Refused, and then the login is over.

        None if the reply was given, or will be.
        """
        login, self._login = self._login, None
        self._mode = Mode.COMMAND
        challenge = step(said)
        if challenge is not None:
            self._login = login
            self._mode = Mode.AUTH
            return challenge
        assert login is not None  # whoever takes a step has one  # noqa: S101
        assert login.user is not None  # who needs no further step is in  # noqa: S101
        return self._enter_as(login.user)

    def _enter_as(self, user: str) -> bytes | None:
        """Go on in the sandbox that the user name leads to; its faults are asked about this login already."""
        try:
            guest = self._door.sandboxes.guest(user)
        except SandboxGone as gone:
            raise refused(535, "5.7.8", str(gone)) from None
        self._move(guest.sandbox)
        return self._unless_faulty(Stage.AUTH, partial(self._logged_in, user, guest), user=guest.known_as)

    def _move(self, sandbox: Sandbox) -> None:
        if sandbox is not self.sandbox:
            sandbox.take_session(self._recorder, of=self.sandbox)
            self.sandbox, self._faults = sandbox, sandbox.faults

    def _logged_in(self, user: str, guest: Guest) -> bytes:
        self._discretion.trust()
        self.session.authenticated = True
        self.session.user = self._recorder.user = user
        self.session.known_as = guest.known_as
        return replies.AUTHENTICATED

    # The rest is how it works.

    async def _by_stock(self, verb: Callable[[str], Coroutine[None, None, None]], argument: str) -> bytes:
        """Do a command with aiosmtpd's own code, and return what it said."""
        try:
            await verb(argument)
            return b"".join(self._pushed)
        except Exception:  # noqa: BLE001 - the door of this command: the client gets an id, the log the rest
            return self._bug()
        finally:
            self._pushed.clear()

    def _bug(self) -> bytes:
        """Log the exception that is being handled, and return a reply from which it can be found."""
        mark = secrets.token_hex(4)
        log.exception("session %s: error %s", self.session.id, mark)
        return octets(Reply(451, "4.3.0", f"Internal error {mark}, see the log"))


def no_argument(argument: str, verb: str) -> None:
    """Raise Refused for an argument where none belongs."""
    if argument:
        raise refused(501, "5.5.4", f"Syntax: {verb}")
