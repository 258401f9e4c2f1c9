"""The SMTP mail transaction (RFC 5321 section 3.3): MAIL, RCPT, and the mail by DATA or BDAT.

Knows no store; mail goes out through the handler. What is overridden of aiosmtpd, and why, stands in overridden.py.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from mailtrap_lite.errors import MailtrapError, SandboxGone, StoreError, TooLarge
from mailtrap_lite.faults import Stage
from mailtrap_lite.message import Recipient
from mailtrap_lite.sandbox.sandboxes import is_in_domain
from mailtrap_lite.smtp import replies
from mailtrap_lite.smtp.chunks import Chunk, chunk
from mailtrap_lite.smtp.dialogue import Dialogue, no_argument
from mailtrap_lite.smtp.mode import Mode
from mailtrap_lite.smtp.occasions import occasion_in
from mailtrap_lite.smtp.parameters import NO_OPTIONS, check_rcpt_options, mail_options
from mailtrap_lite.smtp.path import forward_path, reverse_path
from mailtrap_lite.smtp.replies import Refused, octets, refused
from mailtrap_lite.smtp.transaction import Transaction, Transfer

if TYPE_CHECKING:
    from mailtrap_lite.smtp.door import SmtpDoor

log = logging.getLogger(__name__)

# What is answered to more recipients, and to DATA, once a mail has begun to come in chunks.
_ONGOING = {Transfer.BEGUN: replies.CHUNKS_BEGUN, Transfer.SPOILED: replies.CHUNKS_SPOILED}


class CaptureSMTP(Dialogue):
    """One connection. On the loop's thread."""

    def __init__(self, door: SmtpDoor) -> None:
        super().__init__(door)
        self.envelope = Transaction(door.settings.message_size)
        self._chunk: Chunk | None = None

    # What the wire calls.

    def _take_data(self, data: bytes) -> None:
        body = self.envelope.body
        rest = body.feed(data)
        if self._breaks_off(body.size) or rest is None:
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
        if self._breaks_off(self.envelope.body.size):
            return
        if coming.complete:
            self._lines.feed(rest)
            self._end_chunk(coming)

    def _let_go(self) -> None:
        self._login = None
        self._chunk = None
        if self.envelope.body.size:
            self._note(b"%d octets of data, and no end" % self.envelope.body.size)
        self._reset()

    def _reset(self) -> None:
        self._patience.transfer_ends()
        self._most_mail = None
        self._lines.bare_lf = False
        self.envelope.body.close()
        self.envelope = Transaction(self._door.settings.message_size)

    # Commands.

    def _mail(self, argument: str) -> bytes:
        if not self.session.host_name:
            return self._door.no_greeting
        if self.envelope.is_open:
            return replies.NESTED_MAIL
        path = reverse_path(argument)
        options = mail_options(path.options, self.offer) if path.options else NO_OPTIONS
        _need_smtputf8(path.address, smtputf8=options.smtputf8)
        limit = self._door.settings.message_size
        if limit and options.size is not None and options.size > limit:
            raise Refused(TooLarge.smtp)
        self.envelope.mail_from = path.address
        self.envelope.mail_options = list(path.options)
        self.envelope.smtp_utf8 = options.smtputf8
        if options.binary:
            self.envelope.transfer = Transfer.CHUNKS
        return replies.SENDER_OK

    def _rcpt(self, argument: str) -> bytes:
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        if refusal := _ONGOING.get(self.envelope.transfer):
            return refusal
        path = forward_path(argument)
        if path.options:
            check_rcpt_options(path.options, self.offer, smtputf8=self.envelope.smtp_utf8)
        _need_smtputf8(path.address, smtputf8=self.envelope.smtp_utf8)
        if len(self.envelope.recipients) >= self._door.settings.recipients:
            return replies.TOO_MANY_RECIPIENTS
        if is_in_domain(path.address) and self.sandbox is self._door.sandbox:
            self._share(path.address)
        self.envelope.recipients.append(Recipient(path.address, path.options))
        return replies.RECIPIENT_OK

    def _share(self, address: str) -> None:
        try:
            self._door.sandboxes.of_address(address)
        except SandboxGone as gone:
            raise refused(550, "5.1.2", str(gone)) from None
        self.envelope.is_shared = True

    def _data(self, argument: str) -> bytes:
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        if refusal := _ONGOING.get(self.envelope.transfer):
            return refusal
        if not self.envelope.recipients:
            return replies.NO_RCPT
        no_argument(argument, "DATA")
        if self.envelope.transfer is Transfer.CHUNKS:  # RFC 3030 section 3
            return replies.CHUNKS_ONLY
        if self._lines.pending:  # RFC 2920 section 3.1: DATA is the last command of a group
            self.envelope.remark("early-data")
        self._mode = Mode.DATA
        self._patience.transfer_begins()
        return replies.GO_AHEAD

    def _bdat(self, argument: str) -> bytes | None:
        if "CHUNKING" not in self.offer:
            return replies.NOT_IMPLEMENTED
        try:
            self._chunk = coming = chunk(argument)
        except Refused:
            self.envelope.spoil()  # RFC 3030 section 2: nobody knows what was in it, and where it ends
            raise
        coming.refusal = self._chunk_refusal(coming.size)
        if coming.refusal:
            self.envelope.spoil()
        else:
            self.envelope.transfer = Transfer.BEGUN
        self._mode = Mode.CHUNK
        self._patience.transfer_begins()
        if coming.complete:
            self._end_chunk(coming)
        return None

    def _rset(self, argument: str) -> bytes:
        no_argument(argument, "RSET")
        self._reset()
        return replies.OK

    # The mail.

    def _chunk_refusal(self, size: int) -> bytes:
        """Return what a chunk of this size is answered if it is not taken; b"" if it is."""
        if self._refusal_of_chunk:
            refusal, self._refusal_of_chunk = self._refusal_of_chunk, b""
            return refusal
        # A chunk is passed over first, so that what is owed is asked for here: its octets are no commands.
        if self._door.gated and (owed := self._owed(CaptureSMTP._data)):
            return owed
        if not self.envelope.is_open:
            return replies.NO_MAIL if self.session.host_name else self._door.no_greeting
        if self.envelope.transfer is Transfer.SPOILED:
            return replies.CHUNKS_SPOILED
        if not self.envelope.recipients:
            return replies.NO_RCPT
        limit = self._door.settings.message_size
        if not limit or self.envelope.body.size + size <= limit:
            return b""
        return octets(TooLarge.smtp)

    def _end_chunk(self, coming: Chunk) -> None:
        self._chunk = None
        self._mode = Mode.COMMAND
        self._note(b"%d octets in a chunk" % coming.size)
        if coming.refusal:
            each = len(self.envelope.recipients) if self._door.reply_each and coming.last else 1
            if coming.last or not self.envelope.is_open:
                self._reset()
            # Not counted as a wrong command: it was sent before its client could know of the first refusal.
            self._say(coming.refusal * max(1, each))
            self._leave_if_asked()
        elif coming.last:
            self._run(self._store())
        else:
            self._answer(b"250 2.0.0 %d octets received\r\n" % coming.size)

    async def _store(self) -> bytes:
        """Hand the mail over and return the reply (promise: 250 is said after the commit)."""
        self._patience.transfer_ends()
        if self._lines.bare_lf:
            self.envelope.remark("bare-lf-command")
        if self._faults.active:
            return await self._store_unless_faulty()
        recipients = len(self.envelope.recipients)
        return await self._handed_over() * (recipients if self._door.reply_each else 1)

    async def _store_unless_faulty(self) -> bytes:
        ask = partial(occasion_in, self, Stage.END_OF_DATA)
        recipients = self.envelope.recipients
        if self._door.reply_each:
            judgement = self._judge([ask((each,)) for each in recipients])
            kept = [each for each, refusal in zip(recipients, judgement.refusals, strict=True) if refusal is None]
        else:
            judgement = self._judge([ask(tuple(recipients))])
            kept = recipients if judgement.refusals == [None] else []
        self.envelope.recipients = kept
        if judgement.delay:
            await asyncio.sleep(judgement.delay)
        if kept and judgement.stores:
            return judgement.joined(await self._handed_over())
        self._reset()
        return judgement.joined(b"")

    async def _handed_over(self) -> bytes:
        body = self.envelope.body
        try:
            # A mail that waits in a file takes milliseconds for each 10 MB, in which others want to be served.
            raw = await asyncio.to_thread(body.raw) if body.spooled else body.raw()
            self.envelope.original_content = self.envelope.content = raw
            return replies.enhanced(await self._call_handler_hook("DATA"))
        except MailtrapError as err:
            level = logging.WARNING if isinstance(err, StoreError) else logging.INFO
            log.log(level, "session %s: mail refused: %s", self.session.id, err)
            return octets(err.smtp)
        except Exception:  # noqa: BLE001 - the door of this command: the client gets an id, the log the rest
            return self._bug()
        finally:
            self._reset()


def _need_smtputf8(address: str, *, smtputf8: bool) -> None:
    if not smtputf8 and not address.isascii():  # RFC 6531 section 3.5
        raise refused(553, "5.6.7", "A non-ASCII address needs SMTPUTF8")
