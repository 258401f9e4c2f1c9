"""What may leave and where it goes, out of the settings. Nothing may, unless a person named hosts and recipients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.match import fits
from mailtrap_lite.message import Envelope, Recipient
from mailtrap_lite.message.queued import Outgoing, Why, domain_of
from mailtrap_lite.relaying.conditions import Condition, Forward, condition_of, forward_of
from mailtrap_lite.relaying.routes import Route, route_for, route_of
from mailtrap_lite.settings import Settings

MOST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Policy:
    """routes: the smarthost is the last. recipients: patterns of whom mail may go to. rules: what goes by itself."""

    routes: tuple[Route, ...]
    recipients: tuple[str, ...]
    rules: tuple[Condition, ...]
    forwards: tuple[Forward, ...]

    @property
    def by_itself(self) -> bool:
        """Whether anything moves on before somebody releases it."""
        return bool(self.rules or self.forwards)

    def route(self, domain: str) -> Route | None:
        """Return the way for a domain; None if there is none."""
        return route_for(domain, self.routes)

    def refusal(self, address: str) -> str | None:
        """Return why nothing may go to an address; None if it may."""
        local = address.rpartition("@")[0]
        if "@" in local and not (local.startswith('"') and local.endswith('"')):
            # RFC 5321 appendix C: the next server could pass it on to another than its end names.
            return f"{address} names more than one domain"
        if not any(fits(pattern, address, fold=True) for pattern in self.recipients):
            return f"{address} is not among relay_to ({', '.join(self.recipients)})"
        if self.route(domain_of(address)) is None:
            return f"no route of relay_routes takes {domain_of(address) or address}, and there is no relay for the rest"
        return None

    def plan(self, envelope: Envelope, *, sandbox: str, at: float) -> tuple[Outgoing, ...]:
        """Return to whom a mail moves on by itself, each address once; those that are not allowed are left out."""
        planned: dict[str, Outgoing] = {}
        for recipient, why in self._wanted(envelope, sandbox):
            if recipient.address not in planned and self.refusal(recipient.address) is None:
                planned[recipient.address] = Outgoing(envelope.sender, recipient, why, at)
        return tuple(planned.values())

    def _wanted(self, envelope: Envelope, sandbox: str) -> Iterable[tuple[Recipient, Why]]:
        for recipient in envelope.recipients:
            if any(rule.holds(envelope, recipient, sandbox=sandbox) for rule in self.rules):
                yield recipient, Why.RULE
        for recipient in envelope.recipients:
            for forward in self.forwards:
                if forward.condition.holds(envelope, recipient, sandbox=sandbox):
                    # NOTIFY and ORCPT were said of another address. Nobody asked to hear of copies.
                    yield from ((Recipient(each, ("NOTIFY=NEVER",)), Why.FORWARD) for each in forward.addresses)


def policy_of(settings: Settings) -> Policy | None:
    """Return what the settings say; None if they let nothing leave. Raises BadSetting for what does not fit."""
    routes = _routes(settings)
    policy = Policy(
        routes=routes,
        recipients=settings.relay_to,
        rules=tuple(map(condition_of, settings.relay_rules)),
        forwards=tuple(map(forward_of, settings.relay_forward)),
    )
    if not routes:
        _refuse_without_route(settings)
        return None
    for route in routes:
        if not route.by_mx and not is_named(route.host, settings.relay_hosts):
            raise BadSetting(f"relay_hosts: mail would go to {route.host}, which is not among them; add it")
    if not settings.relay_hosts:
        raise BadSetting(
            "relay_hosts: it names no servers, so the MX of a domain could never be connected to; add them"
        )
    if not settings.relay_to:
        raise BadSetting("relay_to: it names no recipients, so nothing could be sent; for example *@example.test")
    for address in (each for forward in policy.forwards for each in forward.addresses):
        if reason := policy.refusal(address):
            raise BadSetting(f"relay_forward: {reason}")
    _refuse_open_passwords(settings, routes)
    return policy


def is_named(host: str, names: Iterable[str]) -> bool:
    """Return whether a host is among names and networks, as the setting relay_hosts has them."""
    listed = list(names)
    if host.lower().removesuffix(".") in {name.removesuffix(".") for name in listed}:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    networks = [ip_network(name) for name in listed if "/" in name]
    return any(address.version == network.version and address in network for network in networks)


def _routes(settings: Settings) -> tuple[Route, ...]:
    routes = [route_of(line, tls=settings.relay_tls) for line in settings.relay_routes]
    if (smarthost := settings.relay) is not None:
        if smarthost.port == 0:
            raise BadSetting("relay: a port of 0 is nowhere")
        auth = settings.relay_user is not None
        routes.append(Route("*", smarthost.host.lower(), smarthost.port, settings.relay_tls, auth))
    if settings.relay_mx:
        routes.append(_by_mx(settings))
    return tuple(routes)


def _by_mx(settings: Settings) -> Route:
    """Return the way by MX records. Nobody logs in there: who they are is not known before."""
    if settings.relay is not None:
        raise BadSetting("relay_mx: the mail that relay_routes does not name goes to relay already; give one of them")
    if settings.relay_mx_port > MOST_PORT:
        raise BadSetting(f"relay_mx_port: {settings.relay_mx_port} is no port")
    return Route("*", "", settings.relay_mx_port, settings.relay_tls, auth=False)


def _refuse_without_route(settings: Settings) -> None:
    for name in ("relay_rules", "relay_forward", "relay_hosts", "relay_to"):
        if getattr(settings, name):
            raise BadSetting(f"{name}: there is no server to send to; give relay, relay_routes or relay_mx")


def _refuse_open_passwords(settings: Settings, routes: Iterable[Route]) -> None:
    """Raise BadSetting for a login without a password, and for one that others could read on the way."""
    with_login = [route for route in routes if route.auth]
    if with_login and settings.relay_user is None:
        raise BadSetting("relay_user: a route of relay_routes says auth, and there is no user to log in")
    if settings.relay_user is not None and not (settings.relay_password or settings.relay_password_file):
        raise BadSetting("relay_password: relay_user has none; give it, or relay_password_file")
    for route in with_login:
        if route.tls not in ("required", "implicit") and not _is_near(route.host):
            raise BadSetting(
                f"relay_tls: the password of relay_user would go to {route} where others may read it; "
                "say required or implicit"
            )


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
