"""Which addresses may be connected to, as a table, and against what Python knows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrap_lite.outbound import Allowed, Forbidden, objection

TABLE = {
    "8.8.8.8": None,
    "1.1.1.1": None,
    "100.63.255.255": None,
    "100.128.0.0": None,
    "172.15.255.255": None,
    "172.32.0.1": None,
    "223.255.255.255": None,
    "2606:4700::1111": None,
    "2a00:1450:4001:800::200e": None,
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.127.255.255": "carrier-grade NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "for documentation",
    "192.88.99.1": "6to4",
    "192.168.1.1": "private",
    "198.18.0.1": "for benchmarks",
    "198.51.100.1": "for documentation",
    "203.0.113.1": "for documentation",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "64:ff9b::127.0.0.1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "2001:0:53aa:64c::1": "Teredo",
    "2001:20::1": "reserved",
    "2001:db8::1": "for documentation",
    "2002:7f00:1::": "6to4",
    "3fff::1": "for documentation",
    "2a00:1450::5efe:7f00:1": "ISATAP",
    "2a00:1450::200:5efe:a00:1": "ISATAP",
    "fe80::5efe:7f00:1": "link-local",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "100::1": "reserved",
    "4000::1": "reserved",
    "5f00::1": "reserved",
}


@pytest.mark.parametrize(("address", "what"), TABLE.items())
def test_only_the_public_internet_is_free(address: str, what: str | None) -> None:
    assert objection(ip_address(address)) == what


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
@example(IPv4Address("192.0.0.9"))
def test_what_is_free_is_global_for_python_too(address: IPv4Address | IPv6Address) -> None:
    assert objection(address) is not None or address.is_global


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_inside_an_ipv6_one(inner: IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        IPv6Address(number),
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x20010000 << 96) | number),
        IPv6Address((0x2A00 << 112) | (0x5EFE << 32) | number),
    ]

    assert [str(address) for address in wrapped if objection(address) is None] == []


@pytest.mark.parametrize(
    ("allow", "host", "address", "permitted"),
    [
        ((), "host.example", "8.8.8.8", True),
        ((), "host.example", "10.0.0.1", False),
        (("10.0.0.0/8",), "host.example", "10.0.0.1", True),
        (("10.0.0.0/8",), "host.example", "11.0.0.1", True),
        (("10.0.0.0/8",), "host.example", "192.168.0.1", False),
        (("10.0.0.0/8",), "host.example", "::ffff:10.0.0.1", False),
        (("192.168.0.7",), "host.example", "192.168.0.7", True),
        (("192.168.0.7",), "host.example", "192.168.0.8", False),
        (("ci.lan",), "CI.lan.", "10.0.0.1", True),
        (("ci.lan",), "x.ci.lan", "10.0.0.1", False),
        (("fd00::/8",), "host.example", "fd00::1", True),
        ((), "host.example", "fe80::1%eth0", False),
    ],
)
def test_what_a_person_named_is_permitted(allow: tuple[str, ...], host: str, address: str, permitted: bool) -> None:
    allowed = Allowed.of(allow)

    if permitted:
        allowed.check(host, address)
    else:
        with pytest.raises(Forbidden, match="outbound_allow"):
            allowed.check(host, address)
