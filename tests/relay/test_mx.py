"""Mail that goes by MX records: a real name server and real next servers, all on loopback."""

from __future__ import annotations

import smtplib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.relay.conftest import MAIL, StartServer, submit
from tests.relay.nameserver import Zone, name_server

from mailtrap_lite import BadSetting, QueueState, Server, Settings
from mailtrap_lite.sandbox.relaying import relay_policy

NEAR = ("A", "127.0.0.1")
ByMx = Callable[..., Server]


@pytest.fixture
def names() -> Iterator[Callable[[Zone], str]]:
    """Start name servers, each of which knows a zone."""
    with ExitStack() as servers:
        yield lambda zone: servers.enter_context(name_server(zone))[0]


@pytest.fixture
def by_mx(start: StartServer, following: Server, names: Callable[[Zone], str]) -> ByMx:
    """Start a server that sends everything on by MX, to the port of the next one."""

    def make(zone: Zone, **changes: Any) -> Server:
        settings: dict[str, Any] = {"hostname": "a.test", "relay_mx": True, "relay_mx_port": following.smtp.port}
        settings |= {"relay_dns": names(zone), "relay_hosts": "127.0.0.1", "relay_to": "*@*", "relay_rules": "all"}
        return start(**settings | changes)

    return make


@pytest.mark.parametrize(
    "zone",
    [
        {"b.test": [("MX", "10 mx.b.test.")], "mx.b.test": [NEAR]},
        {"b.test": [NEAR]},
        {"b.test": [("MX", "10 gone.b.test."), ("MX", "20 mx.b.test.")], "mx.b.test": [NEAR]},
        {
            "b.test": [("MX", "20 mx.b.test."), ("MX", "10 other.b.test.")],
            "mx.b.test": [NEAR],
            "other.b.test": [("A", "127.0.0.9")],
        },
        {
            "b.test": [("MX", "10 mx.b.test."), ("MX", "20 A.Test."), ("MX", "30 far.b.test.")],
            "mx.b.test": [NEAR],
            "a.test": [NEAR],
        },
    ],
    ids=["an MX", "the domain itself", "behind one that is gone", "behind one that is not allowed", "nearer than we"],
)
def test_mail_goes_to_the_first_mx_that_is_there(zone: Zone, by_mx: ByMx, following: Server) -> None:
    sending = by_mx(zone)

    submit(sending)
    sending.queue.wait_until_empty()

    assert [entry.state for entry in sending.queue] == [QueueState.SENT]
    assert following.messages[0].envelope.addresses == ("bob@b.test",)


def test_the_preferred_mx_is_tried_first_and_the_next_if_it_is_down(by_mx: ByMx, following: Server) -> None:
    zone = {
        "b.test": [("MX", "20 mx.b.test."), ("MX", "10 down.b.test.")],
        "mx.b.test": [NEAR],
        "down.b.test": [("A", "127.0.0.2")],
    }
    sending = by_mx(zone, relay_hosts="127.0.0.0/8")

    submit(sending)
    sending.queue.wait_until_empty()

    (entry,) = sending.queue
    (attempt,) = sending.queue.attempts(entry)
    tried = [line for line in attempt.transcript if line.startswith("* connecting")]
    port = following.smtp.port
    assert tried == [f"* connecting to down.b.test:{port}", f"* connecting to mx.b.test:{port}"]
    assert attempt.host == f"mx.b.test:{port}"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("NXDOMAIN", "550 5.1.2 the domain b.test does not exist"),
        ([("MX", "0 .")], "556 5.1.10 b.test takes no mail (it has a null MX)"),
        ([("MX", "10 gone.b.test.")], "550 5.4.4 gone.b.test has no address"),
        ([("TXT", "hello")], "550 5.4.4 b.test has no address"),
        ([("MX", "10 a.test.")], "550 5.4.6 the MX of b.test is this server, which has no other way for it"),
    ],
    ids=["no domain", "null MX", "an MX without address", "nothing", "ourselves"],
)
def test_a_domain_that_takes_no_mail_is_a_failure(
    known: list[tuple[str, str]] | str, said: str, by_mx: ByMx, following: Server
) -> None:
    sending = by_mx({"b.test": known})

    submit(sending)
    sending.queue.wait_until_empty()

    (entry,) = sending.queue
    assert (entry.state, entry.reason) == (QueueState.FAILED, said)
    report = sending.mailbox("ann@a.test").messages[0]
    assert f"Status: {said.split()[1]}\r\n".encode() in report.raw
    assert following.messages == []


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({"b.test": "SERVFAIL"}, "451 4.4.3 the name server does not know: MX of b.test"),
        (
            {"b.test": [("MX", "10 gone.b.test."), ("MX", "20 mx.b.test.")], "mx.b.test": "SERVFAIL"},
            "451 4.4.3 the name server does not know: A of mx.b.test",
        ),
        (
            {"b.test": [("MX", "10 mx.b.test.")], "mx.b.test": [("A", "192.0.2.1")]},
            "mail would go to mx.b.test (192.0.2.1), which is not among relay_hosts",
        ),
    ],
    ids=["the domain", "an MX", "not allowed"],
)
def test_what_may_come_right_is_tried_again(zone: Zone, said: str, by_mx: ByMx) -> None:
    sending = by_mx(zone)

    submit(sending)
    sending.queue.wait_until_settled()

    (entry,) = sending.queue
    assert (entry.state, entry.reason) == (QueueState.WAITING, said)


def test_an_address_literal_is_not_looked_up(by_mx: ByMx, following: Server) -> None:
    sending = by_mx({})

    submit(sending, "bob@[127.0.0.1]")
    sending.queue.wait_until_empty()

    assert [entry.state for entry in sending.queue] == [QueueState.SENT]


def test_a_name_in_relay_hosts_allows_what_it_resolves_to(by_mx: ByMx, following: Server) -> None:
    sending = by_mx({"b.test": [("MX", "1 MX.b.test.")], "mx.b.test": [NEAR]}, relay_hosts="mx.b.test")

    submit(sending)
    sending.queue.wait_until_empty()

    assert [entry.state for entry in sending.queue] == [QueueState.SENT]


@pytest.mark.parametrize(
    ("options", "state", "said"),
    [([], QueueState.SENT, "250 "), (["REQUIRETLS"], QueueState.FAILED, "550 5.7.30 REQUIRETLS was asked for")],
    ids=["verified", "what a name server said is not enough for REQUIRETLS"],
)
def test_the_certificate_has_to_name_the_mx(
    options: list[str], state: QueueState, said: str, by_mx: ByMx, start: StartServer
) -> None:
    secured = start(hostname="b.test", tls=True)
    strict = {"relay_tls": "required", "relay_ca": secured.tls.ca_file, "relay_hosts": "localhost"}
    zone = {"b.test": [("MX", "1 localhost.")], "localhost": [NEAR]}
    sending = by_mx(zone, **strict, relay_mx_port=secured.smtp.port, tls=True)

    with smtplib.SMTP("localhost", sending.smtp.port) as client:
        client.starttls(context=sending.tls.context)
        client.sendmail("ann@a.test", ["bob@b.test"], MAIL, mail_options=options)
    sending.queue.wait_until_empty()

    (entry,) = sending.queue
    assert (entry.state, entry.reason[: len(said)]) == (state, said)


def test_a_route_goes_before_mx_and_nobody_is_asked(start: StartServer, following: Server) -> None:
    with name_server({}) as (where, asked):
        settings = {"relay_routes": f"b.test -> 127.0.0.1:{following.smtp.port}", "relay_hosts": "127.0.0.1"}
        sending = start(**settings, relay_mx=True, relay_dns=where, relay_to="*@*", relay_rules="all")

        submit(sending)
        sending.queue.wait_until_empty()

    assert [entry.state for entry in sending.queue] == [QueueState.SENT]
    assert asked == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"relay": "127.0.0.1:25"}, "relay_mx: the mail that relay_routes does not name goes to relay already"),
        ({"relay_hosts": ""}, "relay_hosts: it names no servers"),
        ({"relay_to": ""}, "relay_to: it names no recipients"),
        ({"relay_mx_port": 65536}, "relay_mx_port: 65536 is no port"),
    ],
    ids=["a smarthost", "no hosts", "no recipients", "no port"],
)
def test_settings_that_do_not_fit_to_mx_are_named(changes: dict[str, Any], said: str) -> None:
    settings: dict[str, Any] = {"relay_mx": True, "relay_hosts": "127.0.0.1", "relay_to": "*@*"}

    with pytest.raises(BadSetting, match=said):
        relay_policy(Settings(**settings | changes))


def test_a_name_server_has_to_be_an_address(by_mx: ByMx) -> None:
    with pytest.raises(BadSetting, match=r"relay_dns: ns\.test:53 has no address"):
        by_mx({}, relay_dns="ns.test:53")


def test_without_dnspython_the_start_says_what_to_install(by_mx: ByMx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.resolver", None)

    with pytest.raises(BadSetting, match=r"pip install 'mailtrap-lite\[mx\]'"):
        by_mx({})
