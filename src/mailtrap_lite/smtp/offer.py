"""What the SMTP door can do: the capabilities that EHLO lists, without those that are hidden. Knows no session."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from mailtrap_lite.offer import Offer, capabilities_of, mechanisms_of
from mailtrap_lite.settings import EXTENSIONS

# RFC 3030 section 3: BINARYMIME cannot be sent without CHUNKING.
_NEEDS = {"BINARYMIME": "CHUNKING"}


@cache
def offer(hidden: frozenset[str], *, can_tls: bool, tls: bool, authenticated: bool, tls_first: bool) -> Offer:
    """Return what a session can use.

    hidden: names of capabilities and mechanisms that are not there. can_tls: there is a certificate. tls: it is in use.
    authenticated: somebody logged in. tls_first: nothing of value is taken before STARTTLS.
    """
    mechanisms = mechanisms_of(hidden)
    now = {
        "STARTTLS": can_tls and not tls,
        "AUTH": bool(mechanisms) and not authenticated and (tls or not tls_first),
        "REQUIRETLS": tls,  # RFC 8689 section 2: only offered over TLS
    }
    return Offer(capabilities_of(EXTENSIONS, hidden=hidden, now=now, needs=_NEEDS), mechanisms)


def lines(offered: Offer, *, size: int) -> list[str]:
    """Return the lines of the reply to EHLO behind the first; size: the most octets of a message, 0 for any."""
    values = {
        "SIZE": f"SIZE {size}",  # RFC 1870 section 3: 0 is no fixed limit
        "AUTH": f"AUTH {' '.join(offered.mechanisms)}",
    }
    return [values.get(extension, extension) for extension in offered.capabilities]


def multiline(code: int, lines: Iterable[str]) -> bytes:
    """Return a reply of one line or several (RFC 5321 section 4.2.1), with no enhanced code."""
    *first, last = lines
    return "".join([*(f"{code}-{line}\r\n" for line in first), f"{code} {last}\r\n"]).encode()
