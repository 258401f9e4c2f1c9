"""The ways out of a server, ready to be gone: whom to connect to, with which login and which authorities."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from mailtrap_lite.credentials import relay_login
from mailtrap_lite.errors import BadSetting
from mailtrap_lite.outbound import Outbound
from mailtrap_lite.relay.client import Server
from mailtrap_lite.relay.places import Places
from mailtrap_lite.relaying import Policy, Route
from mailtrap_lite.relaying.verdicts import Said, Stage
from mailtrap_lite.settings import Settings


@dataclass(frozen=True, slots=True)
class Nowhere:
    """In place of a server: why mail for these domains cannot go anywhere now."""

    reason: str


@dataclass(frozen=True, slots=True)
class ByMx:
    """The servers that the MX records of a domain name. like: each of them, but for its host."""

    domain: str
    like: Server


Where = Server | ByMx | Nowhere


class Ways:
    """One for all sandboxes of a server. Any thread. places: how many connect at once."""

    def __init__(self, policy: Policy, settings: Settings) -> None:
        """Raises BadSetting for a login or authorities that cannot be read, and for MX records nobody can look up."""
        self._outbound = Outbound(settings.relay_hosts)
        self.places: Places[Where] = Places(settings.relay_connections)
        self._policy = policy
        self._settings = settings
        self._login = relay_login(settings)
        self._contexts = {mode: _context(mode, settings) for mode in {route.tls for route in policy.routes}}
        if settings.relay_mx:
            from mailtrap_lite.relay.mx import Exchanges  # few ask a name server

            self._exchanges = Exchanges(settings)

    def to(self, domain: str) -> Where:
        """Return to whom the mail of a domain goes. Asks nobody."""
        route = self._policy.route(domain)
        if route is None:
            return Nowhere("no route takes its domain")
        server = self._server(route)
        return ByMx(domain, server) if route.by_mx else server

    def reach(self, where: Where) -> Iterator[tuple[Server, Outbound] | Said]:
        """Yield the servers that are tried one after the other, each with what connects to it, or why there is none.

        Outbound connects to what relay_hosts names. May ask a name server, and wait for it.
        """
        match where:
            case Nowhere():
                yield Said(0, where.reason, Stage.CONNECT, ours=True)
            case ByMx():
                yield from self._exchanges.reach(where.domain, where.like)
            case _:
                yield where, self._outbound

    def _server(self, route: Route) -> Server:
        return Server(
            host=route.host,
            port=route.port,
            tls=route.tls,
            context=self._contexts[route.tls],
            login=self._login if route.auth else None,
            hostname=self._settings.hostname,
            timeout=self._settings.relay_timeout,
            by_mx=route.by_mx,
        )


def _context(mode: str, settings: Settings) -> ssl.SSLContext | None:
    """Return how TLS is spoken: with whom we meant, or with anybody if it is only spoken where it is offered."""
    if mode == "off":
        return None
    try:
        context = ssl.create_default_context(cafile=settings.relay_ca)
    except (OSError, ssl.SSLError) as err:
        raise BadSetting(f"relay_ca: {settings.relay_ca} cannot be read: {err.strerror or err}") from err
    if mode == "offered":  # RFC 7435: better than nothing, and no less than plain text
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
