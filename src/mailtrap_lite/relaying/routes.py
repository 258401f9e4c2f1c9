"""Where the mail of a domain goes: `example.test -> 127.0.0.1:2525 tls=off`, and the smarthost for all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.kinds import ENDPOINT, RELAY_TLS
from mailtrap_lite.match import fits

ALLOWED: Final = (
    f"DOMAIN -> HOST:PORT, with tls={RELAY_TLS.placeholder} and auth behind it if need be; "
    "a domain may have * in it, for example *.example.test -> 127.0.0.1:2525 tls=off"
)


@dataclass(frozen=True, slots=True)
class Route:
    """A way out. domains: a pattern, "*" for any. tls: as relay_tls. auth: whether relay_user logs in there.

    host: "" for the servers that the MX records of a domain name.
    """

    domains: str
    host: str
    port: int
    tls: str
    auth: bool

    def __str__(self) -> str:
        if self.by_mx:
            return "its MX"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def by_mx(self) -> bool:
        """Whether a name server knows where it leads."""
        return not self.host

    def takes(self, domain: str) -> bool:
        """Return whether mail for a domain goes there; without a domain there is no MX."""
        return bool(domain or self.host) and fits(self.domains, domain, fold=True)


def route_of(text: str, *, tls: str) -> Route:
    """Read one line of relay_routes; raises BadSetting. tls: what holds if it says nothing."""
    domains, arrow, way = (part.strip() for part in text.partition("->"))
    words = way.split()
    if not arrow or not domains or not words or " " in domains or "@" in domains:
        raise _bad(text)
    try:
        endpoint = ENDPOINT.read(words[0])
        for word in words[1:]:
            tls = RELAY_TLS.read(word.removeprefix("tls=")) if word.startswith("tls=") else tls
    except ValueError:
        raise _bad(text) from None
    if endpoint.port == 0 or any(word != "auth" and not word.startswith("tls=") for word in words[1:]):
        raise _bad(text)
    return Route(domains.lower(), endpoint.host.lower(), endpoint.port, tls, "auth" in words[1:])


def route_for(domain: str, routes: Iterable[Route]) -> Route | None:
    """Return the way for a domain: the first that takes it; None if there is none."""
    return next((route for route in routes if route.takes(domain)), None)


def _bad(text: str) -> BadSetting:
    return BadSetting(f"relay_routes: {text!r} is not {ALLOWED}")
