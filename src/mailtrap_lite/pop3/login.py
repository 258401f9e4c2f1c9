"""The ways to log in, beyond USER and PASS: APOP (RFC 1939 section 7), AUTH (RFC 5034) and STLS (RFC 2595).

Their functions are rows of `commands.COMMANDS`; an exchange of AUTH goes on line by line until it ends. No I/O.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from mailtrap_lite.pop3.actions import Login
from mailtrap_lite.pop3.replies import listing, ok
from mailtrap_lite.pop3.snapshot import Refused
from mailtrap_lite.sasl import AuthError, Challenge, Exchange, Rejected, Success

if TYPE_CHECKING:
    from mailtrap_lite.pop3.machine import Machine

WRONG = "wrong user name or password"


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
    if not machine.accounts.check(machine.user, rest.decode("utf-8", "surrogateescape")):
        machine.login_failed(WRONG, "AUTH")
        return
    machine.ask(Login(machine.user, machine.user))


def apop(machine: Machine, rest: bytes) -> None:
    """Log in with the MD5 of the greeting's timestamp and the password, which is not sent."""
    # A name may hold spaces, as behind USER.
    name, space, digest = rest.strip().decode("utf-8", "replace").rpartition(" ")
    name = name.strip()
    if not space or not name:
        raise Refused("usage: APOP name digest")
    if not machine.accounts.check_apop(name, machine.timestamp, digest):
        machine.login_failed(WRONG, "AUTH")
        return
    machine.ask(Login(name, name))


def auth(machine: Machine, mechanism: bytes | None = None, initial: bytes | None = None) -> None:
    """Log in with a SASL mechanism, or list them."""
    offered = machine.offer.mechanisms
    if mechanism is None:
        machine.reply(ok("mechanisms follow") + listing(offered))
        return
    name = mechanism.decode("ascii", "replace").upper()
    if name not in offered:
        raise Refused("unknown mechanism")
    try:
        exchange = Exchange(name, initial, accounts=machine.accounts, challenge=machine.stamp())
    except AuthError as error:
        _failed(machine, error)
        return
    _next(machine, exchange, exchange.step)


def answer(machine: Machine, exchange: Exchange, line: bytes) -> None:
    """Go on with an exchange: the client's answer to its challenge."""
    try:
        step = exchange.answer(line)
    except AuthError as error:
        _failed(machine, error)
        return
    _next(machine, exchange, step)


def _next(machine: Machine, exchange: Exchange, step: Challenge | Success) -> None:
    match step:
        case Challenge(octets):
            machine.exchange = exchange
            # The space stays, also before an empty challenge (RFC 5034 section 4).
            machine.reply(b"+ " + b64encode(octets) + b"\r\n")
        case Success(user, acts_as):
            machine.exchange = None
            machine.ask(Login(user, acts_as))


def _failed(machine: Machine, error: AuthError) -> None:
    machine.exchange = None
    if isinstance(error, Rejected):
        machine.login_failed(error.text, "AUTH")
        return
    # Who gives up, or sends what is no base64, has guessed no password.
    raise Refused(error.text)


def stls(machine: Machine) -> None:
    """Begin TLS; all that was said in plain text is forgotten."""
    machine.start_tls(ok("begin TLS"))
