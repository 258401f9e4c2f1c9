"""What a POP3 session can use: the capabilities that CAPA lists, without those that are hidden. Knows no session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from mailtrap_lite.settings import MECHANISMS, POP3_EXTENSIONS

# The names of capabilities and mechanisms that are not there now.
Hidden: TypeAlias = Callable[[], frozenset[str]]

# RFC 2449 section 8: no response code is of use to a client that was not told of them.
_NEEDS: Final = {"AUTH-RESP-CODE": "RESP-CODES"}
# What works, but is no line of CAPA: the greeting tells of APOP (RFC 1939 section 7), and CAPA speaks for itself.
_UNLISTED: Final = frozenset({"APOP", "CAPA"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be used now. capabilities: in the order of CAPA. mechanisms: of AUTH, in theirs."""

    capabilities: tuple[str, ...]
    mechanisms: tuple[str, ...]
    login_delay: int = 0
    expire: str = "NEVER"

    def __contains__(self, capability: object) -> bool:
        return capability in self.capabilities

    def lines(self, *, implementation: str) -> list[str]:
        """Return the lines of CAPA, with their parameters."""
        values = {
            "SASL": f"SASL {' '.join(self.mechanisms)}",  # RFC 5034 section 6
            "UTF8": "UTF8 USER" if "USER" in self else "UTF8",  # RFC 6856 section 2.2: UTF-8 in USER and PASS
            "EXPIRE": f"EXPIRE {self.expire}",
            "LOGIN-DELAY": f"LOGIN-DELAY {self.login_delay}",
            "IMPLEMENTATION": f"IMPLEMENTATION {implementation}",
        }
        return [values.get(name, name) for name in self.capabilities if name not in _UNLISTED]

    def code(self, code: str) -> str:
        """Return a response code, or "" when clients are not told of it."""
        needed = "AUTH-RESP-CODE" if code == "AUTH" else "RESP-CODES"
        return code if needed in self else ""


@cache
def offer(
    hidden: frozenset[str], *, stls: bool = False, apop: bool = False, login_delay: int = 0, expire: str = "NEVER"
) -> Offer:
    """Return what can be used.

    hidden: names of capabilities and mechanisms that are not there. stls: TLS can begin now (RFC 2595 section 4).
    apop: the greeting has a timestamp. login_delay: in seconds, 0 for none.
    expire: as CAPA says it (RFC 2449 section 6.7).
    """
    mechanisms = tuple(name for name in MECHANISMS if name not in hidden)
    now = {"STLS": stls, "APOP": apop, "SASL": bool(mechanisms), "LOGIN-DELAY": login_delay > 0}
    kept = [name for name in POP3_EXTENSIONS if name not in hidden and now.get(name, True)]
    return Offer(tuple(name for name in kept if _NEEDS.get(name, name) in kept), mechanisms, login_delay, expire)
