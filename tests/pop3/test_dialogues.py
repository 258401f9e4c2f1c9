"""Each dialogue of dialogues/*.txt, against the bare machine and over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest
from tests.pop3.conftest import Box
from tests.pop3.dialogue import FILES, Dialogue, Event, Turn, read

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, Line, OpenDoor, Shell

P = ParamSpec("P")
T = TypeVar("T")


def stamps(dialogue: Dialogue) -> Callable[[], bytes]:
    return iter(dialogue.stamps or [b"<1.%d@mail.test>" % number for number in range(1, 100)]).__next__


class Bare:
    """A dialogue's clients, each of a bare machine, on one mailbox without a store."""

    def __init__(self, dialogue: Dialogue, shell: type[Shell]) -> None:
        self._dialogue = dialogue
        self._shell = shell
        self._stamp = stamps(dialogue)
        self._box = Box(list(dialogue.mails))
        self.clients: dict[int, Shell] = {}

    def client(self, number: int) -> Shell:
        """Return a client, which comes when it is first heard of."""
        if number not in self.clients:
            self.clients[number] = self._shell(
                failures=self._dialogue.failures(number),
                settings=Settings.of(self._dialogue.settings),
                tls=self._dialogue.door == "pop3s",
                stamp=self._stamp,
                box=self._box,
            )
        return self.clients[number]

    def happen(self, turn: Turn) -> None:
        match turn.event:
            case Event.HANDSHAKE:
                self.client(turn.client).shake_hands()
            case Event.BREAKS_OFF | Event.IS_SILENT:
                assert self.client(turn.client).say(turn.value) == b""
                self.client(turn.client).vanish()
            case Event.ENDS:
                assert self.client(turn.client).closed
            case Event.ARRIVES:
                self._box.mails.append(turn.value)
            case Event.IS_REMOVED:
                self._box.removed.update(turn.numbers)
            case Event.IS_LEFT:
                assert self._box.left == turn.numbers

    def is_over(self) -> None:
        """Who was not told to be gone is still there."""
        ended = {turn.client for turn in self._dialogue.turns if turn.event is Event.ENDS}
        assert {number for number, client in self.clients.items() if client.closed} == ended


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_command_is_answered_as_written(path: Path, shell: type[Shell]) -> None:
    play = Bare(read(path), shell)
    pending = [b"", b""]

    for turn in read(path).turns:
        client = play.client(turn.client)
        pending[turn.client] += turn.said
        if turn.event:
            play.happen(turn)
        elif not turn.said and not pending[turn.client]:
            assert client.sent == turn.answer, "a client that says nothing is greeted"
        elif turn.answer:
            assert client.say(pending[turn.client]) == turn.answer, pending
            pending[turn.client] = b""

    play.is_over()


@pytest.mark.parametrize("piece", [None, 7, 1], ids=["whole", "7 octets", "1 octet"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_in_one_stream(path: Path, piece: int | None, shell: type[Shell]) -> None:
    play = Bare(read(path), shell)
    expected = [b"", b""]

    for turn in read(path).streams():
        play.client(turn.client).say(turn.said, piece=piece)
        play.happen(turn)
        expected[turn.client] += turn.answer

    assert [client.sent for client in play.clients.values()] == expected[: len(play.clients)]
    play.is_over()


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


class Real:
    """A dialogue's clients, each on a socket, on one mailbox of a real sandbox."""

    def __init__(self, dialogue: Dialogue, open_door: OpenDoor) -> None:
        self._dialogue = dialogue
        settings = {"hostname": "mail.test", **dialogue.settings}
        self.door: Door = open_door(name=dialogue.door, sandbox=FailingSandbox, stamp=stamps(dialogue), **settings)
        self._ids: list[int] = []
        self._uids: dict[int, str] = {}  # by message
        self._clients: dict[int, Line] = {}
        self.pending = [b"", b""]
        for raw in dialogue.mails:
            self._deliver(raw)

    def _deliver(self, raw: bytes) -> None:
        self._ids.append(self.door.sandbox.deliver(raw, to=self._dialogue.mailbox).id)
        self._uids.update((entry.message, entry.uid) for entry in self.door.sandbox.maildrop(self._dialogue.mailbox))

    def client(self, number: int) -> Line:
        """Return a client, which comes when it is first heard of."""
        if number not in self._clients:
            self._clients[number] = self.door.connect()
            if self._dialogue.door == "pop3s":
                self._clients[number].shake_hands(self.door.trust())
        return self._clients[number]

    def say(self, turn: Turn) -> None:
        """Say it, together with what was not answered before; check the answer."""
        self.pending[turn.client] += turn.said
        if turn.answer:
            assert isinstance(self.door.sandbox, FailingSandbox)
            self.door.sandbox.failure = turn.failure
            self._send(turn.client)
        expected = self._with_uids(turn.answer)
        client = self.client(turn.client)
        assert b"".join(client.line() for _ in range(expected.count(b"\n"))) == expected, turn.said

    def _send(self, number: int) -> None:
        said, self.pending[number] = self.pending[number], b""
        if said:
            self.client(number).send(said)

    def _with_uids(self, answer: bytes) -> bytes:
        """Return an answer with the unique-ids that the store has given."""
        for number, message in reversed(list(enumerate(self._ids, 1))):
            answer = answer.replace(b"uid-%d" % number, self._uids[message].encode())
        return answer

    def happen(self, turn: Turn) -> None:
        client = self.client(turn.client)
        match turn.event:
            case Event.HANDSHAKE:
                client.shake_hands(self.door.trust())
            case Event.HALF_CLOSES:
                self._send(turn.client)
                client.half_close()
            case Event.BREAKS_OFF:
                ended = len(self.door.ended)
                client.send(turn.value)
                client.close()
                assert self.door.until(lambda: len(self.door.ended) > ended)
            case Event.ENDS | Event.IS_SILENT:
                assert client.rest() == b""
            case Event.ARRIVES:
                self._deliver(turn.value)
            case Event.IS_REMOVED:
                self.door.sandbox.delete([self._ids[number - 1] for number in turn.numbers])
            case Event.IS_LEFT:
                left = [message.id for message in self.door.sandbox.waiting(self._dialogue.mailbox)]
                assert left == [self._ids[number - 1] for number in turn.numbers]


@pytest.mark.parametrize("kind", ["memory"])
@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_over_a_socket(path: Path, open_door: OpenDoor) -> None:
    dialogue = read(path)
    play = Real(dialogue, open_door)

    for turn in dialogue.turns:
        if turn.event:
            play.happen(turn)
        else:
            play.say(turn)
    assert play.pending == [b"", b""], "a dialogue ends with a reply, or with the connection"
