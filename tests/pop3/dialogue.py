"""Dialogues that anyone can read: dialogues/README.txt says how. Here they are read; test_dialogues.py plays them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(path for path in FOLDER.glob("*.txt") if path.stem != "README")


@dataclass
class Turn:
    """What the client says, and what the server answers; first of all the client says nothing, or begins TLS."""

    said: bytes = b""
    answer: bytes = b""
    failure: tuple[str, str] | None = None  # the text and the response code of what the command needs
    handshake: bool = False


@dataclass
class Dialogue:
    settings: dict[str, str] = field(default_factory=dict)
    door: str = "pop3"
    mailbox: str = "alice@x.test"
    stamps: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=lambda: [Turn()])
    ends: bool = False

    @property
    def failures(self) -> dict[int, tuple[str, str]]:
        """The failures by the number of the command."""
        said = [turn for turn in self.turns if turn.said]
        return {number: turn.failure for number, turn in enumerate(said, 1) if turn.failure is not None}

    def streams(self) -> list[Turn]:
        """Return the dialogue with all that is said before and behind each handshake in one turn."""
        found = [Turn()]
        for turn in self.turns:
            if turn.handshake:
                found.append(Turn(handshake=True))
            found[-1].said += turn.said
            found[-1].answer += turn.answer
        return found


def octets(text: str) -> bytes:
    """Return the octets that a line of a dialogue stands for."""
    names = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    parts = re.split(r"\\(x[0-9a-f]{2}|.)", text)
    escaped = [names[part] if part in names else bytes.fromhex(part[1:]) for part in parts[1::2]]
    plain = [part.encode() for part in parts[::2]]
    return plain[0] + b"".join(a + b for a, b in zip(escaped, plain[1:], strict=True))


def read(path: Path) -> Dialogue:
    """Return the dialogue of a file."""
    dialogue = Dialogue()
    failure: tuple[str, str] | None = None
    for line in path.read_text().split("\n"):
        mark, text = line[:2], line[3:]
        match mark:
            case "" | "# " | "#":
                _note(dialogue, line)
            case "M:":
                dialogue.mails.append(octets(text))
            case "F:":
                code, _, words = text.partition(" ")
                failure = words, "" if code == "-" else code
            case "C:":
                dialogue.turns.append(Turn(octets(text) + b"\r\n", failure=failure))
                failure = None
            case "S:":
                dialogue.turns[-1].answer += octets(text) + b"\r\n"
            case "T:":
                dialogue.turns.append(Turn(handshake=True))
            case "E:":
                dialogue.ends = True
            case _:
                raise AssertionError(f"{path.name}: {line!r} begins with no mark")
    return dialogue


def _note(dialogue: Dialogue, line: str) -> None:
    name, colon, text = line.removeprefix("# ").partition(": ")
    match name if colon else "":
        case "settings":
            setting, _, value = text.partition("=")
            dialogue.settings[setting] = value
        case "door":
            dialogue.door = text
        case "mailbox":
            dialogue.mailbox = text
        case "stamp":
            dialogue.stamps.append(text.encode())
