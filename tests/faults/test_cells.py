"""Each action at each stage that the table allows does on the wire what it says, on both event loops."""

from __future__ import annotations

import socket
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Final

import pytest
from tests.faults.conftest import MAIL, Connect, Wire

from mailtrap_lite import Ending, Reply, Server
from mailtrap_lite.faults import (
    AcceptThenDrop,
    Action,
    ActiveFault,
    ChangeUidl,
    Delay,
    Drip,
    Drop,
    DropAfter,
    Err,
    Hide,
    Reset,
    Stage,
    Stall,
)
from mailtrap_lite.faults.table import ALLOWED
from mailtrap_lite.message import Protocol

LONG: Final = 0.25  # seconds
PLAIN: Final = b64encode(b"\0bob@x.test\0secret")

# What brings a session to a stage, what comes to it, and how the right answer begins.
SMTP_WAYS: Final[dict[Stage, tuple[list[bytes], bytes, bytes]]] = {
    Stage.CONNECT: ([], b"", b"220 mailtrap.localhost "),
    Stage.BANNER: ([], b"", b"220 mailtrap.localhost "),
    Stage.EHLO: ([], b"EHLO c.test", b"250-mailtrap.localhost\r\n"),
    Stage.STARTTLS: ([b"EHLO c.test"], b"STARTTLS", b"220 2.0.0 "),
    Stage.AUTH: ([b"EHLO c.test"], b"AUTH PLAIN " + PLAIN, b"235 2.7.0 "),
    Stage.MAIL: ([b"EHLO c.test"], b"MAIL FROM:<a@x.test>", b"250 2.1.0 "),
    Stage.RCPT: ([b"EHLO c.test", b"MAIL FROM:<a@x.test>"], b"RCPT TO:<b@x.test>", b"250 2.1.5 "),
    Stage.DATA: ([b"EHLO c.test", b"MAIL FROM:<a@x.test>", b"RCPT TO:<b@x.test>"], b"DATA", b"354 "),
    Stage.END_OF_DATA: (
        [b"EHLO c.test", b"MAIL FROM:<a@x.test>", b"RCPT TO:<b@x.test>", b"DATA"],
        MAIL + b".",
        b"250 2.0.0 ",
    ),
    Stage.QUIT: ([b"EHLO c.test"], b"QUIT", b"221 2.0.0 "),
}
POP3_LOGIN: Final = [b"USER b@x.test", b"PASS secret"]
POP3_WAYS: Final[dict[Stage, tuple[list[bytes], bytes, bytes]]] = {
    Stage.CONNECT: ([], b"", b"+OK mailtrap.localhost "),
    Stage.BANNER: ([], b"", b"+OK mailtrap.localhost "),
    Stage.CAPA: ([], b"CAPA", b"+OK "),
    Stage.STLS: ([], b"STLS", b"+OK "),
    Stage.LOGIN: ([b"USER b@x.test"], b"PASS secret", b"+OK "),
    Stage.STAT: (POP3_LOGIN, b"STAT", b"+OK 1 "),
    Stage.LIST: (POP3_LOGIN, b"LIST", b"+OK "),
    Stage.UIDL: (POP3_LOGIN, b"UIDL", b"+OK "),
    Stage.RETR: (POP3_LOGIN, b"RETR 1", b"+OK "),
    Stage.TOP: (POP3_LOGIN, b"TOP 1 99", b"+OK "),
    Stage.DELE: (POP3_LOGIN, b"DELE 1", b"+OK "),
    Stage.QUIT: (POP3_LOGIN, b"QUIT", b"+OK "),
}
WITH_LINES: Final = (Stage.CAPA, Stage.LIST, Stage.UIDL, Stage.RETR, Stage.TOP)
CONTENT: Final = (Stage.RETR, Stage.TOP)
CELLS: Final = [
    (protocol, stage, kind)
    for (protocol, stage), kinds in ALLOWED.items()
    for kind in kinds
    if stage is not Stage.HANDSHAKE  # see test_handshakes.py
]


class Visit:
    """A session that is about to come to a stage at which a fault waits."""

    def __init__(self, mail: Server, connect: Connect, protocol: Protocol, stage: Stage) -> None:
        self.mail, self.protocol, self.stage = mail, protocol, stage
        self.pop3 = protocol is Protocol.POP3
        if self.pop3:
            mail.deliver(MAIL, to="b@x.test")
        before, self.trigger, self.right = (POP3_WAYS if self.pop3 else SMTP_WAYS)[stage]
        self._before = [line.replace(b"EHLO", b"LHLO") if protocol is Protocol.LMTP else line for line in before]
        if protocol is Protocol.LMTP:
            self.trigger = self.trigger.replace(b"EHLO", b"LHLO")
        self._connect = connect

    def come(self, action: Action) -> Wire:
        """Come to the stage; return the connection, on which the answer was not read yet."""
        early = self.stage in (Stage.CONNECT, Stage.BANNER)
        self.fault: ActiveFault = self.mail.faults.add(self.stage, action, protocol=self.protocol)
        self.began = time.monotonic()
        self.wire = self._connect(self.mail.endpoints[self.protocol], greeted=not early)
        for line in self._before:
            assert self.wire.ask(line)[:1] in b"23+"
        if not early:
            self.began = time.monotonic()
            self.wire.send(self.trigger + b"\r\n")
        return self.wire

    def answer(self) -> bytes:
        """Read the whole answer."""
        first = self.wire.reply()
        return first + self.wire.listing() if self.pop3 and self.stage in WITH_LINES else first

    @property
    def took(self) -> float:
        return time.monotonic() - self.began


def gives_a_reply(visit: Visit) -> None:
    reply = Reply(421, "4.3.2", "busy") if visit.stage is Stage.BANNER else Reply(450, "4.2.1", "busy")
    wire = visit.come(reply)

    assert wire.reply() == f"{reply}\r\n".encode()
    assert visit.mail.messages == []
    assert [line.text for line in visit.mail.sessions[-1].lines if line.fault][-1] == str(reply)
    if visit.stage is Stage.BANNER:
        assert wire.end() == (b"", "FIN")
    else:
        assert wire.ask(b"NOOP") == b"250 2.0.0 Ok\r\n"


def gives_an_error(visit: Visit) -> None:
    wire = visit.come(Err("busy", "IN-USE"))

    assert wire.reply() == b"-ERR [IN-USE] busy\r\n"
    if visit.stage in (Stage.BANNER, Stage.QUIT):
        assert wire.end() == (b"", "FIN")
    else:
        assert wire.ask(b"CAPA").startswith(b"+OK") or visit.stage is Stage.CAPA
    assert [each.subject for each in visit.mail.mailbox("b@x.test").messages] == ["hello"]


def delays(visit: Visit) -> None:
    visit.come(Delay(LONG))

    assert visit.answer().startswith(visit.right)
    assert visit.took >= LONG * 0.95  # clocks have grains


def stalls(visit: Visit) -> None:
    wire = visit.come(Stall())

    assert wire.is_silent()
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.end()[0] == b""
    assert visit.mail.messages == [] or visit.pop3


def drops(visit: Visit) -> None:
    assert visit.come(Drop()).end() == (b"", "FIN")


def resets(visit: Visit) -> None:
    try:
        ended = visit.come(Reset()).end()
    except ConnectionResetError:  # so soon that connecting failed, or sending
        ended = b"", "RST"

    assert ended == (b"", "RST")


def drops_after_octets(visit: Visit) -> None:
    wire = visit.come(DropAfter(3))

    if visit.stage is Stage.DATA:
        assert wire.reply().startswith(b"354 ")
        wire.send(MAIL[:50])
        assert wire.end()[0] == b""
        assert visit.mail.messages == []
    elif visit.stage in CONTENT:
        assert wire.line().startswith(b"+OK ")
        assert wire.end() == (MAIL[:3], "FIN")
        assert visit.mail.sandbox.fetched("b@x.test") == []
    else:
        assert wire.end() == (visit.right[:3], "FIN")


def drips(visit: Visit) -> None:
    rate = 500.0
    wire = visit.come(Drip(rate))
    answer = visit.answer()

    assert answer.startswith(visit.right)
    slow = answer.partition(b"\r\n")[2] if visit.stage in CONTENT else answer
    assert visit.took >= 0.9 * (len(slow) - 11) / rate  # ten octets go at once
    if visit.stage is not Stage.QUIT:
        assert wire.ask(b"NOOP")[:1] in b"2+-"


def hides(visit: Visit) -> None:
    visit.come(Hide(("PIPELINING", "CRAM-MD5")))
    first = visit.answer()
    visit.fault.remove()
    visit.wire.send(visit.trigger + b"\r\n")
    second = visit.answer()

    assert b"PIPELINING" not in first
    assert b"PIPELINING" in second
    assert b"CRAM-MD5" not in first


def accepts_and_drops(visit: Visit) -> None:
    assert visit.come(AcceptThenDrop()).end() == (b"", "FIN")
    assert [each.subject for each in visit.mail.messages] == ["hello"]


def changes_unique_ids(visit: Visit) -> None:
    visit.come(ChangeUidl("moved"))
    first = visit.answer()
    second = visit.wire.ask(b"UIDL 1")
    visit.fault.remove()
    right = visit.wire.ask(b"UIDL 1")

    uid = first.splitlines()[1].split()[1]
    assert second.split() == [b"+OK", b"1", uid]
    assert right.split()[2] != uid


DOES: Final[dict[type[Action], Callable[[Visit], None]]] = {
    Reply: gives_a_reply,
    Err: gives_an_error,
    Delay: delays,
    Stall: stalls,
    Drop: drops,
    Reset: resets,
    DropAfter: drops_after_octets,
    Drip: drips,
    Hide: hides,
    AcceptThenDrop: accepts_and_drops,
    ChangeUidl: changes_unique_ids,
}
ENDS: Final = (Drop, Reset, AcceptThenDrop)


@pytest.mark.parametrize(("protocol", "stage", "kind"), CELLS, ids=lambda each: getattr(each, "__name__", str(each)))
def test_each_cell_of_the_table_does_what_it_says(
    protocol: Protocol, stage: Stage, kind: type[Action], mail: Server, connect: Connect
) -> None:
    visit = Visit(mail, connect, protocol, stage)

    DOES[kind](visit)

    session = mail.sessions[-1]
    assert [(hit.stage, hit.session) for hit in visit.fault.hits][:1] == [(stage, session.id)]
    assert f"#: fault {visit.fault}" in session.transcript.splitlines()
    if kind in ENDS:
        assert session.ending is Ending.FAULT
