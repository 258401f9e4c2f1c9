"""Real clients log in with each mechanism, verify the certificate for real, and speak LMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from tests.clients.conftest import SENDER
from tests.clients.fetchers import RECIPIENT
from tests.clients.programs import call, program

from mailtrap_lite import Server

MAIL = b"From: alice@x.test\r\nTo: bob@x.test\r\nSubject: hello\r\n\r\nhi\r\n"
USERS = {"alice": "sesame"}

# Sends MAIL: (server, how TLS begins, the mechanism, the file with the CA) -> nothing, or raises.
SecureSender = Callable[[Server, str, str, Path], None]


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server(tls=True, require_tls=True, smtp_auth="required", users=USERS) as server:
        yield server


def with_smtplib(server: Server, tls: str, mechanism: str, ca: Path) -> None:
    context = ssl.create_default_context(cafile=ca)
    if tls == "starttls":
        client = smtplib.SMTP("localhost", server.smtp.port)
        client.starttls(context=context)
    else:
        client = smtplib.SMTP_SSL("localhost", server.smtps.port, context=context)
    with client:
        client.ehlo()
        client.user, client.password = "alice", "sesame"
        client.auth(mechanism, getattr(client, f"auth_{mechanism.lower().replace('-', '_')}"))
        client.sendmail(SENDER, [RECIPIENT], MAIL)


def with_curl(server: Server, tls: str, mechanism: str, ca: Path) -> None:
    url = f"smtp://localhost:{server.smtp.port}" if tls == "starttls" else f"smtps://localhost:{server.smtps.port}"
    secret = ("--user", "alice", "--oauth2-bearer", "sesame") if mechanism == "XOAUTH2" else ("--user", "alice:sesame")
    options = ("--login-options", f"AUTH={mechanism}", "--ssl-reqd", "--cacert", ca)
    call("curl", "-sS", "-q", *options, *secret, "--url", url, "--mail-from", SENDER, "--mail-rcpt", RECIPIENT,
         "--upload-file", "-", stdin=MAIL)  # fmt: skip


def with_swaks(server: Server, tls: str, mechanism: str, ca: Path) -> None:
    port, begin = (server.smtp.port, "--tls") if tls == "starttls" else (server.smtps.port, "--tls-on-connect")
    login = ("--auth", mechanism, "--auth-user", "alice", "--auth-password", "sesame")
    verify = ("--tls-verify", "--tls-ca-path", ca)
    call("swaks", "--server", "localhost", "--port", str(port), begin, *verify, *login, "--from", SENDER,
         "--to", RECIPIENT, "--helo", "client.test", "--data", "-", stdin=MAIL)  # fmt: skip


def with_msmtp(server: Server, tls: str, mechanism: str, ca: Path) -> None:
    port = server.smtp.port if tls == "starttls" else server.smtps.port
    login = (f"--auth={mechanism.lower()}", "--user=alice", "--passwordeval=echo sesame")
    secure = ("--tls=on", f"--tls-starttls={'on' if tls == 'starttls' else 'off'}", f"--tls-trust-file={ca}")
    call("msmtp", "--file=", "--host=localhost", f"--port={port}", f"--from={SENDER}", *secure, *login,
         "--domain=client.test", RECIPIENT, stdin=MAIL.replace(b"\r\n", b"\n"))  # fmt: skip


SENDERS: dict[str, tuple[SecureSender, tuple[str, ...]]] = {
    "smtplib": (with_smtplib, ("PLAIN", "LOGIN", "CRAM-MD5")),
    "curl": (with_curl, ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")),
    "swaks": (with_swaks, ("PLAIN", "LOGIN", "CRAM-MD5")),
    "msmtp": (with_msmtp, ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")),
}


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
@pytest.mark.parametrize(
    ("name", "mechanism"), [(name, mechanism) for name, (_, known) in SENDERS.items() for mechanism in known]
)
def test_a_client_logs_in_over_verified_tls(name: str, mechanism: str, tls: str, mail: Server) -> None:
    send, _ = SENDERS[name]
    if name != "smtplib":
        program(name)

    send(mail, tls, mechanism, mail.tls.ca_file)

    (message,) = mail.messages
    assert (message.subject, message.envelope.user) == ("hello", "alice")
    session = message.session
    assert session is not None
    assert session.tls == message.envelope.tls == "TLSv1.3"
    assert "sesame" not in session.transcript


@pytest.mark.parametrize("name", SENDERS)
def test_a_client_that_does_not_trust_the_ca_sends_nothing(name: str, mail: Server, tmp_path: Path) -> None:
    send, _ = SENDERS[name]
    if name != "smtplib":
        program(name)
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)

    with pytest.raises((AssertionError, OSError)):
        send(mail, "starttls", "PLAIN", stranger)

    assert mail.messages == []


def test_swaks_speaks_lmtp() -> None:
    program("swaks")
    with Server(lmtp="127.0.0.1:0") as mail:
        said = call("swaks", "--protocol", "LMTP", "--server", str(mail.lmtp.host), "--port", str(mail.lmtp.port),
                    "--from", SENDER, "--to", f"{RECIPIENT},carol@x.test", "--helo", "client.test", "--data", "-",
                    stdin=MAIL)  # fmt: skip

        assert said.count(b"250 2.0.0 Ok: stored as 1") == 2
        assert mail.messages[0].envelope.addresses == (RECIPIENT, "carol@x.test")
        assert mail.sessions[-1].protocol == "lmtp"
