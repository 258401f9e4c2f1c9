"""Random dialogues, legal and illegal, against a small model of a session that says what comes of them.

Each dialogue is held twice: command by command, and then as one stream in random pieces. Both times every reply has to
have the code that the model says, and the same mails have to be stored.
"""

from __future__ import annotations

import random
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor

MOST_OCTETS = 60
MOST_RECIPIENTS = 2
MOST_IN_LINE = 200
REPLY = re.compile(r"(?:(\d\d\d)-.*\n)*\d\d\d .*")
ENHANCED = re.compile(r"(?:([245])\d\d[ -]\1\.\d{1,3}\.\d{1,3} .*(?:\n|$))+")

# What is behind MAIL or RCPT, with the code that it has if nothing else is wrong.
ADDRESSES = {
    b"<a@x.test>": 250,
    b"<Bob@Y.test>": 250,
    b"c@z.test": 250,
    b"<a@": 501,
    b"": 501,
    "<ä@x.test>".encode(): 553,
}
MAIL_OPTIONS = {b"": 250, b" SIZE=%d" % MOST_OCTETS: 250, b" SIZE=%d" % (MOST_OCTETS + 1): 552, b" SIZE=x": 501}
MAIL_OPTIONS |= {b" BODY=8BITMIME": 250, b" BODY=BINARYMIME": 250, b" SMTPUTF8": 250, b" FOO=1": 555, b" A-B=1": 555}
RCPT_OPTIONS = {b"": 250, b" NOTIFY=NEVER": 250, b" NOTIFY=SOMETIMES": 501, b" FOO": 555}
# What has the same answer whatever has been said.
ALWAYS = {b"NOOP": 250, b"noop x": 250, b"HELP": 214, b"XYZZY": 500, b"": 500, b"LHLO x": 500, b"STARTTLS": 502}
ALWAYS |= {b"RSET now": 501, b"STARTTLS now": 501, b"QUIT now": 501, b"BDAT": 501, b"BDAT -1": 501, b"BDAT 5 X": 501}
ALWAYS |= {b"N\0OP": 501, b"NOOP \x1b": 501, b"\xff": 501, b"DA\rTA": 501, b"NOOP " + b"x" * MOST_IN_LINE: 500}
OCTETS = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"\0", b"x", b"\xff", b"\r\n.", b"QUIT"]), max_size=12)
TEXT = OCTETS.map(b"".join)


def often(good: bytes, others: Mapping[bytes, int]) -> st.SearchStrategy[bytes]:
    """Draw the good one every other time: else few dialogues come far."""
    return st.one_of(st.just(good), st.sampled_from([*others]))


@dataclass
class Mail:
    """A mail, or a transaction that may become one."""

    sender: str
    utf8: bool = False
    binary: bool = False
    recipients: list[str] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    chunked: bool = False
    spoiled: bool = False

    def done(self, raw: bytes) -> tuple[str, tuple[str, ...], bytes]:
        return self.sender, tuple(self.recipients), raw


class Model:
    """What a session is, as RFC 5321, 3030 and 4954 have it. Each method says the code of the reply."""

    def __init__(self, *, login_needed: bool) -> None:
        self.login_needed = login_needed
        self.greeting = ""
        self.login = False
        self.mail: Mail | None = None
        self.stored: list[tuple[str, tuple[str, ...], bytes]] = []

    @property
    def locked(self) -> bool:
        return self.login_needed and not self.login

    def hello(self, verb: str, name: bytes) -> int:
        if not name:
            return 501
        self.greeting, self.mail = verb, None
        return 250

    def begin(self, address: bytes, option: bytes) -> int:
        if self.locked:
            return 530
        if not self.greeting or self.mail:
            return 503
        code = 250 if address == b"<>" else ADDRESSES[address]
        utf8 = option == b" SMTPUTF8"
        if code == 501:
            return 501
        if MAIL_OPTIONS[option] in (501, 555):
            return MAIL_OPTIONS[option]
        if code == 553 and not utf8:
            return 553
        if MAIL_OPTIONS[option] == 250:
            self.mail = Mail(address.decode().strip("<>"), utf8, option == b" BODY=BINARYMIME")
        return MAIL_OPTIONS[option]

    def add(self, address: bytes, option: bytes) -> int:
        if self.locked:
            return 530
        if not self.mail or self.mail.chunked:
            return 503
        code = 501 if address == b"<>" else ADDRESSES[address]
        if code == 501:
            return 501
        if RCPT_OPTIONS[option] != 250:
            return RCPT_OPTIONS[option]
        if code == 553 and not self.mail.utf8:
            return 553
        if len(self.mail.recipients) == MOST_RECIPIENTS:
            return 452
        self.mail.recipients.append(address.decode().strip("<>"))
        return 250

    def data(self) -> int:
        if self.locked:
            return 530
        mail = self.mail
        if not mail or not mail.recipients or mail.binary or mail.chunked:
            return 503
        return 354

    def text(self, raw: bytes) -> int:
        assert self.mail
        if len(raw) > MOST_OCTETS:
            self.mail = None
            return 552
        self.stored.append(self.mail.done(raw))
        self.mail = None
        return 250

    def chunk(self, octets: bytes, *, last: bool) -> int:
        code = 530 if self.locked else self._chunk(octets, last=last)
        if last:
            self.mail = None
        return code

    def _chunk(self, octets: bytes, *, last: bool) -> int:
        mail = self.mail
        if not mail:
            return 503
        mail.chunked = True
        if mail.spoiled or not mail.recipients:
            mail.spoiled = True  # RFC 3030 section 2: a chunk is lost, and only RSET helps
            return 503
        if sum(map(len, mail.chunks)) + len(octets) > MOST_OCTETS:
            mail.spoiled = True
            return 552
        mail.chunks.append(octets)
        if last:
            self.stored.append(mail.done(b"".join(mail.chunks)))
        return 250

    def lose_chunk(self) -> None:
        """There was a BDAT that nobody can read."""
        if self.mail:
            self.mail.chunked = self.mail.spoiled = True

    def auth(self) -> int:
        """The code that any AUTH has now, 0 if it depends on its words."""
        return 503 if self.greeting != "EHLO" or self.login or self.mail else 0


class Dialogue(RuleBasedStateMachine):
    """The model and a real session side by side."""

    def __init__(self, door: Door, *, login_needed: bool) -> None:
        super().__init__()
        self.door = door
        self.door.sandbox.clear()
        self.model = Model(login_needed=login_needed)
        self.sent = b""
        self.codes = [220]
        self.client = door.connect()
        _check(self.client, 220)

    def step(self, octets: bytes, *codes: int) -> None:
        self.sent += octets
        self.codes += codes
        self.client.send(octets)
        for code in codes:
            _check(self.client, code)

    @initialize(seed=st.integers(0, 2**32), hello=st.booleans())
    def begin(self, seed: int, hello: bool) -> None:
        self.chance = random.Random(seed)
        if hello:
            self.step(b"EHLO client.test\r\n", self.model.hello("EHLO", b"client.test"))

    @rule(verb=st.sampled_from(["EHLO", "HELO"]), name=st.sampled_from([b"client.test", b"[127.0.0.1]", b""]))
    def hello(self, verb: str, name: bytes) -> None:
        self.step(verb.encode() + b" " + name + b"\r\n", self.model.hello(verb, name))

    @rule(address=often(b"<a@x.test>", {**ADDRESSES, b"<>": 0}), option=often(b"", MAIL_OPTIONS))
    def mail(self, address: bytes, option: bytes) -> None:
        self.step(b"MAIL FROM:" + address + option + b"\r\n", self.model.begin(address, option if address else b""))

    @rule(address=often(b"<a@x.test>", {**ADDRESSES, b"<>": 0}), option=often(b"", RCPT_OPTIONS))
    def rcpt(self, address: bytes, option: bytes) -> None:
        self.step(b"rcpt to:" + address + option + b"\r\n", self.model.add(address, option if address else b""))

    @rule(text=TEXT)
    def data(self, text: bytes) -> None:
        code = self.model.data()
        self.step(b"DATA\r\n", code)
        if code == 354:
            raw = text + b"\r\n" if text else b""
            self.step(re.sub(rb"(\A|\r\n)\.", rb"\1..", raw) + b".\r\n", self.model.text(raw))

    @rule(octets=TEXT, last=st.booleans())
    def bdat(self, octets: bytes, last: bool) -> None:
        code = self.model.chunk(octets, last=last)
        self.step(b"BDAT %d%s\r\n" % (len(octets), b" LAST" * last) + octets, code)

    @rule(steps=st.lists(st.sampled_from("MRBLD"), max_size=6), text=TEXT)
    def transaction(self, steps: list[str], text: bytes) -> None:
        """Say what belongs to a mail, in some order: of all commands chance would seldom choose these."""
        for step in ["M", *steps]:
            match step:
                case "M":
                    self.mail(b"<a@x.test>", b"")
                case "R":
                    self.rcpt(b"<Bob@Y.test>", b"")
                case "D":
                    self.data(text)
                case _:
                    self.bdat(text, step == "L")

    @rule(answer=st.sampled_from([(b"AGEAYg==", 235), (b"*", 501), (b"%%%", 501), (b"", 501), (b"x" * 13_000, 500)]))
    def auth_plain(self, answer: tuple[bytes, int]) -> None:
        code = self.model.auth()
        self.step(b"AUTH PLAIN\r\n", code or 334)
        if not code:
            self.step(answer[0] + b"\r\n", answer[1])
            self.model.login = answer[1] == 235

    @rule()
    def auth_login(self) -> None:
        code = self.model.auth()
        self.step(b"auth login " + b64encode(b"alice") + b"\r\n", code or 334)
        if not code:
            self.step(b64encode(b"secret") + b"\r\n", 235)
            self.model.login = True

    @rule(words=st.sampled_from([(b"", 501), (b" GSSAPI", 504), (b" PLAIN *", 501), (b" PLAIN a b", 501)]))
    def wrong_auth(self, words: tuple[bytes, int]) -> None:
        self.step(b"AUTH" + words[0] + b"\r\n", self.model.auth() or words[1])

    @rule()
    def rset(self) -> None:
        self.model.mail = None
        self.step(b"RSET\r\n", 250)

    @rule(command=st.sampled_from([*ALWAYS]), end=st.sampled_from([b"\r\n", b"\n"]))
    def whenever(self, command: bytes, end: bytes) -> None:
        if command.startswith(b"BDAT"):
            self.model.lose_chunk()
        self.step(command + end, ALWAYS[command])

    @rule(verb=st.sampled_from([(b"VRFY a@x.test", 252), (b"EXPN list", 502)]))
    def ask(self, verb: tuple[bytes, int]) -> None:
        self.step(verb[0] + b"\r\n", 530 if self.model.locked else verb[1])

    def teardown(self) -> None:
        self.step(b"QUIT\r\n", 221)
        assert self.client.rest() == ""
        assert self._stored() == self.model.stored
        client = self.door.connect()
        self._send_in_pieces(client)
        for code in self.codes:
            _check(client, code)
        assert client.rest() == ""
        assert self._stored() == self.model.stored * 2

    def _send_in_pieces(self, client: Client) -> None:
        """Send all that was said as one stream, which is cut by chance."""
        most = self.chance.choice([1, 3, 20, 500, 100_000])
        at = 0
        while at < len(self.sent):
            size = self.chance.randint(1, most) if len(self.sent) < 2000 else 5000
            client.send(self.sent[at : at + size])
            at += size

    def _stored(self) -> list[tuple[str, tuple[str, ...], bytes]]:
        return [
            (each.envelope.sender, tuple(to.address for to in each.envelope.recipients), each.raw)
            for each in self.door.messages()
        ]


def _check(client: Client, code: int) -> None:
    reply = client.reply()
    assert reply.startswith(str(code)), reply
    assert REPLY.fullmatch(reply)
    if code not in (220, 334, 354) and not reply.startswith(("250-mailtrap.", "250 mailtrap.")):
        assert ENHANCED.fullmatch(reply)


@pytest.mark.parametrize("login_needed", [False, True])
def test_a_session_does_what_the_model_says(login_needed: bool, open_door: OpenDoor) -> None:
    door = open_door(
        message_size=MOST_OCTETS,
        recipients=MOST_RECIPIENTS,
        command_line=MOST_IN_LINE,
        session_errors=1000,
        smtp_auth="required" if login_needed else "any",
    )

    class Here(Dialogue):
        def __init__(self) -> None:
            super().__init__(door, login_needed=login_needed)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
