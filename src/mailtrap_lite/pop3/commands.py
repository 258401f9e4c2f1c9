"""The POP3 commands, and in which state each is allowed: `COMMANDS[state][verb]` is the protocol (RFC 1939 section 3).

What a state's row does not hold is -ERR there. A new command is a function and a row.
A function gets the machine and the arguments as they came; it calls `reply`, `ask` or `close`, or raises Refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Concatenate, Final

from mailtrap_lite.pop3.actions import Expunge, Fetch, Login
from mailtrap_lite.pop3.replies import listing, ok
from mailtrap_lite.pop3.snapshot import Refused

if TYPE_CHECKING:
    from mailtrap_lite.pop3.machine import Machine


class State(StrEnum):
    """Where a session is (RFC 1939 section 3)."""

    AUTHORIZATION = "AUTHORIZATION"
    TRANSACTION = "TRANSACTION"
    UPDATE = "UPDATE"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Command:
    """One cell of the table.

    run gets from `least` to `most` arguments. whole: all that follows the first space is one argument, untouched.
    capability: the line that CAPA shows because this command works, "" for none (RFC 2449 section 6).
    """

    syntax: str
    run: Callable[Concatenate[Machine, ...], None]
    least: int = 0
    most: int = 0
    whole: bool = False
    capability: str = ""


# AUTHORIZATION


def user(machine: Machine, rest: bytes) -> None:
    """Take a user name; it is +OK whoever it is, because who exists is not for a client to find out."""
    name = rest.strip().decode("utf-8", "replace")
    if not name:
        raise Refused("usage: USER name")
    machine.user = name
    machine.reply(ok("send PASS"))


def pass_(machine: Machine, rest: bytes) -> None:
    """Log in. The password is the rest of the line, spaces and all (RFC 1939 section 7)."""
    if machine.user is None:
        raise Refused("USER first")
    machine.ask(Login(machine.user, rest.decode("utf-8", "surrogateescape")))


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
        machine.reply(ok(f"{number} {machine.maildrop[number].uid}"))
        return
    rows = (f"{number} {entry.uid}" for number, entry in machine.maildrop.kept())
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
    """Say what works (RFC 2449 section 5): the same in both states, as none of it depends on the state."""
    machine.reply(ok("capability list follows") + listing(machine.capabilities))


def capabilities(implementation: str) -> tuple[str, ...]:
    """Return the lines of CAPA: what the table holds, and what no single command stands for."""
    return (*_of_commands(COMMANDS.values()), *EXTENSIONS, f"IMPLEMENTATION {implementation}")


def _of_commands(rows: Iterable[Mapping[str, Command]]) -> Iterable[str]:
    return dict.fromkeys(command.capability for row in rows for command in row.values() if command.capability)


# RESP-CODES and PIPELINING: RFC 2449 sections 6.4 and 6.6. AUTH-RESP-CODE: RFC 3206 section 5.
EXTENSIONS: Final = ("RESP-CODES", "AUTH-RESP-CODE", "PIPELINING")

_CAPA: Final = Command("CAPA", capa)

COMMANDS: Final[Mapping[State, Mapping[str, Command]]] = {
    State.AUTHORIZATION: {
        "USER": Command("USER name", user, least=1, most=1, whole=True, capability="USER"),
        "PASS": Command("PASS string", pass_, least=1, most=1, whole=True),
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
        "CAPA": _CAPA,
        "QUIT": Command("QUIT", quit_),
    },
    State.UPDATE: {},
    State.CLOSED: {},
}
