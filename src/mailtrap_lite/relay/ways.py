"""The ways out of a server, ready to be gone: whom to connect to, with which login and which authorities."""

from __future__ import annotations

import ssl

from mailtrap_lite.credentials import relay_login
from mailtrap_lite.errors import BadSetting
from mailtrap_lite.outbound import Outbound
from mailtrap_lite.relay.client import Server
from mailtrap_lite.relay.courier import Nowhere
from mailtrap_lite.relaying import Policy
from mailtrap_lite.settings import Settings


class Ways:
    """One for all sandboxes of a server. Any thread. outbound: what connects, to servers that relay_hosts names."""

    def __init__(self, policy: Policy, settings: Settings) -> None:
        """Raises BadSetting for a login or authorities that cannot be read."""
        self.outbound = Outbound(settings.relay_hosts)
        self._policy = policy
        self._settings = settings
        self._login = relay_login(settings)
        self._contexts = {mode: _context(mode, settings) for mode in {route.tls for route in policy.routes}}

    def to(self, domain: str) -> Server | Nowhere:
        """Return to whom the mail of a domain goes."""
        route = self._policy.route(domain)
        if route is None:
            return Nowhere("no route takes its domain")
        return Server(
            host=route.host,
            port=route.port,
            tls=route.tls,
            context=self._contexts[route.tls],
            login=self._login if route.auth else None,
            hostname=self._settings.hostname,
            timeout=self._settings.relay_timeout,
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
