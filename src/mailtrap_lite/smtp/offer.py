"""What the SMTP door can do: the capabilities that EHLO lists, without those that are hidden. Knows no session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from mailtrap_lite.settings import EXTENSIONS, MECHANISMS

# RFC 3030 section 3: BINARYMIME cannot be sent without CHUNKING.
_NEEDS = {"BINARYMIME": "CHUNKING"}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a session can use now. extensions: EHLO keywords, in their order. mechanisms: of AUTH, in theirs."""

    extensions: tuple[str, ...]
    mechanisms: tuple[str, ...]

    def __contains__(self, extension: object) -> bool:
        return extension in self.extensions

    def lines(self, *, size: int) -> list[str]:
        """Return the lines of the reply to EHLO behind the first; size: the most octets of a message, 0 for any."""
        values = {
            "SIZE": f"SIZE {size}",  # RFC 1870 section 3: 0 is no fixed limit
            "AUTH": f"AUTH {' '.join(self.mechanisms)}",
        }
        return [values.get(extension, extension) for extension in self.extensions]


@cache
def offer(hidden: frozenset[str], *, can_tls: bool, tls: bool, authenticated: bool, tls_first: bool) -> Offer:
    """Return what a session can use.

    hidden: names of capabilities and mechanisms that are not there. can_tls: there is a certificate. tls: it is in use.
    authenticated: somebody logged in. tls_first: nothing of value is taken before STARTTLS.
    """
    mechanisms = tuple(name for name in MECHANISMS if name not in hidden)
    now = {
        "STARTTLS": can_tls and not tls,
        "AUTH": bool(mechanisms) and not authenticated and (tls or not tls_first),
        "REQUIRETLS": tls,  # RFC 8689 section 2: only offered over TLS
    }
    kept = [name for name in EXTENSIONS if name not in hidden and now.get(name, True)]
    return Offer(tuple(name for name in kept if _NEEDS.get(name, name) in kept), mechanisms)


def multiline(code: int, lines: Iterable[str]) -> bytes:
    """Return a reply of one line or several (RFC 5321 section 4.2.1), with no enhanced code."""
    *first, last = lines
    return "".join([*(f"{code}-{line}\r\n" for line in first), f"{code} {last}\r\n"]).encode()
