"""How a dialogue is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.pop3.dialogue import Event, Turn, octets, read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", b""),
        ("a b", b"a b"),
        (r"a\r\n\t\\n", b"a\r\n\t\\n"),
        (r"\x00\xffg", b"\x00\xffg"),
        ("é", b"\xc3\xa9"),
        (r"\{3 ab}c", b"abababc"),
        (r"\{2 NOOP\r\n}\{2 \x00}", b"NOOP\r\nNOOP\r\n\0\0"),
        ("{3 ab}", b"{3 ab}"),
    ],
)
def test_a_line_stands_for_octets(text: str, found: bytes) -> None:
    assert octets(text) == found


def test_what_two_clients_say_and_what_happens_comes_in_order(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("M: a\nS: hi\ns: you\nC: A\nC: B\nS: 1\nS: 2\nM: b\nI: 1 2\nc: C\nx: D\nS: late\nE:\nL:\n")

    dialogue = read(path)

    assert dialogue.mails == [b"a"]
    assert dialogue.turns == [
        Turn(0, answer=b"hi\r\n"),
        Turn(1, answer=b"you\r\n"),
        Turn(0, b"A\r\n"),
        Turn(0, b"B\r\n", b"1\r\n2\r\n"),
        Turn(event=Event.ARRIVES, value=b"b"),
        Turn(event=Event.IS_REMOVED, value=b"1 2"),
        Turn(1, b"C\r\n"),
        Turn(1, event=Event.BREAKS_OFF, value=b"D"),
        Turn(0, answer=b"late\r\n"),
        Turn(event=Event.ENDS),
        Turn(event=Event.IS_LEFT),
    ]
    assert dialogue.turns[5].numbers == [1, 2]


def test_a_line_without_a_mark_is_not_overlooked(tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("M: a\nQ: what\n")

    with pytest.raises(ValueError, match="'Q' is not a valid Event"):
        read(path)
