"""Who may log in, and which mailbox: one place for SMTP recipients, POP3 users, the API and the tests."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailtrap_lite.errors import BadMail

EVERYTHING = "*"


def mailbox_of(address: str, *, plus_addressing: bool = True) -> str:
    """Return the name of the mailbox into which mail to this address is delivered.

    Addresses are compared without case (RFC 5321 section 2.4 lets a server do that), and "alice+tag@x" is "alice@x".
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        local, domain = domain, ""
    if plus_addressing and not local.startswith('"'):
        local = local.partition("+")[0] or local
    return f"{local}@{domain}".casefold() if at else local.casefold()


@dataclass(frozen=True, slots=True)
class Selection:
    """The mailboxes that a POP3 user opens: all of them, those with one local part, or the one of an address.

    Exactly one of the three: `everything`, `local` or `mailbox` ("" when it is not meant).
    """

    mailbox: str = ""
    local: str = ""

    @property
    def everything(self) -> bool:
        """Whether it is the whole sandbox."""
        return not self.mailbox and not self.local

    def overlaps(self, other: Selection) -> bool:
        """Return whether some mailbox could belong to both."""
        if self.everything or other.everything:
            return True
        if self.mailbox and other.mailbox:
            return self.mailbox == other.mailbox
        return local_part(self.mailbox or self.local) == local_part(other.mailbox or other.local)


def selection_of(user: str, *, plus_addressing: bool = True) -> Selection:
    """Return what a POP3 user name opens: `*` everything, `alice` each mailbox with that local part, `alice@x` one.

    Raises BadMail for an empty name.
    """
    name = user.strip()
    if not name:
        raise BadMail("an empty user name opens no mailbox; use an address, a local part or *")
    if name == EVERYTHING:
        return Selection()
    mailbox = mailbox_of(name, plus_addressing=plus_addressing)
    return Selection(mailbox=mailbox) if "@" in name else Selection(local=mailbox)


def local_part(mailbox: str) -> str:
    """Return what stands before the last @ of a mailbox name; the whole name without one."""
    local, at, domain = mailbox.rpartition("@")
    return local if at else domain


class AuthMode(StrEnum):
    """Which logins are right."""

    ANY = "any"  # all of them, and none is needed
    TABLE = "table"  # those of the users, and none is needed
    REQUIRED = "required"  # one is needed: one of the users, or any if there are none
    REJECT = "reject"  # none


@dataclass(frozen=True, slots=True)
class Accounts:
    """Users and their passwords, and what a login has to be. Names are compared as they stand, in constant time."""

    mode: AuthMode = AuthMode.ANY
    users: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def login_needed(self) -> bool:
        """Whether nothing is taken without a login."""
        return self.mode is AuthMode.REQUIRED

    @property
    def any_will_do(self) -> bool:
        """Whether credentials are taken as they come."""
        return self.mode is AuthMode.ANY or (self.mode is AuthMode.REQUIRED and not self.users)

    def check(self, user: str, password: str) -> bool:
        """Return whether this is the user's password; for XOAUTH2 the token is."""
        return self._verdict(user, password, self.users.get(user, ""))

    def check_cram_md5(self, user: str, challenge: bytes, digest: str) -> bool:
        """Return whether the digest is that of the challenge under the user's password (RFC 2195 section 2)."""
        right = hmac.new(self.users.get(user, "").encode(), challenge, hashlib.md5).hexdigest()
        return self._verdict(user, digest.lower(), right)

    def check_apop(self, user: str, timestamp: str, digest: str) -> bool:
        """Return whether the digest is that of the timestamp and the user's password (RFC 1939 section 7)."""
        text = timestamp + self.users.get(user, "")
        right = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return self._verdict(user, digest, right)

    def _verdict(self, user: str, given: str, right: str) -> bool:
        # Compared also for a user who is not there, so that the time tells nobody who is.
        same = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())
        if self.any_will_do:
            return True
        return same and user in self.users and self.mode is not AuthMode.REJECT
