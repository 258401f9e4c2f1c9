"""The SMTP dialogue (RFC 5321): what each verb does in a session. Knows no store; mail goes out through the handler.

A verb that everybody uses is a plain function from its argument to a reply, listed in VERBS. The others are aiosmtpd's
coroutines. What is overridden here, and why (aiosmtpd 1.4.6; wire.py has the list of the transport side):

* Replies have no enhanced status codes, and PIPELINING is not offered. Here RFC 2034 and RFC 2920 hold.
* `MAIL FROM:<>` has the sender `<>`, and `RCPT TO:<>` is taken. Here the sender is "", and a recipient is 501.
* `_getaddr` builds a class on each call and repairs bad addresses. path.py takes an address as it stands or not at all.
* DATA goes line by line, refuses a long line, and buffers one without end. data.py does not.
* `command_size_limits` is one dict for all connections, which every EHLO raises. Here it is a setting of the door.
* `AUTH plain` is 504, and each connection looks for its mechanisms again. auth.py has them in a table.
* NUL, ESC, CR and invalid UTF-8 are taken in commands. Here that is 501.
* An exception reaches the client as text. Here it gets 451 and an id that is in the log.
* `session.login_data` warns in the log. `Conversation.user` does not.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, AnyStr, TypeAlias

from aiosmtpd.smtp import Envelope as StockEnvelope
from aiosmtpd.smtp import Session as StockSession

from mailtrap_lite.errors import MailtrapError, Reply, StoreError, TooLarge
from mailtrap_lite.message import Recipient
from mailtrap_lite.smtp import auth, replies
from mailtrap_lite.smtp.data import DataReader
from mailtrap_lite.smtp.path import check_rcpt_options, forward_path, mail_options, reverse_path
from mailtrap_lite.smtp.replies import Refused, octets, refused
from mailtrap_lite.smtp.wire import Mode, Wire

if TYPE_CHECKING:
    from mailtrap_lite.smtp.door import SmtpDoor

log = logging.getLogger(__name__)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTTP = re.compile(rb"(?:(?:GET|POST|CONNECT|PUT|HEAD|OPTIONS|DELETE|PATCH|TRACE) |Host:)", re.IGNORECASE)
# Everything behind the mechanism, however oddly it was typed.
_SECRET = re.compile(rb"(\s*AUTH\s+\S+\s+)\S.*", re.IGNORECASE | re.DOTALL)
_HIDDEN = b"***"


class Conversation(StockSession):
    """What holds until the connection ends. user: who authenticated, or None. id: that of the transcript."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, session: str, client: str) -> None:
        super().__init__(loop)
        self.id = session
        self.client = client
        self.user: str | None = None


class Transaction(StockEnvelope):
    """What holds from MAIL to the end of DATA.

    mail_from: None while no MAIL was accepted. limit: octets of the mail.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.recipients: list[Recipient] = []
        self.body = DataReader(limit)

    @property
    def is_open(self) -> bool:
        """Whether MAIL was accepted."""
        return self.mail_from is not None


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
        self._exchange: auth.Exchange | None = None
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
        self.session = Conversation(self.loop, session=self._recorder.id, client=self.client)
        self._say(self._door.greeting)

    def _take_line(self, line: bytes) -> None:
        if self._exchange is not None:
            self._hear(line if line == b"*" else _HIDDEN)
            self._continue_auth(self._exchange, line)
            return
        if self._first and _HTTP.match(line):
            # A browser or a request forged by one; what follows may be chosen by an attacker (cross-protocol attack).
            self._hear(line)
            self._end(replies.NOT_SMTP, linger=True)
            return
        self._first = False
        reply = self._obey(line)
        if reply is not None:
            self._answer(reply)

    def _take_overlong(self) -> None:
        self._first = False
        self._hear(b"(a line that is too long)")
        self._exchange = None
        self._mode = Mode.COMMAND
        self._answer(replies.LINE_TOO_LONG)

    def _take_data(self, data: bytes) -> None:
        body = self.envelope.body
        rest = body.feed(data)
        if rest is None:
            return
        self._lines.feed(rest)
        self._hear(b"(%d octets of data)" % body.size)
        self._run(self._store())

    def _let_go(self) -> None:
        self._exchange = None
        self._reset()

    def _reset(self) -> None:
        self.envelope.body.close()
        self.envelope = Transaction(self._door.settings.message_size)

    # Commands.

    def _obey(self, line: bytes) -> bytes | None:
        """Do one command and return the reply; None if it was given, or will be."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = ""
        name, _, argument = text.partition(" ")
        verb = VERBS.get(name) or VERBS.get(name.upper())
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
        self._greeted(argument, "EHLO", extended=True)
        return self._door.ehlo

    def _greeted(self, name: str, verb: str, *, extended: bool) -> None:
        if not name:
            raise refused(501, "5.5.4", f"Syntax: {verb} hostname")
        self.session.host_name = name
        self.session.extended_smtp = extended
        self._reset()  # RFC 5321 section 4.1.4: as if RSET had been said

    def _mail(self, argument: str) -> bytes:
        if not self.session.host_name:
            return replies.NO_HELO
        if self.envelope.is_open:
            return replies.NESTED_MAIL
        path = reverse_path(argument)
        options = mail_options(path.options)
        self._need_smtputf8(path.address, options.smtputf8)
        limit = self._door.settings.message_size
        if limit and options.size is not None and options.size > limit:
            raise Refused(TooLarge.smtp)
        self.envelope.mail_from = path.address
        self.envelope.mail_options = list(path.options)
        self.envelope.smtp_utf8 = options.smtputf8
        return replies.SENDER_OK

    def _rcpt(self, argument: str) -> bytes:
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else replies.NO_HELO
        path = forward_path(argument)
        check_rcpt_options(path.options)
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
            return replies.NO_MAIL if self.session.host_name else replies.NO_HELO
        if not self.envelope.recipients:
            return replies.NO_RCPT
        _no_argument(argument, "DATA")
        self._mode = Mode.DATA
        return replies.GO_AHEAD

    def _rset(self, argument: str) -> bytes:
        _no_argument(argument, "RSET")
        self._reset()
        return replies.OK

    def _noop(self, argument: str) -> bytes:
        return replies.OK

    def _help(self, argument: str) -> bytes:
        return replies.HELP

    def _quit(self, argument: str) -> None:
        _no_argument(argument, "QUIT")
        self._end(replies.BYE)

    def _auth(self, argument: str) -> bytes | None:
        self._auth_refused = True
        if not self.session.extended_smtp:
            return replies.NO_EHLO
        if self.session.authenticated:
            raise refused(503, "5.5.1", "Already authenticated")
        if self.envelope.is_open:
            raise refused(503, "5.5.1", "Not inside a mail transaction")
        try:
            self._exchange, challenge = auth.exchange(argument)
        except StopIteration as end:
            return self._authenticated(end.value)
        self._mode = Mode.AUTH
        return _challenge(challenge)

    def _continue_auth(self, dialogue: auth.Exchange, line: bytes) -> None:
        try:
            self._answer(_challenge(dialogue.send(auth.response(line))))
            return
        except StopIteration as end:
            reply = self._authenticated(end.value)
        except Refused as refusal:
            reply = octets(refusal.reply)
        self._exchange = None
        self._mode = Mode.COMMAND
        self._answer(reply)

    def _authenticated(self, user: str) -> bytes:
        self._auth_refused = False
        self.session.authenticated = True
        self.session.user = self._recorder.user = user
        return replies.AUTHENTICATED

    # What has to wait.

    async def _store(self) -> bytes:
        """Hand the mail over and return the reply (promise: 250 is said after the commit)."""
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


def _stock(name: str) -> Verb:
    """Return a verb for which aiosmtpd's coroutine is good enough: it is rare, or the start of something long."""

    def verb(smtp: CaptureSMTP, argument: str) -> None:
        smtp._run(smtp._by_stock(getattr(smtp, name), argument))  # noqa: SLF001 - a method, but for the table

    return verb


def _no_argument(argument: str, verb: str) -> None:
    if argument:
        raise refused(501, "5.5.4", f"Syntax: {verb}")


def _challenge(octets: bytes) -> bytes:
    # The space stays, also before an empty challenge (RFC 4954 section 4).
    return b"334 " + b64encode(octets) + b"\r\n"


Verb: TypeAlias = Callable[[CaptureSMTP, str], bytes | None]

# From a verb to what does it. It returns the reply, or None if that was given or will be.
VERBS: dict[str, Verb] = {
    "HELO": CaptureSMTP._helo,  # noqa: SLF001 - the table is part of the class
    "EHLO": CaptureSMTP._ehlo,  # noqa: SLF001
    "MAIL": CaptureSMTP._mail,  # noqa: SLF001
    "RCPT": CaptureSMTP._rcpt,  # noqa: SLF001
    "DATA": CaptureSMTP._data,  # noqa: SLF001
    "RSET": CaptureSMTP._rset,  # noqa: SLF001
    "NOOP": CaptureSMTP._noop,  # noqa: SLF001
    "HELP": CaptureSMTP._help,  # noqa: SLF001
    "QUIT": CaptureSMTP._quit,  # noqa: SLF001
    "AUTH": CaptureSMTP._auth,  # noqa: SLF001
    "VRFY": _stock("smtp_VRFY"),
    "EXPN": _stock("smtp_EXPN"),
    "STARTTLS": _stock("smtp_STARTTLS"),
}
