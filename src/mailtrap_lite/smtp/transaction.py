"""What holds during a session and during a mail transaction (RFC 5321 section 3.3), on aiosmtpd's own values."""

from __future__ import annotations

import asyncio
from enum import Enum, auto

from aiosmtpd.smtp import Envelope as StockEnvelope
from aiosmtpd.smtp import Session as StockSession

from mailtrap_lite.message import Recipient
from mailtrap_lite.smtp.data import DataReader


class Conversation(StockSession):
    """What holds until the connection ends, or TLS begins.

    id: the transcript's. user: who authenticated, or None. known_as: the same, as the sandbox calls it.
    tls: the TLS version, or None.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, session: str, client: str, tls: str | None) -> None:
        super().__init__(loop)
        self.id = session
        self.client = client
        self.tls = tls
        self.user: str | None = None
        self.known_as: str | None = None


class Transfer(Enum):
    """How the mail of a transaction may still come (RFC 3030 sections 2 and 3)."""

    ANY = auto()  # by DATA or by BDAT
    CHUNKS = auto()  # BODY=BINARYMIME: by BDAT
    BEGUN = auto()  # a chunk was taken: by more BDAT, to the same recipients
    SPOILED = auto()  # a BDAT was refused, and nobody knows what was in it: not at all


class Transaction(StockEnvelope):
    """What holds from MAIL to the end of DATA, or to BDAT LAST.

    mail_from: None while no MAIL was accepted. limit: octets of the mail.
    remarks: lint codes of what only the wire shows.
    is_shared: a recipient may be in the domain of a sandbox that nobody logged in to.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.recipients: list[Recipient] = []
        self.body = DataReader(limit)
        self.transfer = Transfer.ANY
        self.remarks: list[str] = []
        self.is_shared = False

    @property
    def is_open(self) -> bool:
        """Whether MAIL was accepted."""
        return self.mail_from is not None

    def spoil(self) -> None:
        """A BDAT was refused: nothing can come of this mail."""
        if self.is_open:
            self.transfer = Transfer.SPOILED
            self.body.close()

    def remark(self, code: str) -> None:
        """Keep a lint code, once."""
        if code not in self.remarks:
            self.remarks.append(code)
