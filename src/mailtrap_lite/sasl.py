"""The SASL mechanisms as dialogues of octets, for both doors: a challenge out, a response in, a user at the end.

Knows no reply and no socket, and neither clock nor chance: what a challenge needs of them is handed in.
The password is forgotten as soon as it was looked at.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from mailtrap_lite.accounts import Accounts

# Yields challenges, is sent responses, returns the user. Raises SaslError.
Exchange: TypeAlias = Generator[bytes, bytes, str]


class SaslError(Exception):
    """A login did not come about; the text says why, and holds nothing that the client sent."""


class Malformed(SaslError):
    """A response is not what the mechanism wants, or not base64."""


class Cancelled(SaslError):
    """The client gave up with `*`."""


class UnknownMechanism(SaslError):
    """There is no such mechanism, or it is hidden."""


class Rejected(SaslError):
    """The credentials are wrong."""


def begin(name: str, initial: bytes | None, *, accounts: Accounts, unique: str) -> tuple[Exchange, bytes]:
    """Return the dialogue of a mechanism and its first challenge.

    initial: the decoded initial response, None without one. unique: "<…@host>", never used before, for CRAM-MD5.
    Raises UnknownMechanism or another SaslError, or StopIteration with the user if the initial response was enough.
    """
    if (mechanism := MECHANISMS.get(name.upper())) is None:
        raise UnknownMechanism("mechanism not recognized")
    dialogue = mechanism(initial, accounts, unique)
    return dialogue, next(dialogue)


def decoded(line: bytes) -> bytes:
    """Return what a line of base64 stands for; raises Malformed, or Cancelled for `*` (RFC 4954 and RFC 5034)."""
    if line == b"*":
        raise Cancelled("Authentication cancelled")
    try:
        return b64decode(line, validate=True)
    except binascii.Error:
        raise Malformed("Not base64") from None


def decoded_initial(word: bytes) -> bytes:
    """Return what an initial response stands for; "=" is an empty one."""
    return b"" if word == b"=" else decoded(word)


def _plain(initial: bytes | None, accounts: Accounts, unique: str) -> Exchange:
    """PLAIN (RFC 4616): authorization identity, user and password in one response, separated by NUL."""
    response = (yield b"") if initial is None else initial
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Malformed("PLAIN wants an identity, a user and a password, separated by NUL")
    identity, user, password = map(_text, parts)
    if not user:
        raise Malformed("PLAIN wants a user")
    # RFC 4616 section 2: to act for somebody else needs a right that nobody has here.
    if identity not in ("", user) and not accounts.any_will_do:
        raise Rejected("Authentication credentials invalid")
    return _checked(user, accounts.check(user, password))


def _login(initial: bytes | None, accounts: Accounts, unique: str) -> Exchange:
    """LOGIN (draft-murchison-sasl-login): user, then password."""
    user = _text((yield b"Username:") if initial is None else initial)
    password = _text((yield b"Password:"))
    if not user:
        raise Malformed("LOGIN wants a user")
    return _checked(user, accounts.check(user, password))


def _cram_md5(initial: bytes | None, accounts: Accounts, unique: str) -> Exchange:
    """CRAM-MD5 (RFC 2195): the user and a digest of the challenge, keyed with the password."""
    if initial is not None:
        raise Malformed("CRAM-MD5 takes no initial response")
    challenge = unique.encode("ascii")
    user, space, digest = _text((yield challenge)).rpartition(" ")
    if not user or not space or not _DIGEST.fullmatch(digest):
        raise Malformed("CRAM-MD5 wants a user, a space and a digest of 32 hexadecimal digits")
    return _checked(user, accounts.check_cram_md5(user, challenge, digest))


def _xoauth2(initial: bytes | None, accounts: Accounts, unique: str) -> Exchange:
    """XOAUTH2, as large providers have it: the user and a bearer token; a refusal gives its reason as a challenge."""
    response = _text((yield b"") if initial is None else initial)
    found = _BEARER.fullmatch(response)
    if found is None:
        raise Malformed("XOAUTH2 wants user=…^Aauth=Bearer …^A^A")
    if not accounts.check(found["user"], found["token"]):
        yield json.dumps({"status": "401", "schemes": "bearer", "scope": "mail"}).encode()
        raise Rejected("Authentication credentials invalid")
    return found["user"]


_DIGEST = re.compile(r"[0-9a-fA-F]{32}")
_BEARER = re.compile(r"user=(?P<user>[^\x01]+)\x01auth=Bearer (?P<token>[^\x01]+)\x01\x01")

# In the order in which they are offered.
MECHANISMS: Final[dict[str, Callable[[bytes | None, Accounts, str], Exchange]]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
    "XOAUTH2": _xoauth2,
}


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("User and password are UTF-8") from None


def _checked(user: str, right: bool) -> str:
    if not right:
        raise Rejected("Authentication credentials invalid")
    return user
