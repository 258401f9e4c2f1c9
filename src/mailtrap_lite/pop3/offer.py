"""What a POP3 session can use, and what CAPA says of it in which state. Knows no session.

RFC 2449 section 5: what can be used in the AUTHORIZATION state is announced in both, so that a client may ask once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from mailtrap_lite.offer import Offer as Offered
from mailtrap_lite.offer import capabilities_of, mechanisms_of
from mailtrap_lite.pop3.states import State
from mailtrap_lite.settings import POP3_EXTENSIONS

# The names of capabilities and mechanisms that are not there now.
Hidden: TypeAlias = Callable[[], frozenset[str]]

NOWHERE: Final[frozenset[State]] = frozenset()
BOTH: Final = frozenset({State.AUTHORIZATION, State.TRANSACTION})

# The states in which CAPA has a line for it, as the document says that defines the capability.
ANNOUNCED: Final[Mapping[str, frozenset[State]]] = {
    "USER": BOTH,  # RFC 2449 section 6.2
    "SASL": BOTH,  # RFC 5034 section 3
    "APOP": NOWHERE,  # the greeting tells of it (RFC 1939 section 7)
    "STLS": frozenset({State.AUTHORIZATION}),  # RFC 2595 section 4: in the AUTHORIZATION state only
    "UTF8": BOTH,  # RFC 6856 section 2
    "LANG": BOTH,  # RFC 6856 section 3
    "TOP": BOTH,  # RFC 2449 section 6.1
    "UIDL": BOTH,  # section 6.8
    "RESP-CODES": BOTH,  # section 6.4
    "AUTH-RESP-CODE": BOTH,  # RFC 3206 section 6
    "PIPELINING": BOTH,  # RFC 2449 section 6.6
    "EXPIRE": BOTH,  # section 6.7
    "LOGIN-DELAY": BOTH,  # section 6.5
    "IMPLEMENTATION": BOTH,  # section 6.9
    "CAPA": NOWHERE,  # it speaks for itself
}

# RFC 2449 section 8: no response code is of use to a client that was not told of them.
_NEEDS: Final = {"AUTH-RESP-CODE": "RESP-CODES"}
# The ways to log in, which may have to wait for TLS; with APOP there is nothing to steal but the mail.
_LOGINS: Final = frozenset({"USER", "SASL", "APOP"})


@dataclass(frozen=True, slots=True)
class Offer(Offered):
    """What can be used now. after_tls: what can be used once TLS has begun, and not before. login_delay: in seconds."""

    after_tls: frozenset[str] = frozenset()
    login_delay: int = 0
    expire: str = "NEVER"

    def lines(self, state: State, *, implementation: str) -> list[str]:
        """Return the lines of CAPA in a state, with their parameters."""
        values = {
            "SASL": f"SASL {' '.join(self.mechanisms)}",  # RFC 5034 section 6
            "UTF8": "UTF8 USER" if "USER" in self else "UTF8",  # RFC 6856 section 2.2: UTF-8 in USER and PASS
            "EXPIRE": f"EXPIRE {self.expire}",
            "LOGIN-DELAY": f"LOGIN-DELAY {self.login_delay}",
            "IMPLEMENTATION": f"IMPLEMENTATION {implementation}",
        }
        return [values.get(name, name) for name in self.capabilities if state in ANNOUNCED[name]]

    def code(self, code: str) -> str:
        """Return a response code, or "" when clients are not told of it."""
        needed = "AUTH-RESP-CODE" if code == "AUTH" else "RESP-CODES"
        return code if needed in self else ""


@cache
def offer(
    hidden: frozenset[str],
    *,
    stls: bool = False,
    apop: bool = False,
    tls_first: bool = False,
    login_delay: int = 0,
    expire: str = "NEVER",
) -> Offer:
    """Return what can be used.

    hidden: names of capabilities and mechanisms that are not there. stls: TLS can begin, before login. apop: the
    greeting has a timestamp. tls_first: nobody logs in before TLS. login_delay: in seconds, 0 for none.
    expire: as CAPA says it (RFC 2449 section 6.7).
    """
    mechanisms = mechanisms_of(hidden)
    now = {"STLS": stls, "APOP": apop, "SASL": bool(mechanisms), "LOGIN-DELAY": login_delay > 0}
    known = capabilities_of(POP3_EXTENSIONS, hidden=hidden, now=now, needs=_NEEDS)
    # RFC 2595 section 4: that STLS may bring USER and PASS with it is what a client asks CAPA anew for.
    after_tls = _LOGINS - hidden if tls_first else frozenset()
    return Offer(tuple(name for name in known if name not in after_tls), mechanisms, after_tls, login_delay, expire)
