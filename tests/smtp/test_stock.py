"""Ordinary dialogues against stock aiosmtpd and against ours: the same codes, the same mail.

The texts, the enhanced codes and the final reply differ on purpose; the engine must not.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

if TYPE_CHECKING:
    from tests.conftest import Loop
    from tests.smtp.conftest import Door


class Kept:
    """A stock handler that keeps what it was given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str | None, list[str], object]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


class Stock:
    """A bare aiosmtpd on a free port."""

    def __init__(self, loop: Loop) -> None:
        self.handler = Kept()
        self.made: list[SMTP] = []
        self._loop = loop
        self._server = loop.run(self._serve())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> SMTP:
        self.made.append(SMTP(self.handler, enable_SMTPUTF8=True, hostname="stock.test", loop=self._loop.loop))
        return self.made[-1]

    async def _serve(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", 0)

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = [smtp._handler_coroutine for smtp in self.made if smtp._handler_coroutine]
            for smtp in self.made:
                if smtp.transport is not None:
                    smtp.transport.close()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._loop.run(end())


@pytest.fixture
def stock(loop: Loop) -> Iterator[Stock]:
    stock = Stock(loop)
    yield stock
    stock.close()


DIALOGUES: dict[str, list[bytes]] = {
    "one mail": [b"EHLO c", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b"Subject: a\r\n\r\nb\r\n.", b"QUIT"],
    "HELO": [b"HELO c", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b".", b"QUIT"],
    "dots": [b"HELO c", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b"..\r\n.a\r\n..b\r\n\r\n.", b"QUIT"],
    "two mails": [b"EHLO c", *[b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b"x\r\n."] * 2, b"QUIT"],
    "parameters": [
        b"EHLO c",
        b"MAIL FROM:<a@x> SIZE=9 BODY=8BITMIME",
        b"RCPT TO:<b@x>",
        b"DATA",
        b"\xff\r\n.",
        b"QUIT",
    ],
    "smtputf8": [b"EHLO c", "MAIL FROM:<ü@x> SMTPUTF8".encode(), "RCPT TO:<ß@x>".encode(), b"DATA", b"."],
    "case": [b"ehlo c", b"mail from:<A@X>", b"rcpt to:<b@x>", b"data", b".", b"quit"],
    "spaces": [b"EHLO c", b"MAIL FROM: <a@x>", b"RCPT TO: <b@x>", b"DATA", b"."],
    "several recipients": [b"EHLO c", b"MAIL FROM:<a@x>", *[b"RCPT TO:<%d@x>" % n for n in range(5)], b"DATA", b"."],
    "reset": [b"EHLO c", b"MAIL FROM:<a@x>", b"RSET", b"RCPT TO:<b@x>", b"MAIL FROM:<c@x>", b"NOOP"],
    "order": [
        b"MAIL FROM:<a@x>",
        b"EHLO c",
        b"RCPT TO:<a@x>",
        b"DATA",
        b"MAIL FROM:<a@x>",
        b"MAIL FROM:<a@x>",
        b"DATA",
    ],
    "missing arguments": [
        b"HELO",
        b"EHLO",
        b"EHLO c",
        b"MAIL",
        b"MAIL FROM:",
        b"MAIL FROM:<a@x>",
        b"RCPT",
        b"RCPT TO:",
    ],
    "superfluous arguments": [
        b"EHLO c",
        b"RSET x",
        b"QUIT x",
        b"NOOP x",
        b"MAIL FROM:<a@x>",
        b"RCPT TO:<a@x>",
        b"DATA x",
    ],
    "bad parameters": [b"EHLO c", b"MAIL FROM:<a@x> SIZE=x", b"MAIL FROM:<a@x> BODY=x", b"MAIL FROM:<a@x> XX=1"],
    "rare verbs": [b"VRFY a@x", b"VRFY", b"EXPN a", b"XYZZY", b"", b"QUIT"],
    "too large": [b"EHLO c", b"MAIL FROM:<a@x> SIZE=999999999"],
}


@pytest.mark.parametrize("commands", DIALOGUES.values(), ids=DIALOGUES.keys())
def test_the_codes_and_the_mails_are_those_of_stock(commands: list[bytes], stock: Stock, door: Door) -> None:
    assert _codes(door.port, commands) == _codes(stock.port, commands)

    ours = [(m.envelope.sender, list(m.envelope.addresses), m.raw) for m in door.messages()]
    assert ours == stock.handler.mails


def _codes(port: int, commands: list[bytes]) -> list[int]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        codes = []
        for command in commands:
            smtp.send(command + b"\r\n")
            codes.append(smtp.getreply()[0])
            if codes[-1] == 221:
                smtp.close()
        return codes


def test_smtplib_gets_the_same_mail_through_both(stock: Stock, door: Door) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Grüße"
    mail["From"] = "Anna <anna@x.test>"
    mail["To"] = "bob@x.test, carol@x.test"
    mail.set_content("Text\n.with a dot\n")
    mail.add_alternative("<p>Hallo</p>", subtype="html")
    mail.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream", filename="a.bin")
    raw = mail.as_bytes(policy=SMTP_POLICY)  # once, as boundaries are made by chance

    for port in (door.port, stock.port):
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
            smtp.sendmail("anna@x.test", ["bob@x.test", "carol@x.test", "dave@x.test"], raw)

    message = door.messages()[0]
    assert [(message.envelope.sender, list(message.envelope.addresses), message.raw)] == stock.handler.mails
