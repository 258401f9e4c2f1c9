"""A mail as stable text: what changes by itself has a name, and nothing else is changed."""

from __future__ import annotations

import re
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from secrets import token_hex, token_urlsafe
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite import Envelope, Message
from mailtrap_lite.message.snapshot import Replacements


def message(raw: bytes) -> Message:
    return Message(1, Envelope.of("bounce@x.test", ["bob@x.test"]), raw, 1.0)


def reset_mail(code: str, port: int) -> bytes:
    """A mail as an application makes it, with all that is new each time."""
    token, logo = token_urlsafe(32), make_msgid()
    mail = EmailMessage()
    mail["From"] = "Shop <shop@x.test>"
    mail["To"] = "bob@x.test"
    mail["Subject"] = f"{code} is your code"
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid()
    mail["References"] = mail["Message-ID"]
    mail["List-Unsubscribe"] = f"<https://x.test/u/{uuid4()}>"
    mail["Received"] = f"from a by b; {formatdate()}"
    mail["DKIM-Signature"] = f"v=1; b={token_hex(64)}"
    mail.set_content(f"Hello Bob,\n\ncode {code} or http://localhost:{port}/reset/{token}/\nYour order 4711.\n")
    mail.add_alternative(
        f'<a href="http://localhost:{port}/reset/{token}/">Reset</a> {code[:3]} {code[3:]} '
        f'<img src="cid:{logo[1:-1]}">',
        subtype="html",
    )
    parts = mail.get_payload()
    assert isinstance(parts, list)
    html = parts[1]
    assert isinstance(html, EmailMessage)
    html.add_related(b"PNG", "image", "png", cid=logo)
    mail.add_attachment(b'{"a": 1}', "application", "json", filename="data.json")
    return mail.as_bytes()


def test_two_runs_have_the_same_snapshot() -> None:
    first, second = reset_mail("482913", 41233), reset_mail("771204", 38111)

    assert first != second
    assert (
        message(first).snapshot()
        == message(second).snapshot()
        == (
            "MAIL FROM:<bounce@x.test>\n"
            "RCPT TO:<bob@x.test>\n"
            "\n"
            "From: Shop <shop@x.test>\n"
            "To: bob@x.test\n"
            "Subject: <code-1> is your code\n"
            "Date: <date>\n"
            "Message-ID: <message-id-1>\n"
            "References: <message-id-1>\n"
            "List-Unsubscribe: <https://x.test/u/<uuid-1>>\n"
            "Received: <received>\n"
            "DKIM-Signature: <dkim-signature>\n"
            "\n"
            "--- text/plain, charset=utf-8\n"
            "Hello Bob,\n"
            "\n"
            "code <code-1> or http://localhost:<port>/reset/<token-1>/\n"
            "Your order 4711.\n"
            "\n"
            "--- text/html, charset=utf-8\n"
            '<a href="http://localhost:<port>/reset/<token-1>/">Reset</a> <code-1> <img src="cid:<cid-1>">\n'
            "\n"
            "--- image/png, inline, Content-ID <cid-1>\n"
            "(3 octets, sha256 79612083)\n"
            "\n"
            "--- application/json, attachment, 'data.json'\n"
            '{"a": 1}\n'
        )
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("c3k9aw-0123456789abcdef0123456789abcdef", "<token-1>", id="Django"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4", "<token-1>", id="JWT"),
        pytest.param("ImJvYiI.ZjJk0A.Xr2d3kLmNoPqRsTuVwXyZ012345", "<token-1>", id="itsdangerous"),
        pytest.param("d41d8cd98f00b204e9800998ecf8427e", "<token-1>", id="hexadecimal"),
        pytest.param("Zk3_9dQ-x81LmTq0Rb7VwA", "<token-1>", id="URL-safe base64"),
        pytest.param("a1b2c3d4e5f6a7b8 a1b2c3d4e5f6a7b8", "<token-1> <token-1>", id="the same twice"),
        pytest.param("a1b2c3d4e5f6a7b8 b1b2c3d4e5f6a7b8", "<token-1> <token-2>", id="two"),
        pytest.param("order-confirmation-2024-05", "order-confirmation-2024-05", id="a slug"),
        pytest.param("backgroundTableWrapper2", "backgroundTableWrapper2", id="a name in a style sheet"),
        pytest.param("4111111111111111", "4111111111111111", id="digits alone"),
        pytest.param("summer_campaign_2024_winner_b", "summer_campaign_2024_winner_b", id="a campaign"),
        pytest.param("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtsgesellschaft", id="German"),
        pytest.param("http://127.0.0.1:5000/a", "http://127.0.0.1:<port>/a", id="loopback"),
        pytest.param("https://x.test:8443/a", "https://x.test:8443/a", id="a port of somebody else"),
    ],
)
def test_what_looks_drawn_gets_a_name_and_other_words_do_not(text: str, shown: str) -> None:
    assert message(f"\r\n{text}\r\n".encode()).snapshot().split("\n")[-2] == shown


def test_what_is_drawn_alike_is_replaced_alike() -> None:
    for make in (partial(token_urlsafe, 16), partial(token_urlsafe, 32), partial(token_hex, 16)):
        shown = {message(f"\r\n{make()}\r\n".encode()).snapshot() for _ in range(300)}

        assert len(shown) == 1


@pytest.mark.parametrize(
    "replace",
    [{"4711": "<order>"}, {re.compile(r"(?<=order )\d+"): "<order>"}, {"4711": "<order>", re.compile("never"): "x"}],
    ids=["text", "regular expression", "both"],
)
def test_a_test_may_replace_more(replace: Replacements) -> None:
    assert message(b"\r\nYour order 4711").snapshot(replace=replace).endswith("\nYour order <order>\n")


def test_control_characters_and_white_space_at_the_ends_of_lines_are_no_surprise() -> None:
    assert message(b"\r\n\x1b[2Ja  \r\nb\tc\r\n\r\n").snapshot().endswith("\n\\x1b[2Ja\nb\tc\n")


@settings(deadline=None, max_examples=200)
@given(raw=st.binary(max_size=300), cut=st.integers(0, 1500))
def test_broken_mail_has_a_snapshot(raw: bytes, cut: int) -> None:
    for each in (raw, reset_mail("482913", 1025)[cut:], reset_mail("482913", 1025)[:cut] + raw):
        text = message(each).snapshot()

        assert text.endswith("\n")
        assert text == message(each).snapshot()
        assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize(
    "piece", ["a1", "a-", "ey.", "<a@b>", "cid:a ", "4829 ", "code 4829 ", "localhost:1 ", "a"], ids=repr
)
def test_a_hostile_mail_has_its_snapshot_in_linear_time(piece: str) -> None:
    hostile = message(b"Content-Type: text/html\r\n\r\n" + piece.encode() * (1_000_000 // len(piece)))
    before = time.process_time()

    hostile.snapshot()

    assert time.process_time() - before < 3
