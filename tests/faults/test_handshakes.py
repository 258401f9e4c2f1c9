"""Handshakes that go wrong on purpose, with real TLS: behind STARTTLS and STLS, and from the first octet."""

from __future__ import annotations

import contextlib
import poplib
import smtplib
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import Connect, Wire

from mailtrap_lite import BadFault, Endpoint, Server
from mailtrap_lite.faults import Delay, Drop, FailHandshake, Reset, Stall

WAYS = ["smtp", "smtps", "lmtp", "pop3", "pop3s"]


def secure(mail: Server, connect: Connect, way: str, *, hello: Callable[[Wire], None] | None = None) -> Wire:
    """Connect and shake hands, or say something else instead."""
    implicit = way.endswith("s")
    wire = connect(mail.endpoints[way], greeted=not implicit)
    if way in ("smtp", "lmtp"):
        assert wire.ask(b"LHLO c.test" if way == "lmtp" else b"EHLO c.test").startswith(b"250")
        assert wire.ask(b"STARTTLS").startswith(b"220")
    elif way == "pop3":
        assert wire.ask(b"STLS").startswith(b"+OK")
    if hello is None:
        wire.shake_hands(mail.tls.context)
    else:
        with contextlib.suppress(OSError):
            hello(wire)
    return wire


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ("expired", "certificate has expired"),
        ("wrong-name", "Hostname mismatch"),
        ("untrusted", "unable to get local issuer certificate"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_client_refuses_a_bad_certificate_for_the_right_reason(
    way: str, flaw: str, reason: str, mail: Server, connect: Connect
) -> None:
    with mail.faults.add("handshake", f"certificate {flaw}") as fault, pytest.raises(ssl.SSLCertVerificationError) as e:
        secure(mail, connect, way)

    assert reason in e.value.verify_message
    assert len(fault.hits) == 1
    secure(mail, connect, way)  # and it is good again


@pytest.mark.parametrize("way", WAYS)
def test_a_handshake_fails_with_an_alert(way: str, mail: Server, connect: Connect) -> None:
    mail.faults.add("handshake", FailHandshake(), times=1)

    with pytest.raises(ssl.SSLError, match=r"(?i)handshake[ _]failure"):
        secure(mail, connect, way)
    secure(mail, connect, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("action", [Drop(), Reset()], ids=str)
def test_a_handshake_is_broken_off(way: str, action: Drop | Reset, mail: Server, connect: Connect) -> None:
    mail.faults.add("handshake", action, times=1)

    try:
        ended = secure(mail, connect, way, hello=lambda wire: None).end()
    except ConnectionResetError:  # so soon that connecting failed
        ended = b"", "RST"

    assert ended == (b"", "FIN" if action == Drop() else "RST")
    secure(mail, connect, way)


@pytest.mark.parametrize("way", WAYS)
def test_a_handshake_comes_late(way: str, mail: Server, connect: Connect) -> None:
    mail.faults.add("handshake", Delay(0.25))

    began = time.monotonic()
    secure(mail, connect, way)

    assert time.monotonic() - began >= 0.25 * 0.95


@pytest.mark.parametrize("way", ["smtps", "pop3s"])
def test_a_connection_that_is_answered_late_still_gets_its_handshake(way: str, mail: Server, connect: Connect) -> None:
    mail.faults.add("connect", Delay(0.25))

    assert secure(mail, connect, way).line()[:3] in (b"220", b"+OK")


@pytest.mark.parametrize("way", WAYS)
def test_a_handshake_stalls_until_the_client_gives_up(way: str, mail: Server, connect: Connect) -> None:
    mail.faults.add("handshake", Stall(), times=1)

    def quick(where: Endpoint, *, greeted: bool) -> Wire:
        wire = connect(where, greeted=greeted)
        wire.socket.settimeout(0.3)
        return wire

    with pytest.raises(TimeoutError):
        secure(mail, quick, way)
    assert mail.faults.report().endswith(f"happened in 1 of 1 attempt, session {mail.sessions[-1].id}")


def test_real_clients_see_what_is_wrong(mail: Server) -> None:
    mail.faults.add("handshake", "certificate expired")

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp, pytest.raises(ssl.SSLCertVerificationError) as first:
        smtp.starttls(context=mail.tls.context)
    with pytest.raises(ssl.SSLCertVerificationError) as second:
        poplib.POP3_SSL(mail.pop3s.host, mail.pop3s.port, context=mail.tls.context)
    assert first.value.verify_code == second.value.verify_code == 10  # X509_V_ERR_CERT_HAS_EXPIRED


def test_a_client_that_checks_nothing_takes_any_certificate(mail: Server) -> None:
    mail.faults.add("handshake", "certificate untrusted")
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp:
        smtp.starttls(context=careless)
        assert smtp.noop()[0] == 250


@pytest.mark.parametrize("stage", ["handshake", "STARTTLS", "STLS"])
def test_without_tls_no_handshake_can_go_wrong(stage: str) -> None:
    with Server() as mail, pytest.raises(BadFault, match=r"this server has no TLS; Server\(tls=True\)"):
        mail.faults.add(stage, "drop")


def test_a_flaw_needs_a_certificate_of_our_own(mail: Server, tmp_path: Path) -> None:
    import trustme

    made = trustme.CA().issue_cert("localhost")
    file = tmp_path / "cert.pem"
    made.private_key_and_cert_chain_pem.write_to_path(file)

    with Server(tls_cert=file) as other, pytest.raises(BadFault, match="not with a tls_cert"):
        other.faults.add("handshake", "certificate expired")
