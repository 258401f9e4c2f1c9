"""What a query means of one mail: each prefix, each example of the documents, each place where a text can stand."""

from __future__ import annotations

import dataclasses
import time
import tracemalloc

import pytest
from tests.message.test_hostile import HOSTILE, MB

from mailtrap_lite.message import Delivery, Envelope, Message, Origin, Recipient
from mailtrap_lite.search import TERMS, Searched, Term, Words, parse
from mailtrap_lite.search.__main__ import EXAMPLES

RAW = (
    """\
From: "Alice Smith" <alice@x.test>
To: Bob <bob@x.test>, bobby@x.test
Cc: "Carol Smith" <carol@x.test>
Bcc: dave@x.test
Reply-To: support@x.test
Subject: =?utf-8?q?Your_order:_100%_confirmed,_M=C3=BCllerstra=C3=9Fe?=
Message-ID: <42@x.test>
X-Mailer: ACME Mail 2.0
X-Empty:
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=utf-8

Thank you for your
order.  It is an invoice_7, paid 3d ago.
~~~~
--B
Content-Type: text/html; charset=utf-8

<p>Shown <b>bo</b>ld</p><style>hidden</style><a href="https://shop.test/confirm?token=abc&amp;x=1">go</a>
<img src="cid:logo">
--B
Content-Type: image/png
Content-ID: <logo>

x
--B
Content-Type: application/pdf
Content-Disposition: attachment; filename="Rechnung.PDF"

secret
--B--
""".replace("~~~~", "~" * 400)
    .replace("\n", "\r\n")
    .encode()
)
ENVELOPE = Envelope(
    "bounce@y.test", (Recipient("Erin+x@X.test"), Recipient("bob@x.test")), user="app", origin=Origin.SMTP
)
RECEIVED = 1769854500.0  # 2026-01-31T10:15:00Z
DELIVERIES = (Delivery(1, 1, "erin@x.test", "1"), Delivery(2, 1, "bob@x.test", "1"))
NOW = RECEIVED + 3600


def message(*, read: bool = False, tags: tuple[str, ...] = ("Invoice", "b c")) -> Message:
    return Message(1, ENVELOPE, RAW, RECEIVED, read, DELIVERIES, kept_tags=tags)


def matches(query: str, found: Message | None = None) -> bool:
    return parse(query, now=NOW).matches(Searched.of(found or message()))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_the_example_of_each_term_finds_the_mail_and_not_an_empty_one(term: Term) -> None:
    nothing = Message(2, Envelope.of("", []), b"", 0.0, read=True, kept_tags=())

    if term.name == "smaller":
        nothing = dataclasses.replace(nothing, raw=b"x" * 3_000_000)
    elif term.name == "before":
        nothing = dataclasses.replace(nothing, received=4e9)
    assert matches(term.example)
    assert not matches(term.example, nothing)
    assert not matches(f"-{term.example}")


@pytest.mark.parametrize("query", [query for query, _ in EXAMPLES if "tagged" not in query])
def test_each_example_of_the_document_finds_the_mail(query: str) -> None:
    assert matches(query)


def test_the_example_of_the_document_about_tags_finds_the_mail_without_tags() -> None:
    assert [query for query, _ in EXAMPLES if "tagged" in query and not matches(query, message(tags=()))] == []


@pytest.mark.parametrize(
    "query",
    [
        "ALICE",
        "alice@x.test",
        '"alice smith <alice@x.test>"',
        "bobby",
        "carol",
        "dave",
        "support@",
        "m\u00fcllerstrasse",
        "MU\u0308LLER",
        "42@x.test",
        "rechnung.pdf",
        "bounce@y",
        "erin+x",
        '"for your order. It"',
        '"shown bold"',
        "invoice_7",
        "confirm?token=abc&x=1",
        "to:=bob",
        'to:="Bob <bob@x.test>"',
        "to:=BOB@X.TEST",
        'subject:="your order: 100% confirmed, m\u00fcllerstra\u00dfe"',
        "addressed:=erin+x@x.test addressed:=bounce@y.test addressed:dave",
        "message-id:=<42@x.test>",
        "header:x-empty",
        "header:subject=m\u00fcller",
        'header:x-mailer="acme mail"',
        "mailbox:bob mailbox:erin@x.test mailbox:BOB@X.test",
        "user:=APP",
        "tag:INVOICE",
        'tag:"B  C"',
        "is:tagged is:unread has:inline has:html has:text has:attachments",
        "after:2026-01-31 before:2026-02-01 after:2026/01/31",
        "after:2026-01-31T10:15:00Z before:2026-01-31T10:15:00.000001Z",
        '-after:"2026-01-31 10:15:01" after:61m -after:59m -before:2h before:today OR after:today',
        f"larger:{len(RAW) - 1} smaller:{len(RAW) + 1}",
    ],
)
def test_it_is_found(query: str) -> None:
    assert matches(query)


@pytest.mark.parametrize(
    "query",
    [
        "hidden",
        "secret",
        "acme",
        "invoice7",
        "invoice%",
        "a*",
        '"bob alice"',
        '"smith bob"',
        "to:=bob@x.tes",
        "to:=bobby",
        "to:carol",
        "from:bob",
        "cc:bob",
        "subject:=order",
        "rcpt:=erin@x.test",
        "header:x-mailer=bob",
        "header:x-mail",
        "header:mailer",
        "header:x-empty=a",
        "mailbox:erin+x@x.test",
        "mailbox:er",
        "mailbox:dave",
        "envelope-from:<>",
        "envelope-from:alice",
        "user:=ap",
        "tag:inv",
        "is:read",
        "is:untagged",
        "before:2026-01-31",
        "before:2026-01-31T10:15Z",
        "after:2026-02-01",
        "after:2026-01-31T10:15:00.000001Z",
        f"larger:{len(RAW)}",
        f"smaller:{len(RAW)}",
        "order nowhere",
        "nowhere OR elsewhere",
    ],
)
def test_it_is_not_found(query: str) -> None:
    assert not matches(query)


def test_a_day_begins_in_the_zone_of_who_asks() -> None:
    from zoneinfo import ZoneInfo

    late = Searched.of(dataclasses.replace(message(), received=1769900400.0))  # 2026-01-31T23:00:00Z

    assert not parse("after:2026-02-01", now=NOW).matches(late)
    assert parse("after:2026-02-01", now=NOW, tz=ZoneInfo("Europe/Berlin")).matches(late)


def test_what_is_not_met_is_told_as_it_was_written() -> None:
    asked = parse('from:Alice  subject:"No such" (a1 OR b1) -is:read', now=NOW)

    assert asked.unmet(Searched.of(message())) == ['subject:"No such"', "(a1 OR b1)"]


def test_a_text_is_found_as_far_as_it_is_searched() -> None:
    plain = Message(1, Envelope.of("", []), b"\r\n" + b"x " * 500_000 + b"near" + b" y" * 60_000 + b"far", 0.0)

    assert matches("near", plain)
    assert not matches("far", plain)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_words_of_a_hostile_mail_are_read_within_2_seconds_and_100_mb(name: str) -> None:
    hostile = Message(1, ENVELOPE, HOSTILE[name](), 0.0)
    again = Message(1, ENVELOPE, hostile.raw, 0.0)

    before = time.process_time()
    words = Words.of(hostile)
    spent = time.process_time() - before
    tracemalloc.start()
    try:
        Words.of(again)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert spent < 2
    assert peak < 100 * MB
    assert sum(map(len, words[1:])) < 25 * MB
    assert not [defect for defect in hostile.content.defects if "internal fault" in defect]


def test_a_server_starts_without_the_grammar() -> None:
    import subprocess
    import sys

    code = "import sys, mailtrap_lite; mailtrap_lite.Server; print('mailtrap_lite.search.terms' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
