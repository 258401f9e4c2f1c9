"""Which addresses may be connected to: those of the public internet, and what somebody named. Pure; knows no socket.

The special-purpose registries of IANA, and every form that carries an IPv4 address inside an IPv6 one: a router could
unpack it, and the address inside would never have been looked at. `ipaddress.is_global` is not it: what it says has
changed between versions of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),  # RFC 1122 section 3.2.1.3; Linux connects it to itself
    ("10.0.0.0/8", "private"),  # RFC 1918
    ("100.64.0.0/10", "carrier-grade NAT"),  # RFC 6598
    ("127.0.0.0/8", "loopback"),  # RFC 1122
    ("169.254.0.0/16", "link-local"),  # RFC 3927; the metadata of clouds is there
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),  # RFC 6890
    ("192.0.2.0/24", "for documentation"),  # RFC 5737
    ("192.88.99.0/24", "6to4"),  # RFC 7526
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),  # RFC 2544
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),  # RFC 5771
    ("240.0.0.0/4", "reserved"),  # RFC 1112, broadcast included
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "IPv4-compatible"),  # RFC 4291 section 2.5.5.1
    ("::ffff:0:0/96", "IPv4-mapped"),  # RFC 4291 section 2.5.5.2
    ("::ffff:0:0:0/96", "IPv4-translated"),  # RFC 2765
    ("64:ff9b::/96", "NAT64"),  # RFC 6052
    ("64:ff9b:1::/48", "NAT64"),  # RFC 8215
    ("2001::/32", "Teredo"),  # RFC 4380
    ("2001::/23", "reserved"),  # RFC 2928
    ("2001:db8::/32", "for documentation"),  # RFC 3849
    ("2002::/16", "6to4"),  # RFC 3056
    ("3fff::/20", "for documentation"),  # RFC 9637
    ("fc00::/7", "private"),  # RFC 4193
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),  # RFC 3879
    ("ff00::/8", "multicast"),
)
_TABLE: tuple[tuple[Network, str], ...] = tuple((ip_network(network), what) for network, what in _FORBIDDEN)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# RFC 5214 section 6.1: the interface identifier, with and without the bit that says it is unique.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


class Forbidden(OSError):
    """An address or a URL that nobody may be sent to; the text says why."""


def objection(address: Address) -> str | None:
    """Return what speaks against connecting to an address, None if it is one of the public internet."""
    for network, what in _TABLE:
        if address.version == network.version and address in network:
            return what
    if isinstance(address, IPv6Address):
        if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
            return "ISATAP"
        if address not in _GLOBAL_UNICAST:
            return "reserved"
    return None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a person named: hosts, and networks, which may be connected to whatever they are."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return what hosts, addresses and networks stand for, as the setting outbound_allow has them."""
        hosts, networks = set(), []
        for name in names:
            try:
                networks.append(ip_network(name))
            except ValueError:
                hosts.add(name.lower().removesuffix("."))
        return cls(frozenset(hosts), tuple(networks))

    def check(self, host: str, address: str) -> None:
        """Raise Forbidden unless an address, which a host resolved to, may be connected to."""
        found = ip_address(address.partition("%")[0])  # without the zone of a link-local one
        if host.lower().removesuffix(".") in self.hosts:
            return
        if any(found.version == network.version and found in network for network in self.networks):
            return
        if what := objection(found):
            where = host if host == address else f"{host} is {address}, which"
            raise Forbidden(f"{where} is {what}; name it in outbound_allow to permit it")
