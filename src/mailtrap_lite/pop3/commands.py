"""The POP3 commands, and in which state each is allowed: `COMMANDS[state][verb]` is the protocol (RFC 1939 section 3).

What a state's row does not hold is -ERR there. A new command is a function and a row.
A function gets the machine and the arguments as they came; it calls `reply`, `ask` or `close`, or raises Refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final

from mailtrap_lite.pop3.actions import Expunge, Fetch
from mailtrap_lite.pop3.language import lang, utf8
from mailtrap_lite.pop3.login import apop, auth, pass_, stls, user
from mailtrap_lite.pop3.replies import listing, ok
from mailtrap_lite.pop3.snapshot import Refused
from mailtrap_lite.pop3.states import State

if TYPE_CHECKING:
    from mailtrap_lite.pop3.machine import Machine


@dataclass(frozen=True, slots=True)
class Command:
    """One cell of the table.

    run gets from `least` to `most` arguments. whole: all that follows the first space is one argument, untouched.
    capability: the name of what has to be offered for this command to be there, "" for what always is.
    """

    syntax: str
    run: Callable[Concatenate[Machine, ...], None]
    least: int = 0
    most: int = 0
    whole: bool = False
    capability: str = ""


# AUTHORIZATION; more of it is in `login`


def leave(machine: Machine) -> None:
    """End a session in which nobody logged in: nothing is deleted, and there is no UPDATE state."""
    machine.close(ok("bye"))


# TRANSACTION


def stat(machine: Machine) -> None:
    """Say how much is there, without what is marked as deleted."""
    machine.reply(ok(f"{machine.maildrop.count} {machine.maildrop.octets}"))


def list_(machine: Machine, text: bytes | None = None) -> None:
    """Say the size of one message, or of each."""
    if text is not None:
        number = machine.maildrop.number(text)
        machine.reply(ok(f"{number} {machine.maildrop[number].octets}"))
        return
    rows = (f"{number} {entry.octets}" for number, entry in machine.maildrop.kept())
    machine.reply(ok(str(machine.maildrop)) + listing(rows))


def uidl(machine: Machine, text: bytes | None = None) -> None:
    """Say the unique-id of one message, or of each."""
    if text is not None:
        number = machine.maildrop.number(text)
        machine.reply(ok(f"{number} {machine.uid_of(machine.maildrop[number])}"))
        return
    rows = (f"{number} {machine.uid_of(entry)}" for number, entry in machine.maildrop.kept())
    machine.reply(ok("unique-ids follow") + listing(rows))


def retr(machine: Machine, text: bytes) -> None:
    """Send a message."""
    machine.ask(Fetch(machine.maildrop.number(text), None))


def top(machine: Machine, text: bytes, count: bytes) -> None:
    """Send the header, the empty line and so many lines of the body."""
    number = machine.maildrop.number(text)
    if not count.isdigit():
        raise Refused("usage: TOP msg n")
    machine.ask(Fetch(number, int(count)))


def dele(machine: Machine, text: bytes) -> None:
    """Mark a message as deleted; only QUIT deletes it."""
    number = machine.maildrop.number(text)
    machine.maildrop.mark(number)
    machine.reply(ok(f"message {number} deleted"))


def rset(machine: Machine) -> None:
    """Take every mark away."""
    machine.maildrop.unmark_all()
    machine.reply(ok(f"maildrop has {machine.maildrop}"))


def noop(machine: Machine) -> None:
    """Do nothing."""
    machine.reply(ok(""))


def quit_(machine: Machine) -> None:
    """Enter the UPDATE state: what is marked is deleted first and answered then (RFC 1939 section 6)."""
    machine.state = State.UPDATE
    machine.ask(Expunge(machine.maildrop.marked))


# Both


def capa(machine: Machine) -> None:
    """Say what works."""
    lines = machine.offer.lines(machine.state, implementation=machine.implementation)
    machine.reply(ok("capability list follows") + listing(lines))


_CAPA: Final = Command("CAPA", capa, capability="CAPA")
_LANG: Final = Command("LANG [range]", lang, most=1, capability="LANG")

COMMANDS: Final[Mapping[State, Mapping[str, Command]]] = {
    State.AUTHORIZATION: {
        "USER": Command("USER name", user, least=1, most=1, whole=True, capability="USER"),
        "PASS": Command("PASS string", pass_, least=1, most=1, whole=True, capability="USER"),
        "APOP": Command("APOP name digest", apop, least=1, most=1, whole=True, capability="APOP"),
        "AUTH": Command("AUTH [mechanism [response]]", auth, most=2, capability="SASL"),
        "STLS": Command("STLS", stls, capability="STLS"),
        "UTF8": Command("UTF8", utf8, capability="UTF8"),
        "LANG": _LANG,
        "CAPA": _CAPA,
        "QUIT": Command("QUIT", leave),
    },
    State.TRANSACTION: {
        "STAT": Command("STAT", stat),
        "LIST": Command("LIST [msg]", list_, most=1),
        "RETR": Command("RETR msg", retr, least=1, most=1),
        "DELE": Command("DELE msg", dele, least=1, most=1),
        "NOOP": Command("NOOP", noop),
        "RSET": Command("RSET", rset),
        "TOP": Command("TOP msg n", top, least=2, most=2, capability="TOP"),
        "UIDL": Command("UIDL [msg]", uidl, most=1, capability="UIDL"),
        "LANG": _LANG,
        "CAPA": _CAPA,
        "QUIT": Command("QUIT", quit_),
    },
    State.UPDATE: {},
    State.CLOSED: {},
}
