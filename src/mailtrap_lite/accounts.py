"""Which mailbox: one place for SMTP recipients, POP3 users, the API and the tests."""

from __future__ import annotations

from dataclasses import dataclass

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
