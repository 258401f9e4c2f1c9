"""Addresses: RFC 5322's examples first, then what mailers really send."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Address
from mailtrap_lite.message.addresses import addresses_in

RFC_5322 = [  # appendix A
    ("John Doe <jdoe@machine.example>", [("John Doe", "jdoe@machine.example")]),
    (
        "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>, "
        '"Giant; \\"Big\\" Box" <sysservices@example.net>',
        [
            ("Mary Smith", "mary@x.test"),
            ("", "jdoe@example.org"),
            ("Who?", "one@y.test"),
            ('Giant; "Big" Box', "sysservices@example.net"),
        ],
    ),
    (
        "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
        [("Ed Jones", "c@a.test"), ("", "joe@where.test"), ("John", "jdoe@one.test")],
    ),
    ("Undisclosed recipients:;", []),
    (
        "A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org",
        [("Chris Jones", "c@public.example"), ("", "joe@example.org")],
    ),
    (
        "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
        [("Pete", "pete@silly.test")],
    ),
    ("Joe Q. Public <john.q.public@example.com>", [("Joe Q. Public", "john.q.public@example.com")]),
]
SEEN = [
    ('"john doe"@x.test', [("", '"john doe"@x.test')]),
    ('J <"a>b, c"@x.test>', [("J", '"a>b, c"@x.test')]),
    ("jdoe@x.test (John Doe)", [("John Doe", "jdoe@x.test")]),
    ("=?utf-8?q?Doe=2C_J=C3=B6rg?= <j@x.test>", [("Doe, Jörg", "j@x.test")]),
    ('"=?utf-8?q?J=C3=B6rg?=" <j@x.test>', [("Jörg", "j@x.test")]),
    ("user@[IPv6:2001:db8::1], u@[10.0.0.1]", [("", "user@[IPv6:2001:db8::1]"), ("", "u@[10.0.0.1]")]),
    ("john @ x.test", [("", "john@x.test")]),
    ("John Doe john@x.test", [("John Doe", "john@x.test")]),
    ("root", [("", "root")]),
    ("John Doe", [("John Doe", "")]),
    ("John Doe <>", [("John Doe", "")]),
    ("Odd <a:b@x.test>", [("Odd", "a:b@x.test")]),
    ("<>", []),
    ("<a@x.test> <b@x.test>", [("", "a@x.test"), ("", "b@x.test")]),
    ("a@x.test; b@x.test", [("", "a@x.test"), ("", "b@x.test")]),
    ("mailto:a@x.test", [("", "a@x.test")]),
    ('"unended <a@x.test>', [("unended <a@x.test>", "")]),
    ("Eve <e@x.test", [("Eve", "e@x.test")]),
    ("((((", []),
    (")))) a@x.test", [("", "a@x.test")]),
    ("<<<<", []),
    (",,,;;:::", []),
    ("", []),
    ("a\0b <c\0d@x.test>", [("a\ufffdb", "c\ufffdd@x.test")]),
]


@pytest.mark.parametrize(("field", "read"), RFC_5322 + SEEN, ids=repr)
def test_addresses_are_read(field: str, read: list[tuple[str, str]]) -> None:
    assert list(addresses_in(field)) == [Address(*each) for each in read]


def test_a_source_route_is_left_out() -> None:
    assert list(addresses_in("Mary Smith <@node.test,@b.test:mary@x.test>")) == [Address("Mary Smith", "mary@x.test")]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (Address("Ann", "a@x.test"), "Ann <a@x.test>"),
        (Address("", "a@x.test"), "a@x.test"),
        (Address("Ann", ""), "Ann"),
        (Address(), ""),
    ],
)
def test_an_address_is_shown_as_people_write_it_and_an_empty_one_is_false(address: Address, shown: str) -> None:
    assert str(address) == shown
    assert bool(address) == bool(shown)
