"""BDAT (RFC 3030): any octets, in any chunks, are the mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.smtp.chunks import chunk
from mailtrap_lite.smtp.replies import Refused

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door, OpenDoor

HOSTILE = b"\r\n.\r\nQUIT\r\n\0\xff\n.\n\r.\r"


def begin(door: Door, *, options: bytes = b" BODY=BINARYMIME") -> Client:
    client = door.greeted()
    assert client.ask(b"MAIL FROM:<a@x.test>" + options).startswith("250 2.1.0 ")
    assert client.ask(b"RCPT TO:<b@x.test>").startswith("250 2.1.5 ")
    return client


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chunks=st.lists(st.binary(max_size=40) | st.just(HOSTILE), min_size=1, max_size=6),
    together=st.booleans(),
    piece=st.integers(1, 50),
)
def test_any_octets_in_any_chunks_are_stored_as_they_are(
    chunks: list[bytes], together: bool, piece: int, door: Door
) -> None:
    client = begin(door)
    last = len(chunks) - 1
    said = [b"BDAT %d%s\r\n%s" % (len(each), b" LAST" * (n == last), each) for n, each in enumerate(chunks)]

    replies = []
    for text in [b"".join(said)] if together else said:
        for at in range(0, len(text), piece):
            client.send(text[at : at + piece])
        replies += [client.reply() for _ in (chunks if together else (text,))]

    assert {reply[:10] for reply in replies} == {"250 2.0.0 "}
    assert door.messages()[-1].raw == b"".join(chunks)
    client.close()


def test_a_mail_is_not_there_before_its_last_chunk(door: Door) -> None:
    client = begin(door)

    client.ask(b"BDAT 4\r\nab")

    assert door.messages() == []
    assert client.ask(b"BDAT 0 LAST").startswith("250 2.0.0 Ok: stored as 1")


def test_ehlo_and_rset_forget_the_chunks_so_far(door: Door) -> None:
    for forget in (b"RSET", b"EHLO c.test"):
        client = begin(door)
        client.send(b"BDAT 3\r\nabc")
        client.reply()
        assert client.ask(forget).startswith("250")
        client.ask(b"MAIL FROM:<a@x.test>")
        client.ask(b"RCPT TO:<b@x.test>")

        assert client.ask(b"DATA").startswith("354 ")
        assert client.ask(b"new\r\n.").startswith("250 ")

    assert {message.raw for message in door.messages()} == {b"new\r\n"}


def test_a_client_that_half_closes_behind_its_last_chunk_has_it_stored(door: Door) -> None:
    client = begin(door)

    client.send(b"BDAT 3 LAST\r\nabc")
    client.half_close()

    assert client.reply().startswith("250 2.0.0 Ok: stored as 1")
    assert client.rest() == ""


def test_a_client_that_closes_in_the_middle_of_a_chunk_leaves_nothing(door: Door) -> None:
    client = begin(door)

    client.send(b"BDAT 10 LAST\r\nabc")
    client.half_close()

    assert client.rest() == ""
    assert door.messages() == []


def test_what_is_pipelined_behind_a_chunk_that_is_too_large_is_refused_in_order(open_door: OpenDoor) -> None:
    door = open_door(message_size=5)
    client = begin(door)

    client.send(b"BDAT 4\r\nQUITBDAT 6\r\nQUIT\r\nBDAT 4 LAST\r\nQUITNOOP\r\nMAIL FROM:<c@x.test>\r\n")

    assert [client.reply()[:9] for _ in range(5)] == [
        "250 2.0.0",
        "552 5.3.4",
        "503 5.5.1",
        "250 2.0.0",
        "250 2.1.0",
    ]
    assert door.messages() == []


def test_options_of_the_mail_are_kept(door: Door) -> None:
    client = begin(door)

    client.ask(b"BDAT 0 LAST")

    (message,) = door.messages()
    assert (message.raw, message.envelope.body) == (b"", "BINARYMIME")


@pytest.mark.parametrize(
    "argument", ["", " ", "-1", "+1", "1.0", "abc", "1 2", "1 LAST LAST", "1" * 20, "\u0661", "0x10"]
)
def test_what_is_no_chunk(argument: str) -> None:
    with pytest.raises(Refused, match=r"^501 5\.5\.4 "):
        chunk(argument)


def test_a_chunk_takes_its_octets_and_leaves_the_rest() -> None:
    coming = chunk("5 last")

    assert coming.split(b"abc") == (b"abc", b"")
    assert not coming.complete
    assert coming.split(b"defg") == (b"de", b"fg")
    assert coming.complete
    assert coming.last
