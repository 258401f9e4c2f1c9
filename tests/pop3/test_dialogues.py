"""Each dialogue of dialogues/*.txt, against the bare machine and over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest
from tests.pop3.dialogue import FILES, Dialogue, read

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, OpenDoor, Shell

P = ParamSpec("P")
T = TypeVar("T")


def begin(shell: type[Shell], dialogue: Dialogue) -> Shell:
    """Return a client of a bare machine that is as the dialogue wants it."""
    return shell(
        dialogue.mails,
        dialogue.failures,
        settings=Settings.of(dialogue.settings),
        tls=dialogue.door == "pop3s",
        stamp=stamps(dialogue),
    )


def stamps(dialogue: Dialogue) -> Callable[[], bytes]:
    return iter(dialogue.stamps or [b"<1.%d@mail.test>" % number for number in range(1, 100)]).__next__


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_command_is_answered_as_written(path: Path, shell: type[Shell]) -> None:
    dialogue = read(path)
    client = begin(shell, dialogue)

    assert client.sent == dialogue.turns[0].answer
    pending = b""
    for turn in dialogue.turns[1:]:
        if turn.handshake:
            client.shake_hands()
        pending += turn.said
        if turn.answer:
            assert client.say(pending) == turn.answer, pending
            pending = b""
    assert client.closed == dialogue.ends


@pytest.mark.parametrize("piece", [None, 7, 1], ids=["whole", "7 octets", "1 octet"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_in_one_stream(path: Path, piece: int | None, shell: type[Shell]) -> None:
    dialogue = read(path)
    client = begin(shell, dialogue)

    for turn in dialogue.streams():
        if turn.handshake:
            client.shake_hands()
        client.say(turn.said, piece=piece)

    assert client.sent == b"".join(turn.answer for turn in dialogue.turns)
    assert client.closed == dialogue.ends


class FailingSandbox(Sandbox):
    """Fails at the next verb with what it is told to."""

    failure: tuple[str, str] | None = None

    async def offload(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self.failure is not None:
            (text, code), self.failure = self.failure, None
            error = MailtrapError(text)
            error.pop3 = code
            raise error
        return await super().offload(function, *args, **kwargs)


def with_uids(answer: bytes, door: Door, dialogue: Dialogue) -> bytes:
    """Return an answer with the unique-ids that the store has given."""
    maildrop = door.sandbox.open_maildrop(dialogue.mailbox, exclusive=False)
    for number, entry in reversed(list(enumerate(maildrop.entries, 1))):
        answer = answer.replace(b"uid-%d" % number, entry.uid.encode())
    return answer


@pytest.mark.parametrize("kind", ["memory"])
@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_over_a_socket(path: Path, open_door: OpenDoor) -> None:
    dialogue = read(path)
    door = open_door(
        name=dialogue.door,
        sandbox=FailingSandbox,
        stamp=stamps(dialogue),
        hostname="mail.test",
        **dialogue.settings,
    )
    assert isinstance(door.sandbox, FailingSandbox)
    for raw in dialogue.mails:
        door.sandbox.deliver(raw, to=dialogue.mailbox)
    client = door.connect()
    if dialogue.door == "pop3s":
        client.shake_hands(door.trust())

    pending = b""
    for turn in dialogue.turns:
        if turn.handshake:
            client.shake_hands(door.trust())
        pending += turn.said
        expected = with_uids(turn.answer, door, dialogue)
        if turn.answer:
            door.sandbox.failure = turn.failure
            client.send(pending)
            pending = b""
        said = b"".join(client.line() for _ in range(expected.count(b"\n")))
        assert said == expected, turn.said
    assert not pending, "a dialogue ends with a reply"
    if dialogue.ends:
        assert client.rest() == b""
