"""Whatever octets come in whatever pieces: replies are replies, the session ends, and only what was taken is kept."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.smtp.conftest import Client, Door

LINE = re.compile(rb"[2-5]\d\d[ -][ -~]*")
STORED = re.compile(rb"250 2\.0\.0 Ok: stored as (\d+)")
LEAK = re.compile(rb"^451|Traceback|[A-Z][A-Za-z]*(?:Error|Exception|Interrupt)|File \"|\.py|<.* object at")

WORDS = st.sampled_from(
    [
        *(b"EHLO client.test\r\n", b"HELO x\r\n", b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n", b"DATA\r\n"),
        *(b"\r\n.\r\n", b".\r\n", b".", b"\r", b"\n", b"\r\n", b"\0", b" ", b":", b"<", b">", b"\xff", b"\xc3\xa4"),
        *(b"BDAT 5\r\n", b"BDAT 10 LAST\r\n", b"BDAT 0 LAST\r\n", b"BDAT 99999999999999999999\r\n", b"hello"),
        *(b"AUTH PLAIN ", b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n", b"AUTH CRAM-MD5\r\n", b"AUTH XOAUTH2 ", b"*\r\n"),
        *(
            b"AGEAYg==\r\n",
            b"=\r\n",
            b"RSET\r\n",
            b"NOOP\r\n",
            b"VRFY ",
            b"VRFY <\r\n",
            b"EXPN x\r\n",
            b"HELP MAIL\r\n",
        ),
        *(b"QUIT\r\n", b"STARTTLS\r\n", b" SIZE=5", b" SIZE=", b" BODY=BINARYMIME", b" SMTPUTF8", b" AUTH=<>"),
        *(b" ORCPT=rfc822;a", b"MAIL FROM:", b"RCPT TO:", b'mail from:<"a\\', b"<@a,@b:c@d>", b"[IPv6:::1]"),
        *(b"GET / HTTP/1.0\r\n", b"\x16\x03\x01", b"Subject: x\r\n\r\n"),
    ]
)
OPENING = b"EHLO client.test\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


def talk(door: Door, stream: bytes, places: Sequence[int]) -> bytes:
    """Send a stream in pieces, and half-close; return all that is said to it."""
    client = door.connect()
    cuts = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    with contextlib.suppress(OSError):  # it may have ended before we have
        for start, end in itertools.pairwise(cuts):
            client.send(stream[start:end])
        client.half_close()
    said = _rest(client)
    client.close()
    return said


def _rest(client: Client) -> bytes:
    """Return what comes until the end; fails when it does not come in time."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.socket.recv(65_536):
            said += piece
    return said


def hold(door: Door, stream: bytes, places: Sequence[int]) -> None:
    """Hold what has to be so for any stream."""
    door.sandbox.clear()

    said = talk(door, stream, places)
    door.until(lambda: door.door.connections == 0)

    lines = said.removesuffix(b"\r\n").split(b"\r\n")
    assert [line for line in lines if not LINE.fullmatch(line) or LEAK.search(line)] == []
    taken = [int(found[1]) for found in map(STORED.fullmatch, lines) if found]
    assert taken == [message.id for message in door.messages()]
    assert taken == list(door.sandbox.sessions[-1].messages)


PLACES = st.lists(st.integers(0, 3000), max_size=15)
COMMON = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@COMMON
@given(stream=st.binary(max_size=600), places=PLACES)
def test_random_octets(stream: bytes, places: list[int], door: Door) -> None:
    hold(door, stream, places)


@COMMON
@given(words=st.lists(st.one_of(WORDS, WORDS, WORDS, st.binary(max_size=8)), max_size=60), places=PLACES)
def test_random_words(words: list[bytes], places: list[int], door: Door) -> None:
    hold(door, b"".join(words), places)


@COMMON
@given(words=st.lists(st.one_of(WORDS, WORDS, WORDS, st.binary(max_size=8)), max_size=60), places=PLACES)
def test_random_words_behind_an_opening(words: list[bytes], places: list[int], door: Door) -> None:
    hold(door, OPENING + b"".join(words), places)


@COMMON
@given(words=st.lists(st.one_of(WORDS, st.binary(max_size=8)), max_size=40), behind=st.binary(max_size=200))
def test_random_words_in_a_mail(words: list[bytes], behind: bytes, door: Door) -> None:
    hold(door, OPENING + b"DATA\r\n" + b"".join(words) + b"\r\n.\r\n" + behind, [])
