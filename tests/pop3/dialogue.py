"""Dialogues that anyone can read: dialogues/README.txt says how. Here they are read; test_dialogues.py plays them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(path for path in FOLDER.glob("*.txt") if path.stem != "README")

NAMES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}


class Event(StrEnum):
    """What happens that nobody says, by its mark."""

    HANDSHAKE = "T"
    ENDS = "E"
    HALF_CLOSES = "H"
    BREAKS_OFF = "X"
    IS_SILENT = "Z"
    ARRIVES = "M"
    IS_REMOVED = "I"
    IS_LEFT = "L"


# Those of one client; the others are of the mailbox.
OF_A_CLIENT = {Event.HANDSHAKE, Event.ENDS, Event.HALF_CLOSES, Event.BREAKS_OFF, Event.IS_SILENT}


@dataclass
class Turn:
    """What a client says and is answered, or an event; first of all a client says nothing and is greeted."""

    client: int = 0
    said: bytes = b""
    answer: bytes = b""
    failure: tuple[str, str] | None = None  # the text and the response code of what the command needs
    event: Event | None = None
    value: bytes = b""  # of the event

    @property
    def numbers(self) -> list[int]:
        """The messages that the event names."""
        return [int(number) for number in self.value.split()]


@dataclass
class Dialogue:
    settings: dict[str, str] = field(default_factory=dict)
    door: str = "pop3"
    mailbox: str = "alice@x.test"
    stamps: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def failures(self, client: int) -> dict[int, tuple[str, str]]:
        """The failures by the number of a client's command."""
        said = [turn for turn in self.turns if turn.said and turn.client == client]
        return {number: turn.failure for number, turn in enumerate(said, 1) if turn.failure is not None}

    def streams(self) -> list[Turn]:
        """Return the dialogue with all that a client says between two events, or between the other's words, as one."""
        found: list[Turn] = []
        for turn in self.turns:
            if not found or turn.event or found[-1].event or found[-1].client != turn.client:
                found.append(Turn(turn.client, event=turn.event, value=turn.value))
            found[-1].said += turn.said
            found[-1].answer += turn.answer
        return found


def octets(text: str) -> bytes:
    """Return the octets that a line of a dialogue stands for."""
    found = b""
    while text:
        plain, backslash, text = text.partition("\\")
        found += plain.encode()
        if not backslash:
            break
        if repeated := re.match(r"\{([0-9]+) (.*?)\}", text):
            found += int(repeated[1]) * octets(repeated[2])
            text = text[repeated.end() :]
        elif text[0] == "x":
            found += bytes.fromhex(text[1:3])
            text = text[3:]
        else:
            found += NAMES[text[0]]
            text = text[1:]
    return found


def read(path: Path) -> Dialogue:
    """Return the dialogue of a file."""
    dialogue = Dialogue()
    failure: tuple[str, str] | None = None
    for line in path.read_text(encoding="utf-8").split("\n"):
        mark, text = line[:2], line[3:]
        client = int(mark[:1].islower())
        match mark.upper():
            case "" | "# " | "#":
                _note(dialogue, line)
            case "M:" if not dialogue.turns:
                dialogue.mails.append(octets(text))
            case "F:":
                code, _, words = text.partition(" ")
                failure = words, "" if code == "-" else code
            case "C:":
                dialogue.turns.append(Turn(client, octets(text) + b"\r\n", failure=failure))
                failure = None
            case "S:":
                _answer(dialogue, client, octets(text) + b"\r\n")
            case _:
                event = Event(mark[:1].upper())
                assert event in OF_A_CLIENT or not client, line
                dialogue.turns.append(Turn(client, event=event, value=octets(text)))
    return dialogue


def _answer(dialogue: Dialogue, client: int, line: bytes) -> None:
    """Add a line to what answers a client's last words."""
    last = dialogue.turns[-1] if dialogue.turns else None
    if last is None or last.client != client or last.event:
        dialogue.turns.append(Turn(client))
    dialogue.turns[-1].answer += line


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
