"""CAPA lists what works, and what it does not list does not: for whatever is hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.pop3.__main__ import ABOUT
from mailtrap_lite.pop3.commands import COMMANDS
from mailtrap_lite.pop3.language import LANGUAGES
from mailtrap_lite.pop3.offer import ANNOUNCED, BOTH, offer
from mailtrap_lite.pop3.states import State
from mailtrap_lite.settings import MECHANISMS, POP3_CAPABILITIES, POP3_EXTENSIONS, Settings

if TYPE_CHECKING:
    from tests.pop3.conftest import Shell

MAILS = [b"A: 1\r\n\r\nx\r\n"]
# By the line of CAPA: the commands that it is about, before login and after it.
BEFORE = {
    "USER": [b"USER alice"],
    "SASL": [b"AUTH"],
    "STLS": [b"STLS"],
    "UTF8": [b"UTF8"],
    "LANG": [b"LANG", b"LANG en"],
}
AFTER = {"TOP": [b"TOP 1 0"], "UIDL": [b"UIDL", b"UIDL 1"], "LANG": [b"LANG", b"LANG *"]}
HIDDEN = st.frozensets(st.sampled_from(POP3_CAPABILITIES))


def advertised(client: Shell) -> dict[str, list[str]]:
    """Return the lines of CAPA: each name with its parameters."""
    lines = client.say(b"CAPA\r\n").decode().splitlines()
    assert (lines[0], lines[-1]) == ("+OK capability list follows", ".")
    assert all(len(line) <= 510 for line in lines)
    return {line.split()[0]: line.split()[1:] for line in lines[1:-1]}


@settings(deadline=None)  # the machine may have other work
@given(HIDDEN, st.booleans())
def test_each_line_of_capa_works_and_what_is_not_there_does_not(
    shell: type[Shell], hidden: frozenset[str], tls: bool
) -> None:
    hidden -= {"CAPA"}
    settings = Settings(tls=tls)

    def fresh() -> Shell:
        client = shell(MAILS, settings=settings)
        client.hidden = hidden
        return client

    lines = advertised(fresh())
    for name, commands in BEFORE.items():
        for command in commands:
            answer = fresh().say(command + b"\r\n")
            assert answer.startswith((b"+OK", b"+ ")) == (name in lines), command
    for mechanism in MECHANISMS:
        began = fresh().say(b"AUTH " + mechanism.encode() + b"\r\n").startswith(b"+ ")
        assert began == (mechanism in lines.get("SASL", []))
    inside = fresh()
    inside.hidden = frozenset()
    inside.log_in()
    inside.hidden = hidden
    for name, commands in AFTER.items():
        for command in commands:
            assert inside.say(command + b"\r\n").startswith(b"+OK") == (name in lines), command
    assert advertised(inside).keys() == lines.keys() - {"STLS"}
    assert set(lines).isdisjoint(hidden)


@pytest.mark.parametrize("name", POP3_EXTENSIONS)
def test_each_capability_is_there_until_it_is_hidden(name: str) -> None:
    everything = offer(frozenset(), stls=True, apop=True, login_delay=5)

    assert name in everything
    assert name not in offer(frozenset({name}), stls=True, apop=True, login_delay=5)


@pytest.mark.parametrize("name", MECHANISMS)
def test_each_mechanism_is_there_until_it_is_hidden(name: str) -> None:
    assert offer(frozenset()).mechanisms == MECHANISMS
    assert name not in offer(frozenset({name})).mechanisms


# RFC 2449 section 6, RFC 2595 section 4, RFC 3206, RFC 5034 and RFC 6856, each at "Announced states".
@pytest.mark.parametrize("state", [State.AUTHORIZATION, State.TRANSACTION])
def test_capa_has_in_each_state_what_the_rfcs_announce_there(state: State) -> None:
    everything = offer(frozenset(), stls=True, apop=True, login_delay=5)

    names = [line.split()[0] for line in everything.lines(state, implementation="x")]

    both = "USER SASL STLS UTF8 LANG TOP UIDL RESP-CODES AUTH-RESP-CODE PIPELINING EXPIRE LOGIN-DELAY IMPLEMENTATION"
    assert names == [name for name in both.split() if name != "STLS" or state is State.AUTHORIZATION]


def test_each_capability_has_its_states() -> None:
    assert tuple(ANNOUNCED) == POP3_EXTENSIONS


@pytest.mark.parametrize("name", [name for name in POP3_EXTENSIONS if ANNOUNCED[name]])
def test_who_asks_for_capa_before_login_need_not_ask_again(name: str) -> None:
    # RFC 2449 section 5: what is available in the AUTHORIZATION state MUST be announced in both; RFC 2595 makes the
    # one exception.
    assert ANNOUNCED[name] == BOTH or name == "STLS"


@pytest.mark.parametrize("state", [State.AUTHORIZATION, State.TRANSACTION])
def test_a_command_that_works_in_a_state_is_announced_there(state: State) -> None:
    needed = {command.capability for command in COMMANDS[state].values()} - {"", "APOP", "CAPA"}

    assert [name for name in needed if state not in ANNOUNCED[name]] == []


@settings(deadline=None)  # the machine may have other work
@given(HIDDEN)
def test_before_tls_nobody_logs_in_where_it_is_required(shell: type[Shell], hidden: frozenset[str]) -> None:
    hidden -= {"CAPA", "STLS"}
    client = shell(MAILS, settings=Settings(pop3_require_tls=True))
    client.hidden = hidden

    assert client.sent == b"+OK mail.test POP3 ready\r\n"
    assert advertised(client).keys().isdisjoint({"USER", "SASL"})
    for line in (b"USER alice", b"PASS x", b"AUTH", b"AUTH PLAIN AGFsaWNlAHg=", b"APOP alice " + b"0" * 32):
        assert client.say(line + b"\r\n").startswith(b"-ERR "), line
    client.say(b"STLS\r\n")
    client.shake_hands()
    assert client.logins == []
    assert (client.say(b"USER alice\r\n")[:3] == b"+OK") == ("USER" not in hidden)


def test_each_capability_is_described() -> None:
    assert tuple(ABOUT) == POP3_EXTENSIONS


def test_each_language_has_a_tag() -> None:
    assert all(re.fullmatch(r"[a-z]{1,8}(-[a-z0-9]{1,8})*", tag) for tag in LANGUAGES)
