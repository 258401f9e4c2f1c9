"""CAPA lists what works, and what it does not list does not: for whatever is hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.pop3.__main__ import ABOUT
from mailtrap_lite.pop3.language import LANGUAGES
from mailtrap_lite.pop3.offer import offer
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


def test_each_capability_is_described() -> None:
    assert tuple(ABOUT) == POP3_EXTENSIONS


def test_each_language_has_a_tag() -> None:
    assert all(re.fullmatch(r"[a-z]{1,8}(-[a-z0-9]{1,8})*", tag) for tag in LANGUAGES)
