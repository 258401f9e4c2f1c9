"""The dialogue without I/O: what the dialogues in files cannot show."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.pop3.actions import Action, Close, Expunge, Fetch, Heard, Login, Send, StartTls, Transmit
from mailtrap_lite.pop3.commands import COMMANDS
from mailtrap_lite.pop3.machine import Machine
from mailtrap_lite.pop3.replies import err, ok
from mailtrap_lite.pop3.states import State
from mailtrap_lite.settings import POP3_CAPABILITIES, Settings

if TYPE_CHECKING:
    from tests.pop3.conftest import Shell


@dataclass(frozen=True)
class Sized:
    uid: str
    octets: int


MAILS = [b"A: b\r\n\r\none\r\n", b"two"]


def new_machine() -> Machine:
    return Machine("mail.test", stamp=lambda: b"<1.1@mail.test>")


def test_actions_come_one_by_one_and_nothing_goes_on_before_an_answer() -> None:
    machine = new_machine()
    machine.receive(b"USER alice\r\nPASS x\r\nRETR 1\r\nQUIT\r\n")

    assert [machine.next_action() for _ in range(6)] == [
        Send(b"+OK mail.test POP3 ready <1.1@mail.test>\r\n"),
        Heard(b"USER alice"),
        Send(b"+OK send PASS\r\n"),
        Heard(b"PASS ***"),
        Login("alice", "alice"),
        None,
    ]
    machine.logged_in([Sized("uid-1", 3)])
    assert [machine.next_action() for _ in range(4)] == [
        Send(b"+OK maildrop has 1 message (3 octets)\r\n"),
        Heard(b"RETR 1"),
        Fetch(1, None),
        None,
    ]
    machine.fetched(b"a")
    assert [machine.next_action() for _ in range(5)] == [
        Send(b"+OK 3 octets\r\n"),
        Transmit(1, b"a", None),
        Heard(b"QUIT"),
        Expunge(()),
        None,
    ]
    assert str(machine.state) == State.UPDATE
    machine.expunged()
    assert [machine.next_action(), machine.next_action()] == [Close(b"+OK bye\r\n"), None]
    assert str(machine.state) == State.CLOSED


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda machine: machine.logged_in([]), id="logged_in"),
        pytest.param(lambda machine: machine.secured(), id="secured"),
        pytest.param(lambda machine: machine.fetched(b""), id="fetched"),
        pytest.param(lambda machine: machine.expunged(), id="expunged"),
        pytest.param(lambda machine: machine.failed("no"), id="failed"),
    ],
)
def test_an_answer_without_a_question_is_a_bug(answer: Callable[[Machine], None]) -> None:
    with pytest.raises(RuntimeError, match="asked"):
        answer(new_machine())


def test_pipelined_commands_are_answered_in_order(shell: type[Shell]) -> None:
    client = shell([b"%d" % n for n in range(1000)]).log_in()

    answers = client.say(b"".join(b"UIDL %d\r\n" % n for n in range(1, 1001)))

    assert answers == b"".join(b"+OK %d uid-%d\r\n" % (n, n) for n in range(1, 1001))


def test_what_follows_quit_is_not_looked_at(shell: type[Shell]) -> None:
    client = shell(MAILS).log_in()

    answer = client.say(b"DELE 1\r\nQUIT\r\nDELE 2\r\nQUIT\r\n")

    assert answer == b"+OK message 1 deleted\r\n+OK bye\r\n"
    assert client.removed == (1,)
    assert client.say(b"NOOP\r\n") == b""
    assert client.machine.pending == 0


def test_quit_before_login_deletes_nothing(shell: type[Shell]) -> None:
    client = shell(MAILS)

    assert client.say(b"USER alice\r\nQUIT\r\n").endswith(b"+OK bye\r\n")
    assert client.removed is None


def test_rset_takes_the_deletions_back(shell: type[Shell]) -> None:
    client = shell(MAILS).log_in()

    client.say(b"DELE 1\r\nDELE 2\r\nRSET\r\nDELE 2\r\nQUIT\r\n")

    assert client.removed == (2,)


@pytest.mark.parametrize(
    ("line", "password", "right"),
    [
        (b"PASS  two  words ", " two  words ", True),
        (b"PASS two  words ", " two  words ", False),
        (b"PASS ", "x", False),
        (b"pass p\xc3\xa4ss", "päss", True),
        (b"PASS \xff", "\ufffd", False),
    ],
)
def test_a_password_is_the_rest_of_the_line(line: bytes, password: str, right: bool, shell: type[Shell]) -> None:
    client = shell()
    client.machine.accounts = Accounts(AuthMode.TABLE, {"Alice Smith": password})

    client.say(b"USER  Alice Smith \r\n" + line + b"\r\n")

    assert client.logins == ([Login("Alice Smith", "Alice Smith")] if right else [])


@pytest.mark.parametrize("user", [b"j\xc3\xb6rg@x.test", b"j\xffrg"])
def test_a_user_name_may_be_any_octets(user: bytes, shell: type[Shell]) -> None:
    client = shell()

    client.say(b"USER " + user + b"\r\nPASS x\r\n")

    name = user.decode("utf-8", "replace")
    assert client.logins == [Login(name, name)]


def test_a_line_that_is_too_long_is_refused_once_and_the_session_goes_on(shell: type[Shell]) -> None:
    client = shell(MAILS).log_in()

    assert client.say(b"NOOP" + b" " * 249 + b"\r\n") == b"+OK\r\n"  # 255 octets
    assert client.say(b"NOOP" + b" " * 250 + b"\r\n") == b"-ERR line too long\r\n"
    assert client.say(b"DELE 1" + b"0" * 10_000 + b"\r\nSTAT\r\n", piece=100) == b"-ERR line too long\r\n+OK 2 18\r\n"
    assert b"DELE" not in b"".join(client.heard)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"PASS secret word", b"PASS ***"),
        (b"pass secret", b"pass ***"),
        (b" PASS\tsecret", b" PASS ***"),
        (b"APOP alice c4c9334bac560ecc979e58001b3e22fb", b"APOP alice ***"),
        (b"AUTH PLAIN AGFsaWNlAHNlY3JldA==", b"AUTH PLAIN ***"),
        (b"AUTH PLAIN", b"AUTH PLAIN"),
        (b"USER alice", b"USER alice"),
        (b"PASS", b"PASS"),
        (b"PASSAGE 1", b"***"),
        (b"", b""),
    ],
)
def test_secrets_do_not_reach_the_transcript(line: bytes, shown: bytes, shell: type[Shell]) -> None:
    client = shell().log_in()  # in TRANSACTION too, where PASS is refused

    client.say(line + b"\r\n")

    assert client.heard[-1] == shown


def test_a_reply_is_one_line_of_at_most_512_octets_whatever_an_error_says() -> None:
    answer = err("no\r\n+OK \x1b[31m ünd" + "x" * 1000, "SYS/TEMP")

    assert answer.startswith(b"-ERR [SYS/TEMP] no??+OK ?[31m ?ndxxx")
    assert answer.endswith(b"x\r\n")
    assert answer.count(b"\n") == 1
    assert len(answer) <= 512
    assert ok("") == b"+OK\r\n"


def test_each_verb_is_its_syntax_and_is_described() -> None:
    for row in COMMANDS.values():
        for verb, command in row.items():
            assert command.syntax.split()[0] == verb
            assert command.run.__doc__
            assert command.least <= command.most
            assert command.capability in ("", *POP3_CAPABILITIES)


def test_each_verb_is_refused_where_the_table_does_not_have_it(shell: type[Shell]) -> None:
    tls = Settings(tls=True)
    before, after = shell(settings=tls), shell(settings=tls).log_in()

    for verb in COMMANDS[State.TRANSACTION].keys() - COMMANDS[State.AUTHORIZATION].keys():
        assert before.say(verb.encode() + b"\r\n") == b"-ERR not in the AUTHORIZATION state\r\n"
    for verb in COMMANDS[State.AUTHORIZATION].keys() - COMMANDS[State.TRANSACTION].keys():
        assert after.say(verb.encode() + b"\r\n") == b"-ERR not in the TRANSACTION state\r\n"


def test_the_table_can_be_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "mailtrap_lite.pop3"], capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert "| `USER name` | AUTHORIZATION | USER | Take a user name" in printed
    assert "| `TOP msg n` | TRANSACTION | TOP | Send the header" in printed
    assert "| `CAPA` | AUTHORIZATION, TRANSACTION | CAPA | Say what works. |" in printed


def test_the_dialogue_needs_no_event_loop() -> None:
    code = "import sys, mailtrap_lite.pop3.machine, mailtrap_lite.pop3.wire; print('asyncio' in sys.modules)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert printed.stdout == "False\n"


def test_plain_text_that_comes_while_stls_is_on_its_way_is_dropped(shell: type[Shell]) -> None:
    machine = shell(settings=Settings(tls=True)).machine
    machine.receive(b"STLS\r\n")
    actions: list[Action] = []
    while not actions or not isinstance(actions[-1], StartTls):
        action = machine.next_action()
        assert action is not None
        actions.append(action)

    machine.receive(b"USER injected\r\nPASS x\r\n")
    machine.discard()
    machine.secured()

    assert actions[-1] == StartTls(b"+OK begin TLS\r\n")
    assert machine.next_action() is None
    assert machine.user is None
