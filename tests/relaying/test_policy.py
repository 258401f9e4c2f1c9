"""What may leave and where it goes: tables of settings and mails."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrap_lite import BadSetting, Settings
from mailtrap_lite.message import Envelope, Recipient
from mailtrap_lite.message.queued import Why
from mailtrap_lite.relaying import Policy, policy_of
from mailtrap_lite.sandbox.relaying import relay_policy

OPEN: dict[str, Any] = {"relay": "127.0.0.1:2525", "relay_hosts": "127.0.0.1,mx.b.test", "relay_to": "*@b.test,eve@*"}


def policy(**changes: Any) -> Policy:
    found = policy_of(Settings(**{**OPEN, **changes}))
    assert found is not None
    return found


def test_by_default_nothing_leaves() -> None:
    assert relay_policy(Settings()) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"relay_hosts": ""}, r"relay_hosts: mail would go to 127.0.0.1, which is not among them"),
        ({"relay_hosts": "10.0.0.0/8"}, r"relay_hosts: mail would go to 127.0.0.1"),
        ({"relay_to": ""}, r"relay_to: it names no recipients"),
        ({"relay": None}, r"relay_hosts: there is no server to send to"),
        ({"relay": None, "relay_hosts": "", "relay_to": "", "relay_rules": "all"}, r"relay_rules: there is no server"),
        ({"relay": "127.0.0.1:0"}, r"relay: a port of 0"),
        ({"relay_rules": "from=x"}, r"relay_rules: 'from=x' is not all, or to=ADDRESS"),
        ({"relay_rules": "to=a to=b"}, r"relay_rules: 'to=a to=b' is not"),
        ({"relay_routes": "b.test 127.0.0.1:25"}, r"relay_routes: 'b.test 127.0.0.1:25' is not DOMAIN -> HOST:PORT"),
        ({"relay_routes": "b.test -> 127.0.0.1:0"}, r"relay_routes: .* is not DOMAIN"),
        ({"relay_routes": "b.test -> 127.0.0.1:25 tls=maybe"}, r"relay_routes: .* is not DOMAIN"),
        ({"relay_routes": "b.test -> 127.0.0.1:25 fast"}, r"relay_routes: .* is not DOMAIN"),
        ({"relay_routes": "a@b.test -> 127.0.0.1:25"}, r"relay_routes: .* is not DOMAIN"),
        ({"relay_routes": "b.test -> other.test:25"}, r"relay_hosts: mail would go to other.test"),
        ({"relay_forward": "all -> nobody"}, r"relay_forward: 'all -> nobody' is not CONDITIONS -> ADDRESS"),
        ({"relay_forward": "all"}, r"relay_forward: 'all' is not"),
        ({"relay_forward": "all -> a@c.test"}, r"relay_forward: a@c.test is not among relay_to"),
        ({"relay_user": "me"}, r"relay_password: relay_user has none"),
        ({"relay_routes": "b.test -> mx.b.test:25 auth"}, r"relay_user: a route of relay_routes says auth"),
        (
            {"relay": "mx.b.test:25", "relay_user": "me", "relay_password": "secret"},
            r"relay_tls: the password of relay_user would go to mx.b.test:25 where others may read it",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_do_not_fit_together_are_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        relay_policy(Settings(**{**OPEN, **changes}))


@pytest.mark.parametrize(
    ("domain", "way"),
    [
        ("b.test", "mx.b.test:2525"),
        ("B.Test", "mx.b.test:2525"),
        ("deep.b.test", "127.0.0.1:26"),
        ("c.test", "127.0.0.1:2525"),
        ("", "127.0.0.1:2525"),
    ],
)
def test_a_domain_goes_the_first_way_that_takes_it(domain: str, way: str) -> None:
    ways = policy(relay_routes="b.test -> MX.b.test:2525; *.b.test -> 127.0.0.1:26 tls=off")

    assert str(ways.route(domain)) == way


def test_without_a_smarthost_other_domains_have_no_way() -> None:
    ways = policy(relay=None, relay_routes="b.test -> 127.0.0.1:2525", relay_to="*@*")

    assert ways.refusal("bob@b.test") is None
    assert ways.refusal("bob@c.test") == ("no route of relay_routes takes c.test, and there is no relay for the rest")


def test_a_way_says_what_it_differs_in() -> None:
    ways = policy(relay_routes="b.test -> 127.0.0.1:1 tls=implicit auth", relay_user="me", relay_password="secret")

    assert [(way.tls, way.auth) for way in ways.routes] == [("implicit", True), ("offered", True)]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("bob@b.test", True),
        ("BOB@B.TEST", True),
        ("eve@anywhere.test", True),
        ("bob@c.test", False),
        ("bob", False),
        ("@c.test:bob@b.test", False),
        ("eve@c.test@b.test", False),
        ('"eve"@c.test@b.test', False),
        ('"eve@c.test"@b.test', True),
    ],
)
def test_mail_may_go_to_recipients_that_are_named(address: str, allowed: bool) -> None:
    assert (policy().refusal(address) is None) is allowed


def envelope(*addresses: str, user: str | None = None) -> Envelope:
    return Envelope("a@a.test", tuple(Recipient(each, ("NOTIFY=FAILURE",)) for each in addresses), user=user)


@pytest.mark.parametrize(
    ("rules", "user", "sandbox", "planned"),
    [
        ("", None, "", []),
        ("all", None, "", ["bob@b.test", "eve@c.test"]),
        ("to=bob@*", None, "", ["bob@b.test"]),
        ("to=dan@*; to=eve@*", None, "", ["eve@c.test"]),
        ("user=ann", None, "", []),
        ("user=*", None, "", []),
        ("user=ann", "ann", "", ["bob@b.test", "eve@c.test"]),
        ("user=ann to=eve@*", "ann", "", ["eve@c.test"]),
        ("sandbox=one", None, "one", ["bob@b.test", "eve@c.test"]),
        ("sandbox=one", None, "two", []),
    ],
)
def test_a_rule_says_what_moves_on_by_itself(rules: str, user: str | None, sandbox: str, planned: list[str]) -> None:
    mail = envelope("bob@b.test", "bob@c.test", "eve@c.test", "bob@b.test", user=user)

    found = policy(relay_rules=rules).plan(mail, sandbox=sandbox, at=7.0)

    assert [each.recipient.address for each in found] == planned
    assert all((each.sender, each.why, each.at) == ("a@a.test", Why.RULE, 7.0) for each in found)
    assert all(each.recipient.notify == ("FAILURE",) for each in found)


def test_a_copy_goes_to_fixed_addresses_once_and_changes_the_envelope_only() -> None:
    copies = policy(relay_rules="to=bob@*", relay_forward="all -> qa@b.test, bob@b.test; to=x -> eve@c.test")

    found = copies.plan(envelope("bob@b.test", "dan@c.test"), sandbox="", at=0.0)

    assert [(each.recipient.address, each.why) for each in found] == [
        ("bob@b.test", Why.RULE),
        ("qa@b.test", Why.FORWARD),
    ]
    assert (found[1].sender, found[1].recipient.notify) == ("a@a.test", ("NEVER",))
