"""The other rules of moving on: schedule, verdicts, parameters, trace."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrap_lite.message import Envelope, Message, Recipient
from mailtrap_lite.message.envelope import Origin
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.relaying import Schedule
from mailtrap_lite.relaying.handover import Needs, rcpt_options, wire_octets
from mailtrap_lite.relaying.trace import loop_in, received_line
from mailtrap_lite.relaying.verdicts import Said, Stage

SENT, FAILED, WAITING = QueueState.SENT, QueueState.FAILED, QueueState.WAITING
MODERN = {"SIZE": "1000", "8BITMIME": "", "SMTPUTF8": "", "DSN": "", "PIPELINING": ""}


@pytest.mark.parametrize(
    ("tries", "now", "at"),
    [
        (1, 0, 60),
        (2, 60, 180),
        (3, 180, 420),
        (7, 4000, 7600),
        (99, 9000, 10_000),
        (9, 9999, 10_000),
        (9, 10_000, None),
    ],
)
def test_each_wait_is_twice_as_long_up_to_an_hour_and_the_last_try_is_at_the_end(
    tries: int, now: float, at: float | None
) -> None:
    assert Schedule(first=60, expire=10_000).next_try(tries, queued_at=0, now=now) == at


def test_a_wait_that_is_longer_than_an_hour_stays_as_it_is() -> None:
    assert Schedule(first=7200).next_try(5, queued_at=0, now=0) == 7200


@pytest.mark.parametrize(
    ("warn", "now", "warned", "told"),
    [(10, 9, False, False), (10, 10, False, True), (10, 99, True, False), (0, 99, False, False)],
)
def test_a_sender_is_told_of_a_delay_once(warn: float, now: float, *, warned: bool, told: bool) -> None:
    assert Schedule(warn=warn).warns(queued_at=0, now=now, warned=warned) is told


@pytest.mark.parametrize(
    ("code", "stage", "verdict"),
    [
        (250, Stage.END, SENT),
        (451, Stage.END, WAITING),
        (554, Stage.END, FAILED),
        (0, Stage.END, WAITING),
        (354, Stage.END, WAITING),
        (550, Stage.RCPT, FAILED),
        (450, Stage.RCPT, WAITING),
        (421, Stage.RCPT, WAITING),
        (452, Stage.RCPT, WAITING),
        (552, Stage.RCPT, WAITING),
        (550, Stage.MAIL, FAILED),
        (250, Stage.MAIL, WAITING),
        (530, Stage.MAIL, WAITING),
        (554, Stage.CONNECT, WAITING),
        (550, Stage.HELLO, WAITING),
        (454, Stage.TLS, WAITING),
        (535, Stage.LOGIN, WAITING),
    ],
)
def test_a_reply_means_what_it_says_where_it_is_said(code: int, stage: Stage, verdict: QueueState) -> None:
    assert Said(code, "", stage).verdict is verdict


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [(550, "5.1.1 unknown", "5.1.1"), (550, "unknown", "5.0.0"), (451, "later", "4.0.0"), (0, "no answer", "4.0.0")],
)
def test_a_status_is_read_out_of_the_reply(code: int, text: str, status: str) -> None:
    assert Said(code, text, Stage.RCPT).status == status


def message(raw: bytes = b"Subject: hi\r\n\r\nhi\r\n", *options: str, **envelope: Any) -> Message:
    return Message(1, Envelope("a@a.test", (Recipient("b@b.test"),), options, **envelope), raw, 0.0)


WIDE = b"Subject: gr\xc3\xbcn\r\n\r\nhi\r\n"
EIGHT = b"Subject: hi\r\n\r\n\xff\r\n"


@pytest.mark.parametrize(
    ("mail", "missing", "said"),
    [
        (message(), {}, None),
        (message(), {"8BITMIME", "SMTPUTF8", "DSN", "SIZE"}, None),
        (message(b"x" * 1001), {}, "550 5.3.4 the mail has 1001 octets, and the next server takes 1000"),
        (message(b"x" * 1001), {"SIZE"}, None),
        (message(EIGHT), {}, None),
        (message(EIGHT), {"8BITMIME"}, "550 5.6.3 the mail needs 8BITMIME, which the next server has not"),
        (message(WIDE, "SMTPUTF8"), {}, None),
        (message(WIDE, "SMTPUTF8"), {"SMTPUTF8"}, "550 5.6.9 the header needs SMTPUTF8, which the next server has not"),
        (message(WIDE), {"SMTPUTF8"}, None),
        (message(b"Subject: hi\r\n\r\nhi\r\n", "SMTPUTF8"), {"SMTPUTF8"}, None),
        (message(b"a\nb", "BODY=BINARYMIME"), {}, "550 5.6.3 the mail is binary, and it would have to be converted"),
        (message(b"a\r\nb", "BODY=BINARYMIME"), {}, None),
        (
            message(b"", "REQUIRETLS"),
            {},
            "550 5.7.30 REQUIRETLS was asked for, and the next server does not promise it",
        ),
    ],
)
def test_a_mail_that_would_have_to_be_converted_goes_back(mail: Message, missing: set[str], said: str | None) -> None:
    offered = {name: value for name, value in MODERN.items() if name not in missing}

    refusal = Needs.of(mail, sender="a@a.test").refusal(offered, verified=False)

    assert (None if refusal is None else str(refusal)) == said
    assert refusal is None or refusal.verdict is FAILED


def test_an_address_that_needs_smtputf8_is_refused_alone() -> None:
    needs = Needs.of(message(), sender="a@a.test")

    assert needs.refusal_of(Recipient("b@b.test"), {}) is None
    assert str(needs.refusal_of(Recipient("gr\u00fcn@b.test"), {})).startswith("550 5.6.7 ")
    assert needs.refusal_of(Recipient("gr\u00fcn@b.test"), MODERN) is None
    assert str(Needs.of(message(), sender="gr\u00fcn@a.test").refusal({}, verified=False)).startswith("550 5.6.7 ")


@pytest.mark.parametrize(
    ("mail", "recipient", "offered", "options"),
    [
        (message(), "b@b.test", {}, []),
        (message(), "b@b.test", MODERN, ["SIZE=19"]),
        (message(EIGHT), "b@b.test", MODERN, ["SIZE=18", "BODY=8BITMIME"]),
        (message(WIDE, "SMTPUTF8"), "b@b.test", MODERN, ["SIZE=22", "BODY=8BITMIME", "SMTPUTF8"]),
        (message(WIDE), "b@b.test", MODERN, ["SIZE=22", "BODY=8BITMIME"]),
        (message(), "gr\u00fcn@b.test", MODERN, ["SIZE=19", "SMTPUTF8"]),
        (message(b"", "RET=HDRS", "ENVID=x", "SIZE=7"), "b@b.test", {"DSN": ""}, ["RET=HDRS", "ENVID=x"]),
        (message(b"", "RET=HDRS", "ENVID=x"), "b@b.test", {}, []),
        (message(b"", "REQUIRETLS"), "b@b.test", {"REQUIRETLS": ""}, ["REQUIRETLS"]),
    ],
)
def test_mail_has_the_parameters_that_the_next_server_knows(
    mail: Message, recipient: str, offered: dict[str, str], options: list[str]
) -> None:
    assert Needs.of(mail, sender="a@a.test").mail_options([Recipient(recipient)], offered) == options


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("bob@b.test", True),
        ("postmaster", True),
        ("gr\u00fcn@b.test", True),
        ('"a b>"@b.test', True),
        ('"a\\"b"@b.test', True),
        ("bob@[IPv6:::1]", True),
        ("a@b.test> SIZE=1", False),
        ("a@b.test>\r\nRCPT TO:<c@d.test", False),
        ("a@b.test\n", False),
        ('"a\r\nDATA"@b.test', False),
        ('"a"b"@b.test', False),
        ("a b@b.test", False),
    ],
)
def test_an_address_stays_in_its_command(address: str, *, fits: bool) -> None:
    sender = Needs.of(message(), sender=address).refusal(MODERN, verified=False)
    recipient = Needs.of(message(), sender="").refusal_of(Recipient(address), MODERN)

    assert (sender is None, recipient is None) == (fits, fits)
    assert fits or (str(sender)[:9], str(recipient)[:9]) == ("550 5.1.7", "550 5.1.3")


def test_rcpt_passes_on_who_asked_for_reports() -> None:
    recipient = Recipient("b@b.test", ("NOTIFY=SUCCESS,DELAY", "orcpt=rfc822;b@b.test", "X=1"))

    assert rcpt_options(recipient, {"DSN": ""}) == ["NOTIFY=SUCCESS,DELAY", "orcpt=rfc822;b@b.test"]
    assert rcpt_options(recipient, {}) == []


@pytest.mark.parametrize(
    ("raw", "octets"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\n..b\r\n", b"a\r\n..\r\n...b\r\n.\r\n"),
        (b"a\n.\nb\r.\r\r\n", b"a\r\n..\r\nb\r\n..\r\n\r\n.\r\n"),
    ],
)
def test_no_octets_of_a_mail_can_end_it_early(raw: bytes, octets: bytes) -> None:
    assert wire_octets(raw) == octets


def test_a_field_goes_before_the_mail() -> None:
    assert wire_octets(b".a\r\n", before=b"Received: x\r\n") == b"Received: x\r\n..a\r\n.\r\n"


@pytest.mark.parametrize(
    ("mail", "recipient", "line"),
    [
        (
            message(client="[::1]:99", helo="me", tls="TLSv1.3", user="ann"),
            "b@b.test",
            "Received: from me ([IPv6:::1])\r\n by mx.test (mailtrap-lite) with ESMTPSA id m4rk.1\r\n"
            " for <b@b.test>; Thu, 01 Jan 1970 00:00:00 -0000\r\n",
        ),
        (
            message(b"", "SMTPUTF8", client="10.0.0.1:9", helo="gr\u00fcn (x)\r\n"),
            "",
            "Received: from gr?n??x??? ([10.0.0.1])\r\n by mx.test (mailtrap-lite) with UTF8SMTP id m4rk.1;"
            " Thu, 01 Jan 1970 00:00:00 -0000\r\n",
        ),
        (
            message(origin=Origin.PLANTED),
            "",
            "Received:\r\n by mx.test (mailtrap-lite) with local id m4rk.1; Thu, 01 Jan 1970 00:00:00 -0000\r\n",
        ),
    ],
    ids=["submitted", "strange", "planted"],
)
def test_the_way_out_is_written_down(mail: Message, recipient: str, line: str) -> None:
    assert received_line(mail, hostname="mx.test", mark="m4rk", now=0.0, recipient=recipient).decode() == line


def test_a_mail_that_goes_round_in_circles_is_found() -> None:
    ours = received_line(message(), hostname="mx.test", mark="m4rk", now=0.0)
    other = received_line(message(), hostname="mx.test", mark="0ther", now=0.0)
    end = b"Subject: x\r\n\r\n" + ours * 9

    assert loop_in(ours + other * 9 + end, hostname="mx.test", mark="m4rk") is None
    assert loop_in(ours + other + ours + end, hostname="mx.test", mark="m4rk") == "it has passed mx.test 2 times"
    assert loop_in(b"Received: x\r\n" * 99 + end, hostname="mx.test", mark="m4rk") is None
    assert loop_in(b"Received: x\r\n y\r\n" * 100 + end, hostname="mx.test", mark="m4rk") == "it has passed 100 servers"
