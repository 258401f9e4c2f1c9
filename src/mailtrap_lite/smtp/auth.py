"""The SASL mechanisms of AUTH (RFC 4954) as dialogues of octets: a challenge out, a response in, a user at the end.

Any credentials are accepted: this is a sandbox. The user is told, the password is forgotten.
Knows no base64, no reply and no socket.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Generator
from typing import TypeAlias

from mailtrap_lite.message import readable
from mailtrap_lite.smtp.replies import refused

# Yields challenges, is sent responses, returns the user.
Exchange: TypeAlias = Generator[bytes, bytes, str]


def plain(initial: bytes | None) -> Exchange:
    """PLAIN (RFC 4616): authorization identity, user and password in one response, separated by NUL."""
    response = (yield b"") if initial is None else initial
    if response.count(b"\0") != 2:
        raise refused(501, "5.5.2", "PLAIN wants an identity, a user and a password, separated by NUL")
    return readable(response.split(b"\0")[1])


def login(initial: bytes | None) -> Exchange:
    """LOGIN (draft-murchison-sasl-login): user, then password."""
    user = (yield b"Username:") if initial is None else initial
    yield b"Password:"
    return readable(user)


MECHANISMS: dict[str, Callable[[bytes | None], Exchange]] = {"PLAIN": plain, "LOGIN": login}


def exchange(argument: str) -> tuple[Exchange, bytes]:
    """Return the dialogue that `AUTH argument` begins and its first challenge.

    Raises Refused, or StopIteration with the user when the initial response was enough.
    """
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise refused(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]")
    if (mechanism := MECHANISMS.get(words[0].upper())) is None:
        raise refused(504, "5.5.4", f"Mechanism not recognized, use {' or '.join(MECHANISMS)}")
    dialogue = mechanism(initial_response(words[1]) if len(words) == 2 else None)
    return dialogue, next(dialogue)


def initial_response(word: str) -> bytes:
    """Return an initial response; "=" is an empty one (RFC 4954 section 4). Raises Refused."""
    return b"" if word == "=" else response(word.encode())


def response(line: bytes) -> bytes:
    """Return what a line of base64 stands for. Raises Refused, also for the `*` that gives up (RFC 4954 section 4)."""
    if line == b"*":
        raise refused(501, "5.7.0", "Authentication cancelled")
    try:
        return b64decode(line, validate=True)
    except binascii.Error:
        raise refused(501, "5.5.2", "Not base64") from None
