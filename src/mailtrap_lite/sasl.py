"""SASL mechanisms (RFC 4422) as dialogues with a client, for SMTP AUTH (RFC 4954) and POP3 AUTH (RFC 5034).

    exchange = Exchange("PLAIN", b"AGFsaWNlAHNlY3JldA==", accounts=accounts, challenge=b"<unique@host>")
    while isinstance(exchange.step, Challenge):
        ...                             # send exchange.step.octets in base64, read a line without its line end
        exchange.answer(line)
    exchange.step.user                  # a Success; everything else is an AuthError

A mechanism is a generator: it yields challenges, is sent responses, and returns who it is or raises.
Both doors read base64 and the `*` that gives up alike, so that is here; how a door words a challenge, a success and an
AuthError is its own. Knows no reply, no socket, no clock and no chance; the length of a line is bounded before.
No password, digest or token gets into the text or the repr of anything here.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mailtrap_lite.accounts import Accounts, is_digest

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# developers.google.com/gmail/imap/xoauth2-protocol; a scheme has no case (RFC 9110 section 11.1).
_BEARER = re.compile(r"user=([^\x01]+)\x01auth=(?i:bearer) ([^\x00\x01]+)\x01\x01")
_WRONG = "Authentication credentials invalid"
_NO_TOKEN = json.dumps({"status": "401", "schemes": "bearer", "scope": "mail"}, separators=(",", ":")).encode("ascii")


class AuthError(Exception):
    """An exchange is over without a user; the text can be shown to the client."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Malformed(AuthError):
    """What the client sent is not base64, or not what the mechanism wants."""


class Cancelled(AuthError):
    """The client gave up (RFC 4954 section 4, RFC 5034 section 4)."""


class UnknownMechanism(AuthError):
    """There is no such mechanism."""


class Rejected(AuthError):
    """The credentials are wrong."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client has to answer, before it is put into base64; often empty."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Success:
    """Somebody is logged in. Both names are printable and not empty.

    user: whose credentials these are, the authentication identity.
    acts_as: whose mail it is about, the authorization identity (RFC 4616 section 2); mostly the same.
    """

    user: str
    acts_as: str


Dialogue: TypeAlias = Generator[bytes, bytes, Success]


class Mechanism(Protocol):
    """How a dialogue begins. initial: the initial response, None without one. challenge: that of CRAM-MD5."""

    def __call__(self, accounts: Accounts, initial: bytes | None, *, challenge: bytes) -> Dialogue: ...


class Exchange:
    """One AUTH command, until it ends with a Success or an AuthError; after that nothing can be answered."""

    def __init__(self, mechanism: str, initial: bytes | None, *, accounts: Accounts, challenge: bytes) -> None:
        """Begin. initial: the word behind the mechanism, in base64, None without one.

        challenge: for CRAM-MD5, a message-id that was never used before (RFC 2195 section 2), as `<unique@host>`.
        """
        begin = MECHANISMS.get(mechanism.upper() if mechanism.isascii() else "")
        if begin is None:
            raise UnknownMechanism(f"Mechanism not recognized, use {', '.join(MECHANISMS)}")
        # RFC 4954 section 4, RFC 5034 section 4: an initial response that is empty is written as "=".
        response = b"" if initial == b"=" else None if initial is None else decoded(initial)
        self._dialogue = begin(accounts, response, challenge=challenge)
        self.step = self._send(None)

    def answer(self, line: bytes) -> Challenge | Success:
        """Take the client's answer to the challenge, in base64, and return the next step."""
        if line == b"*" and self.step == Challenge(_NO_TOKEN):
            raise Rejected(_WRONG)  # giving up does not undo what was judged already
        self.step = self._send(decoded(line))
        return self.step

    def _send(self, response: bytes | None) -> Challenge | Success:
        try:
            # A generator wants to be begun with None; its type says that it is sent responses only.
            return Challenge(next(self._dialogue) if response is None else self._dialogue.send(response))
        except StopIteration as end:
            if end.value is None:
                raise RuntimeError("the exchange is over") from None
            success: Success = end.value
            return success


def decoded(line: bytes) -> bytes:
    """Return the octets that a line of base64 stands for; raises Malformed, or Cancelled for a `*`."""
    if line == b"*":
        raise Cancelled("Authentication cancelled")
    # binascii takes "YWJj=" in some versions of Python, even when told to be strict.
    if not _BASE64.fullmatch(line):
        raise Malformed("Not base64")
    return a2b_base64(line)


def plain(accounts: Accounts, initial: bytes | None, *, challenge: bytes) -> Dialogue:
    """PLAIN (RFC 4616): authorization identity, user and password in one response, separated by NUL."""
    response = (yield b"") if initial is None else initial
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Malformed("PLAIN wants an identity, a user and a password, separated by NUL")
    user, password = _user(parts[1]), _text(parts[2])
    acts_as = _user(parts[0]) if parts[0] else user
    _demand(accounts.check(user, password))
    if not accounts.may_act_as(user, acts_as):
        raise Rejected("Credentials are right, but not for acting as another user")
    return Success(user, acts_as)


def login(accounts: Accounts, initial: bytes | None, *, challenge: bytes) -> Dialogue:
    """LOGIN (draft-murchison-sasl-login): user, then password; an initial response is the user, as many clients do."""
    user = _user((yield b"Username:") if initial is None else initial)
    password = _text((yield b"Password:"))
    _demand(accounts.check(user, password))
    return Success(user, user)


def cram_md5(accounts: Accounts, initial: bytes | None, *, challenge: bytes) -> Dialogue:
    """CRAM-MD5 (RFC 2195): the user, and the challenge's digest with the password as key."""
    if initial is not None:  # RFC 4954 section 4: the server speaks first, so it is 501
        raise Malformed("CRAM-MD5 takes no initial response")
    name, _, digest = _text((yield challenge)).rpartition(" ")
    if not is_digest(digest):
        raise Malformed("CRAM-MD5 wants a user, a space and 32 lower-case hexadecimal digits")
    user = _printable(name)
    _demand(accounts.check_cram_md5(user, challenge, digest))
    return Success(user, user)


def xoauth2(accounts: Accounts, initial: bytes | None, *, challenge: bytes) -> Dialogue:
    """XOAUTH2, as Google and Microsoft have it: the user and an OAuth 2.0 access token (RFC 6750)."""
    found = _BEARER.fullmatch(_text((yield b"") if initial is None else initial))
    if found is None:
        raise Malformed("XOAUTH2 wants user=NAME^Aauth=Bearer TOKEN^A^A")
    user = _printable(found[1])
    if not accounts.check_token(user, found[2]):
        yield _NO_TOKEN  # the client answers with nothing, and only then it is told
        raise Rejected(_WRONG)
    return Success(user, user)


# In the order in which they are advertised.
MECHANISMS: dict[str, Mechanism] = {"PLAIN": plain, "LOGIN": login, "CRAM-MD5": cram_md5, "XOAUTH2": xoauth2}


def _demand(right: bool) -> None:
    if not right:
        raise Rejected(_WRONG)


def _user(octets: bytes) -> str:
    return _printable(_text(octets))


def _printable(name: str) -> str:
    """Return a name that can be shown as it is; SASLprep (RFC 4013 section 2.3) prohibits control characters too."""
    if not name or not name.isprintable():
        raise Malformed("A user name is printable, and not empty")
    return name


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        pass
    # Not inside the except clause: the error of the codec holds the octets, and would be kept as the context.
    raise Malformed("Not UTF-8")
