"""The SMTP dialogue (RFC 5321): what each verb does in a session. Knows no store; mail goes out through the handler.

A verb that everybody uses is a plain function from its argument to a reply; verbs.py lists them.
What is overridden of aiosmtpd, and why, stands in overridden.py.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, AnyStr, TypeAlias, TypeVar

from mailtrap_lite.errors import MailtrapError, Reply, StoreError, TooLarge
from mailtrap_lite.message import Ending, Recipient
from mailtrap_lite.smtp import replies
from mailtrap_lite.smtp.auth import Login
from mailtrap_lite.smtp.chunks import Chunk, chunk
from mailtrap_lite.smtp.mode import Mode
from mailtrap_lite.smtp.parameters import NO_OPTIONS, check_rcpt_options, mail_options
from mailtrap_lite.smtp.path import forward_path, reverse_path
from mailtrap_lite.smtp.replies import Refused, octets, refused
from mailtrap_lite.smtp.transaction import Conversation, Transaction
from mailtrap_lite.smtp.wire import Wire

if TYPE_CHECKING:
    from mailtrap_lite.smtp.door import SmtpDoor

T = TypeVar("T")
log = logging.getLogger(__name__)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTTP = re.compile(rb"(?:(?:GET|POST|CONNECT|PUT|HEAD|OPTIONS|DELETE|PATCH|TRACE) |Host:)", re.IGNORECASE)
# Everything behind the mechanism, however oddly it was typed.
_SECRET = re.compile(rb"(\s*AUTH\s+\S+\s+)\S.*", re.IGNORECASE | re.DOTALL)
_HIDDEN = b"***"


class CaptureSMTP(Wire):
    """One connection. On the loop's thread."""

    session: Conversation
    envelope: Transaction

    tls_context = None
    _auth_required = False

    def __init__(self, door: SmtpDoor) -> None:
        super().__init__(door)
        self._handle_hooks = door.hooks
        self.envelope = Transaction(door.settings.message_size)
        self._chunk: Chunk | None = None
        self._login: Login | None = None
        self._auth_refused = False
        self._first = True
        self._pushed: list[bytes] = []

    def delivered(self, message: int) -> None:
        """Write down that a mail of this session was stored."""
        self._recorder.messages.append(message)

    async def push(self, status: AnyStr) -> None:
        """Take a reply of a stock verb."""
        self._pushed.append(replies.enhanced(status if isinstance(status, str) else status.decode()))

    # What the wire calls.

    def _greet(self) -> None:
        self._begin()
        self._say(self._door.greeting)

    def _take_line(self, line: bytes) -> None:
        if self._login is not None:
            self._hear(line if line == b"*" else _HIDDEN)
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
        self._login = None
        self._mode = Mode.COMMAND
        self._answer(replies.LINE_TOO_LONG)

    def _take_data(self, data: bytes) -> None:
        body = self.envelope.body
        rest = body.feed(data)
        if rest is None:
            return
        self._lines.feed(rest)
        self._note(b"%d octets of data" % body.size)
        if body.unstuffed:
            self.envelope.remark("unstuffed-dot")
        self._run(self._store())

    def _take_chunk(self, data: bytes) -> None:
        coming = self._chunk
        assert coming is not None  # there is one in this mode  # noqa: S101
        mine, rest = coming.split(data)
        if not coming.refusal:
            self.envelope.body.chunk(mine)
        if coming.complete:
            self._lines.feed(rest)
            self._end_chunk(coming)

    def _secured(self) -> None:
        # RFC 3207 section 4.2: all that was said in plain text is forgotten.
        self._first = True
        self._auth_refused = False
        self._let_go()
        self._greet() if self._door.implicit_tls else self._begin()

    def _let_go(self) -> None:
        self._login = None
        self._chunk = None
        self._reset()

    def _reset(self) -> None:
        self._patience.transfer_ends()
        self.envelope.body.close()
        self.envelope = Transaction(self._door.settings.message_size)

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
        if verb is None or verb is CaptureSMTP._auth:
            self._hear_secret(line, verb)
        else:
            self._auth_refused = False
            self._hear(line)
        if not line:
            return replies.EMPTY
        if not text or (not text.isprintable() and _CONTROL.search(text)):
            return replies.NOT_TEXT
        if verb is None:
            return replies.UNKNOWN
        if self._door.gated and (owed := self._door.owed(verb, self._secure, bool(self.session.authenticated))):
            return owed
        try:
            return verb(self, argument.strip(" "))
        except Refused as refusal:
            return octets(refusal.reply)
        except MailtrapError as err:
            return octets(err.smtp)
        except Exception:  # noqa: BLE001 - the door of this command: the client gets an id, the log the rest
            return self._bug()

    def _hear_secret(self, line: bytes, verb: Verb | None) -> None:
        """Write down a command that may hold a secret, without it.

        A client that sends its credentials on although AUTH was refused sends them as a command that is unknown.
        """
        self._hear(_HIDDEN if self._auth_refused and verb is None else _SECRET.sub(rb"\1***", line))
        self._auth_refused = self._auth_refused and verb is None

    def _helo(self, argument: str) -> bytes:
        self._greeted(argument, "HELO", extended=False)
        return self._door.helo

    def _ehlo(self, argument: str) -> bytes:
        self._greeted(argument, self._door.greeting_verb, extended=True)
        return self._door.ehlo(tls=self._secure, authenticated=bool(self.session.authenticated))

    def _greeted(self, name: str, verb: str, *, extended: bool) -> None:
        if not name:
            raise refused(501, "5.5.4", f"Syntax: {verb} hostname")
        self.session.host_name = name
        self.session.extended_smtp = extended
        self._reset()  # RFC 5321 section 4.1.4: as if RSET had been said

    def _mail(self, argument: str) -> bytes:
        if not self.session.host_name:
            return self._door.no_greeting
        if self.envelope.is_open:
            return replies.NESTED_MAIL
        path = reverse_path(argument)
        options = mail_options(path.options, self._door.offer(tls=self._secure)) if path.options else NO_OPTIONS
        self._need_smtputf8(path.address, options.smtputf8)
        limit = self._door.settings.message_size
        if limit and options.size is not None and options.size > limit:
            raise Refused(TooLarge.smtp)
        self.envelope.mail_from = path.address
        self.envelope.mail_options = list(path.options)
        self.envelope.smtp_utf8 = options.smtputf8
        self.envelope.binary = options.binary
        return replies.SENDER_OK

    def _rcpt(self, argument: str) -> bytes:
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        path = forward_path(argument)
        if path.options:
            check_rcpt_options(path.options, self._door.offer(tls=self._secure))
        self._need_smtputf8(path.address, self.envelope.smtp_utf8)
        if len(self.envelope.recipients) >= self._door.settings.recipients:
            return replies.TOO_MANY_RECIPIENTS
        self.envelope.recipients.append(Recipient(path.address, path.options))
        return replies.RECIPIENT_OK

    @staticmethod
    def _need_smtputf8(address: str, smtputf8: bool) -> None:
        if not smtputf8 and not address.isascii():  # RFC 6531 section 3.5
            raise refused(553, "5.6.7", "A non-ASCII address needs SMTPUTF8")

    def _data(self, argument: str) -> bytes:
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        if not self.envelope.recipients:
            return replies.NO_RCPT
        _no_argument(argument, "DATA")
        if self.envelope.binary:  # RFC 3030 section 3
            return replies.CHUNKS_ONLY
        if self.envelope.chunked or self.envelope.spoiled:
            return replies.CHUNKS_BEGUN
        if self._lines.pending:  # RFC 2920 section 3.1: DATA is the last command of a group
            self.envelope.remark("early-data")
        self._mode = Mode.DATA
        self._patience.transfer_begins()
        return replies.GO_AHEAD

    def _bdat(self, argument: str) -> None:
        if "CHUNKING" not in self._door.offer(tls=self._secure):
            raise Refused(replies.UNKNOWN_VERB)
        self._chunk = coming = chunk(argument)
        coming.refusal = self._chunk_refusal(coming.size)
        self.envelope.chunked = self.envelope.is_open
        self._mode = Mode.CHUNK
        self._patience.transfer_begins()
        if coming.complete:
            self._end_chunk(coming)

    def _chunk_refusal(self, size: int) -> bytes:
        """Return what a chunk of this size is answered if it is not taken; b"" if it is."""
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        if self.envelope.spoiled:
            return replies.CHUNKS_SPOILED
        if not self.envelope.recipients:
            return replies.NO_RCPT
        limit = self._door.settings.message_size
        if not limit or self.envelope.body.size + size <= limit:
            return b""
        self.envelope.spoiled = True
        self.envelope.body.close()
        return octets(TooLarge.smtp)

    def _end_chunk(self, coming: Chunk) -> None:
        self._chunk = None
        self._mode = Mode.COMMAND
        self._note(b"%d octets in a chunk" % coming.size)
        if coming.refusal:
            if coming.last:
                self._reset()
            self._answer(coming.refusal)
        elif coming.last:
            self._run(self._store())
        else:
            self._answer(b"250 2.0.0 %d octets received\r\n" % coming.size)

    def _starttls(self, argument: str) -> bytes | None:
        _no_argument(argument, "STARTTLS")
        if self._secure:
            return replies.SECURE_ALREADY
        if "STARTTLS" not in self._door.offer(tls=False):
            return replies.NOT_IMPLEMENTED
        if not self.session.extended_smtp:
            return replies.NO_EHLO
        self._say(replies.SECURE)
        self._begin_tls()
        return None

    def _rset(self, argument: str) -> bytes:
        _no_argument(argument, "RSET")
        self._reset()
        return replies.OK

    def _noop(self, argument: str) -> bytes:
        return replies.OK

    def _help(self, argument: str) -> bytes:
        return self._door.help if "HELP" in self._door.offer(tls=self._secure) else replies.NOT_IMPLEMENTED

    def _quit(self, argument: str) -> None:
        _no_argument(argument, "QUIT")
        self._end(replies.BYE, Ending.QUIT)

    def _auth(self, argument: str) -> bytes | None:
        self._auth_refused = True
        if "AUTH" not in self._door.offer(tls=self._secure):
            return replies.NOT_IMPLEMENTED
        if not self.session.extended_smtp:
            return replies.NO_EHLO
        if self.session.authenticated:
            raise refused(503, "5.5.1", "Already authenticated")
        if self.envelope.is_open:
            raise refused(503, "5.5.1", "Not inside a mail transaction")
        offered = self._door.offer(tls=self._secure)
        self._login = Login(self._door.accounts, offered.mechanisms, self._door.settings.hostname)
        return self._after_step(self._login.begin, argument)

    def _continue_auth(self, login: Login, line: bytes) -> None:
        try:
            self._answer(self._after_step(login.go_on, line))
        except Refused as refusal:
            self._answer(octets(refusal.reply))

    def _after_step(self, step: Callable[[T], bytes | None], said: T) -> bytes:
        """Do one step of a login and return the reply; raises Refused, and then the login is over."""
        login, self._login = self._login, None
        self._mode = Mode.COMMAND
        challenge = step(said)
        if challenge is not None:
            self._login = login
            self._mode = Mode.AUTH
            return challenge
        assert login is not None  # whoever takes a step has one  # noqa: S101
        self._auth_refused = False
        self.session.authenticated = True
        self.session.user = self._recorder.user = login.user
        return replies.AUTHENTICATED

    # What has to wait.

    async def _store(self) -> bytes:
        """Hand the mail over and return the reply (promise: 250 is said after the commit)."""
        self._patience.transfer_ends()
        if self._lines.bare_lf:
            self.envelope.remark("bare-lf-command")
        recipients = len(self.envelope.recipients)
        return await self._handed_over() * (recipients if self._door.reply_each else 1)

    async def _handed_over(self) -> bytes:
        try:
            self.envelope.original_content = self.envelope.content = self.envelope.body.raw()
            return replies.enhanced(await self._call_handler_hook("DATA"))
        except MailtrapError as err:
            level = logging.WARNING if isinstance(err, StoreError) else logging.INFO
            log.log(level, "session %s: mail refused: %s", self.session.id, err)
            return octets(err.smtp)
        except Exception:  # noqa: BLE001 - the door of this command: the client gets an id, the log the rest
            return self._bug()
        finally:
            self._reset()

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


def _no_argument(argument: str, verb: str) -> None:
    if argument:
        raise refused(501, "5.5.4", f"Syntax: {verb}")


Verb: TypeAlias = Callable[[CaptureSMTP, str], bytes | None]
