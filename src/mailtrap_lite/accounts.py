"""Who may log in, and which mailbox a name means: one place for SMTP, POP3, the API and the tests.

Knows no protocol: what a client sent was decoded before.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from mailtrap_lite.errors import BadMail

EVERYTHING = "*"

_DIGEST = re.compile(r"[0-9a-f]{32}")


class AuthMode(StrEnum):
    """Which credentials are right, and whether a client can do without."""

    ANY = "any"  # all are right, none are needed
    TABLE = "table"  # those in the table are right, none are needed
    REQUIRED = "required"  # those in the table are right, or all when it is empty; a client has to log in
    REJECT = "reject"  # none are right


@dataclass(frozen=True, slots=True)
class Accounts:
    """Says whether credentials are right. users: from a user's name to the password; it is in no repr.

    known_as: returns under which name a user who is not in the table may be there, as alice is in each sandbox.

    Names are compared exactly, letter case and Unicode form included: what a user name means is for the server that has
    it (RFC 4616 section 2), and a test wants to see that its program sends another one. Passwords are compared so too.
    How long a verdict takes depends on what the client sent, not on which users there are.
    """

    mode: AuthMode = AuthMode.ANY
    users: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    known_as: Callable[[str], str] = field(default=str, repr=False, compare=False)

    @property
    def login_needed(self) -> bool:
        """Whether a client has to log in before anything else."""
        return self.mode is AuthMode.REQUIRED

    @property
    def all_are_right(self) -> bool:
        """Whether nothing is compared: each name and each password will do."""
        return self.mode is AuthMode.ANY or (self.mode is AuthMode.REQUIRED and not self.users)

    def check(self, user: str, password: str) -> bool:
        """Return whether this is the user's password."""
        if self._is_settled:
            return self.all_are_right
        known, secret = self._secret(user)
        return hmac.compare_digest(secret, _octets(password)) and known

    def check_token(self, user: str, token: str) -> bool:
        """Return whether this is the user's OAuth 2.0 access token: the table holds it in the password's place."""
        return self.check(user, token)

    def check_cram_md5(self, user: str, challenge: bytes, digest: str) -> bool:
        """Return whether this answers the challenge (RFC 2195 section 2): the keyed MD5 in 32 lower-case hex digits."""
        known, secret = self._secret(user)
        return self._check_digest(digest, hmac.new(secret, challenge, _MD5).hexdigest(), known=known)

    def check_apop(self, user: str, timestamp: bytes, digest: str) -> bool:
        """Return whether this is the MD5 of the greeting's timestamp, with its brackets, and the password.

        RFC 1939 section 7: 32 lower-case hex digits.
        """
        known, secret = self._secret(user)
        return self._check_digest(digest, _MD5(timestamp + secret).hexdigest(), known=known)

    def may_act_as(self, user: str, other: str) -> bool:
        """Return whether a user may have another authorization identity (RFC 4616 section 2)."""
        return other == user or self.all_are_right

    @property
    def _is_settled(self) -> bool:
        return self.mode is AuthMode.REJECT or self.all_are_right

    def _secret(self, user: str) -> tuple[bool, bytes]:
        """Return whether the user is in the table, and the password; one who is not costs as much time."""
        password = self.users.get(user, self.users.get(self.known_as(user)))
        return password is not None, _octets(password or "")

    def _check_digest(self, digest: str, right: str, *, known: bool) -> bool:
        if not is_digest(digest):
            return False
        if self._is_settled:
            return self.all_are_right
        return hmac.compare_digest(right, digest) and known


def is_digest(text: str) -> bool:
    """Return whether this looks like the digest of CRAM-MD5 or APOP."""
    return _DIGEST.fullmatch(text) is not None


# Both RFCs say MD5. Where only approved digests are allowed it has to be said that nothing is protected by it.
_MD5 = partial(hashlib.md5, usedforsecurity=False)


def _octets(text: str) -> bytes:
    # What no UTF-8 stands for, as the environment or a client may bring it, is wrong, not an error.
    return text.encode("utf-8", "surrogatepass")


def mailbox_of(address: str, *, plus_addressing: bool = True) -> str:
    """Return the name of the mailbox into which mail to this address is delivered.

    Addresses are compared in lower case (RFC 5321 section 2.4 lets a server do that), and "alice+tag@x" is "alice@x".
    Not case-folded: RFC 6531 section 3.2 leaves a local part its characters, and straße@x is not strasse@x.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        local, domain = domain, ""
    if plus_addressing and not local.startswith('"'):
        local = local.partition("+")[0] or local
    return f"{local}@{domain}".lower() if at else local.lower()


@dataclass(frozen=True, slots=True)
class Selection:
    """The mailboxes that a name opens: all of them, those with one local part, or the one of an address.

    Exactly one of the three: `everything`, `local` or `mailbox` ("" when it is not meant).
    """

    mailbox: str = ""
    local: str = ""

    @property
    def everything(self) -> bool:
        """Whether it is the whole sandbox."""
        return not self.mailbox and not self.local

    def __str__(self) -> str:
        return self.mailbox or self.local or EVERYTHING

    def holds(self, mailbox: str) -> bool:
        """Return whether a mailbox is one of these."""
        return self.mailbox in ("", mailbox) and self.local in ("", local_part(mailbox))

    def overlaps(self, other: Selection) -> bool:
        """Return whether some mailbox could belong to both."""
        if self.everything or other.everything:
            return True
        if self.mailbox and other.mailbox:
            return self.mailbox == other.mailbox
        return local_part(self.mailbox or self.local) == local_part(other.mailbox or other.local)


def selection_of(user: str, *, plus_addressing: bool = True, table: Iterable[tuple[str, str]] = ()) -> Selection:
    """Return what a name opens: `*` everything, `alice` each mailbox with that local part, `alice@x` one.

    The name is what a POP3 user logs in with, or how a test or the API calls a mailbox.
    table: the account table, pairs of a user and the name that is meant instead; it may be any of the three.
    Users are looked up as they are written, without regard to case; what is meant is not looked up again.
    Raises BadMail for an empty name, or for what is no text.
    """
    if not isinstance(user, str):
        raise BadMail(f"{user!r} is no name of a mailbox; use an address, a local part or *")
    name = _meant(user.strip(), table)
    if not name:
        raise BadMail("an empty name opens no mailbox; use an address, a local part or *")
    if name == EVERYTHING:
        return Selection()
    mailbox = mailbox_of(name, plus_addressing=plus_addressing)
    return Selection(mailbox=mailbox) if "@" in name else Selection(local=mailbox)


def _meant(name: str, table: Iterable[tuple[str, str]]) -> str:
    wanted = name.lower()
    return next((meant.strip() for user, meant in table if user.strip().lower() == wanted), name)


def login_of(sandbox: str, mailbox: str) -> str:
    """Return the user name that opens a mailbox, or `*`, in a sandbox; "" is the default one."""
    if not sandbox:
        return mailbox
    return sandbox if mailbox == EVERYTHING else f"{sandbox}+{mailbox}"


def local_part(mailbox: str) -> str:
    """Return what stands before the last @ of a mailbox name; the whole name without one."""
    local, at, domain = mailbox.rpartition("@")
    return local if at else domain
