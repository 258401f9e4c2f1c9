"""Dialogues that anyone can read: dialogues/README.txt says how."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pop3.conftest import Shell

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(path for path in FOLDER.glob("*.txt") if path.stem != "README")


@dataclass
class Dialogue:
    mails: list[bytes] = field(default_factory=list)
    failures: dict[int, tuple[str, str]] = field(default_factory=dict)  # by the number of the command
    # What is said before the first command, and then each command with its answer.
    turns: list[tuple[bytes, bytes]] = field(default_factory=lambda: [(b"", b"")])
    ends: bool = False


def octets(text: str) -> bytes:
    """Return the octets that a line of a dialogue stands for."""
    names = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    parts = re.split(r"\\(x[0-9a-f]{2}|.)", text)
    escaped = [names[part] if part in names else bytes.fromhex(part[1:]) for part in parts[1::2]]
    plain = [part.encode() for part in parts[::2]]
    return plain[0] + b"".join(a + b for a, b in zip(escaped, plain[1:], strict=True))


def read(path: Path) -> Dialogue:
    dialogue = Dialogue()
    for line in path.read_text().split("\n"):
        mark, text = line[:2], line[3:]
        if not line or line.startswith("#"):
            continue
        match mark:
            case "M:":
                dialogue.mails.append(octets(text))
            case "F:":
                code, _, words = text.partition(" ")
                dialogue.failures[len(dialogue.turns)] = (words, "" if code == "-" else code)
            case "C:":
                dialogue.turns.append((octets(text) + b"\r\n", b""))
            case "S:":
                said, answer = dialogue.turns[-1]
                dialogue.turns[-1] = (said, answer + octets(text) + b"\r\n")
            case "E:":
                dialogue.ends = True
            case _:
                raise AssertionError(f"{path.name}: {line!r} begins with no mark")
    return dialogue


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_command_is_answered_as_written(path: Path, shell: type[Shell]) -> None:
    dialogue = read(path)
    client = shell(dialogue.mails, dialogue.failures)

    assert client.sent == dialogue.turns[0][1]
    for said, answer in dialogue.turns[1:]:
        assert client.say(said) == answer, said
    assert client.closed == dialogue.ends


@pytest.mark.parametrize("piece", [None, 7, 1], ids=["whole", "7 octets", "1 octet"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_in_one_stream(path: Path, piece: int | None, shell: type[Shell]) -> None:
    dialogue = read(path)
    client = shell(dialogue.mails, dialogue.failures)

    client.say(b"".join(said for said, _ in dialogue.turns), piece=piece)

    assert client.sent == b"".join(answer for _, answer in dialogue.turns)
    assert client.closed == dialogue.ends
