"""Any session, against a maildrop of a few lines that is right by inspection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.pop3.conftest import Shell

MAILS = [b"A: 1\r\n\r\nx\r\n", b".\n", b"", b"three", b"\r\n\r\n.\r\n"]
SIZES = [11, 3, 0, 7, 7]
BODIES = [b"A: 1\r\n\r\nx\r\n", b"..\r\n", b"", b"three\r\n", b"\r\n\r\n..\r\n"]

NUMBERS = st.integers(-1, len(MAILS) + 2)
COMMANDS = st.one_of(
    st.tuples(st.sampled_from(["STAT", "LIST", "UIDL", "RSET", "NOOP"])),
    st.tuples(st.sampled_from(["LIST", "UIDL", "RETR", "DELE", "DELE"]), NUMBERS),
)


class Model:
    """A maildrop as RFC 1939 tells it."""

    def __init__(self) -> None:
        self.deleted: dict[int, None] = {}  # in the order of DELE

    def answer(self, verb: str, number: int | None = None) -> bytes:
        left = [n for n in range(1, len(MAILS) + 1) if n not in self.deleted]
        if number is not None and not 1 <= number <= len(MAILS):
            return b"-ERR no such message\r\n"
        if number is not None and number not in left:
            return b"-ERR message already deleted\r\n"
        total = sum(SIZES[n - 1] for n in left)
        words = f"{len(left)} message{'' if len(left) == 1 else 's'} ({total} octets)"
        match verb, number:
            case "NOOP", None:
                return b"+OK\r\n"
            case "STAT", None:
                return f"+OK {len(left)} {total}\r\n".encode()
            case "LIST", None:
                rows = "".join(f"{n} {SIZES[n - 1]}\r\n" for n in left)
                return f"+OK {words}\r\n{rows}.\r\n".encode()
            case "UIDL", None:
                rows = "".join(f"{n} uid-{n}\r\n" for n in left)
                return f"+OK unique-ids follow\r\n{rows}.\r\n".encode()
            case "RSET", None:
                self.deleted.clear()
                return f"+OK maildrop has {len(MAILS)} messages ({sum(SIZES)} octets)\r\n".encode()
            case "LIST", int():
                return f"+OK {number} {SIZES[number - 1]}\r\n".encode()
            case "UIDL", int():
                return f"+OK {number} uid-{number}\r\n".encode()
            case "RETR", int():
                return f"+OK {SIZES[number - 1]} octets\r\n".encode() + BODIES[number - 1] + b".\r\n"
            case "DELE", int():
                self.deleted[number] = None
                return f"+OK message {number} deleted\r\n".encode()
        raise AssertionError(verb)


@settings(deadline=None)  # the machine may have other work
@given(st.lists(COMMANDS, max_size=25), st.sampled_from([None, 7, 1]), st.booleans())
def test_any_session_is_answered_as_the_model_says(
    shell: type[Shell], commands: list[tuple[str] | tuple[str, int]], piece: int | None, quits: bool
) -> None:
    client, model = shell(MAILS).log_in(), Model()
    lines = [" ".join(map(str, command)).encode() + b"\r\n" for command in commands]

    answers = client.say(b"".join(lines), piece=piece)

    assert answers == b"".join(model.answer(*command) for command in commands)
    if quits:
        assert client.say(b"QUIT\r\n") == b"+OK bye\r\n"
        assert client.removed == tuple(model.deleted)
    else:
        assert client.removed is None


@settings(deadline=None)  # the machine may have other work
@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_octets_break_the_dialogue(shell: type[Shell], data: bytes, piece: int) -> None:
    whole, pieces = shell(MAILS).log_in(), shell(MAILS).log_in()

    whole.say(data)
    pieces.say(data, piece=piece)

    assert whole.sent == pieces.sent
    assert whole.sent.endswith(b"\r\n")


@pytest.mark.parametrize("verb", [b"STAT", b"LIST", b"UIDL", b"NOOP"])
def test_asking_changes_nothing(verb: bytes, shell: type[Shell]) -> None:
    client = shell(MAILS).log_in()

    assert client.say(verb + b"\r\n") == client.say(verb + b"\r\n")
