"""Looking up which servers take the mail of a domain, with dnspython, which is there for those who ask for it only."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.outbound import Outbound
from mailtrap_lite.relay.client import Failed, Server
from mailtrap_lite.relaying.exchangers import Exchanger, in_order
from mailtrap_lite.relaying.policy import is_named
from mailtrap_lite.relaying.verdicts import Said, Stage, refused_here
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    import dns.resolver

PATIENCE = 10.0  # seconds for one question, with all its repetitions


class NameServer:
    """What answers questions about names: that of relay_dns, or those of the system. Any thread."""

    def __init__(self, settings: Settings) -> None:
        """Raises BadSetting without dnspython, and for a name server that cannot be asked."""
        self._resolver = _resolver(settings)

    def exchangers(self, domain: str) -> list[Exchanger]:
        """Return the MX records of a domain, in random order; none if it has none. Raises Failed."""
        answer = self._ask(domain, "MX")
        if answer is None:
            raise Failed(refused_here("5.1.2", f"the domain {domain} does not exist"))
        found = [Exchanger(record.preference, _text(record.exchange)) for record in answer]
        random.shuffle(found)  # RFC 5321 section 5.1: so that servers of equal preference share the load
        return found

    def addresses(self, host: str) -> list[str]:
        """Return the addresses of a host; none if it has none. Raises Failed."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(host, kind) or ()]

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | tuple[()] | None:
        """Return what records of a kind there are; None if the name does not exist. Raises Failed."""
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            # With its final dot, so that no domain of /etc/resolv.conf is put behind it.
            return self._resolver.resolve(dns.name.from_text(name), kind, lifetime=PATIENCE)
        except dns.resolver.NXDOMAIN:
            return None
        except dns.resolver.NoAnswer:
            return ()
        except (dns.exception.Timeout, dns.resolver.NoNameservers, OSError) as err:
            reason = "does not answer" if isinstance(err, dns.exception.Timeout) else "does not know"
            text = f"4.4.3 the name server {reason}: {kind} of {name}"
            raise Failed(Said(451, text, Stage.CONNECT, ours=True)) from err
        except (dns.exception.DNSException, UnicodeError) as err:  # no name at all, or aliases without end
            raise Failed(refused_here("5.1.2", f"{name} is no domain that can be looked up")) from err


class Exchanges:
    """Finds the servers of a domain, of those that may be connected to. Any thread."""

    def __init__(self, settings: Settings) -> None:
        """Raises BadSetting without dnspython, and for a name server that cannot be asked."""
        self._settings = settings
        self._names = NameServer(settings)

    def reach(self, domain: str, like: Server) -> Iterator[tuple[Server, Outbound] | Said]:
        """Yield the servers in the order in which they are tried, or why one is left out. like: all but their host."""
        try:
            found = [Exchanger(0, _literal(domain))] if domain.startswith("[") else self._names.exchangers(domain)
            hosts = in_order(found, domain, ours=self._is_ours)
        except Failed as failed:
            yield failed.said
            return
        if isinstance(hosts, Said):
            yield hosts
            return
        for each in hosts:
            yield self._reachable(each.host, like)

    def _reachable(self, host: str, like: Server) -> tuple[Server, Outbound] | Said:
        try:
            addresses = [host] if ":" in host or host.replace(".", "").isdigit() else self._names.addresses(host)
        except Failed as failed:
            return failed.said
        if not addresses:
            return refused_here("5.4.4", f"{host} has no address")
        named = self._settings.relay_hosts
        allowed = addresses if is_named(host, named) else [each for each in addresses if is_named(each, named)]
        if not allowed:
            text = f"mail would go to {host} ({', '.join(addresses[:4])}), which is not among relay_hosts"
            return Said(0, text, Stage.CONNECT, ours=True)
        return replace(like, host=host), Outbound(named, resolve=lambda _, __: allowed)

    def _is_ours(self, host: str) -> bool:
        return host == self._settings.hostname.lower().removesuffix(".")


def _resolver(settings: Settings) -> dns.resolver.Resolver:
    try:
        import dns.resolver
    except ImportError as err:
        raise BadSetting(
            "relay_mx: MX records are looked up with dnspython, which is not installed; "
            "pip install 'mailtrap-lite[mx]', or name servers in relay_routes"
        ) from err
    try:
        resolver = dns.resolver.Resolver(configure=settings.relay_dns is None)
        if settings.relay_dns is not None:
            resolver.nameservers = [settings.relay_dns.host]
            resolver.port = settings.relay_dns.port
    except dns.resolver.NoResolverConfiguration as err:
        raise BadSetting("relay_dns: the system names no name server; give one") from err
    except ValueError as err:
        raise BadSetting(f"relay_dns: {settings.relay_dns} has no address in place of the host") from err
    resolver.cache = dns.resolver.LRUCache()
    return resolver


def _text(name: object) -> str:
    return str(name).lower().removesuffix(".")


def _literal(domain: str) -> str:
    """Return the address in an address literal (RFC 5321 section 4.1.3)."""
    return domain.strip("[]").removeprefix("ipv6:")
