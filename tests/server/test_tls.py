"""Certificates: made for the run or given, and verified for real by a client."""

from __future__ import annotations

import os
import poplib
import smtplib
import socket
import ssl
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import trustme

from mailtrap_lite import BadSetting, Server

MAIL = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: hello\r\n\r\nhi\r\n"


def send_with_starttls(server: Server, context: ssl.SSLContext, *, host: str = "localhost") -> None:
    with smtplib.SMTP(host, server.smtp.port) as client:
        client.starttls(context=context)
        client.sendmail("a@x.test", ["b@x.test"], MAIL)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_client_verifies_the_certificate_that_was_made(host: str) -> None:
    with Server(tls=True) as mail:
        send_with_starttls(mail, mail.tls.context, host=host)
        with smtplib.SMTP_SSL(host, mail.smtps.port, context=mail.tls.context) as client:
            client.sendmail("a@x.test", ["b@x.test"], MAIL)

        assert [message.raw for message in mail.messages] == [MAIL, MAIL]
        assert {message.envelope.tls for message in mail.messages} == {"TLSv1.3"}
        session = mail.messages[0].session
        assert session is not None
        assert session.tls == "TLSv1.3"
        assert session.cipher is not None
        assert session.cipher.startswith("TLS_")


def test_the_ca_file_is_all_that_another_program_needs() -> None:
    with Server(tls=True) as mail:
        context = ssl.create_default_context(cafile=mail.tls.ca_file)

        send_with_starttls(mail, context)

        assert len(mail.messages) == 1


def test_who_does_not_trust_the_ca_does_not_send() -> None:
    with Server(tls=True) as mail:
        with pytest.raises(ssl.SSLCertVerificationError):
            send_with_starttls(mail, ssl.create_default_context())

        assert mail.messages == []
        session = mail.sessions[-1]
        assert not session.delivered


def shake_hands(server: Server, name: str) -> str | None:
    """Return the TLS version that a client agrees on which expects this name."""
    plain = socket.create_connection(("127.0.0.1", server.smtps.port))
    with plain, server.tls.context.wrap_socket(plain, server_hostname=name) as client:
        return client.version()


def test_the_name_is_checked() -> None:
    with Server(tls=True) as mail, pytest.raises(ssl.SSLCertVerificationError, match=r"localhost\.evil\.test"):
        shake_hands(mail, "localhost.evil.test")


def test_the_name_that_the_doors_greet_with_is_in_the_certificate() -> None:
    with Server(tls=True, hostname="mx.x.test") as mail:
        assert shake_hands(mail, "mx.x.test") == "TLSv1.3"


def test_tls_1_2_is_taken() -> None:
    with Server(tls=True) as mail, socket.create_connection(("127.0.0.1", mail.smtps.port)) as plain:
        context = ssl.create_default_context(cafile=mail.tls.ca_file)
        context.maximum_version = ssl.TLSVersion.TLSv1_2

        with context.wrap_socket(plain, server_hostname="localhost") as client:
            assert client.version() == "TLSv1.2"


def test_tls_1_1_is_not() -> None:
    with Server(tls=True) as mail, socket.create_connection(("127.0.0.1", mail.smtps.port)) as plain:
        context = ssl.create_default_context(cafile=mail.tls.ca_file)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

        with pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="localhost")


def test_given_files_are_used(tmp_path: Path) -> None:
    authority = trustme.CA()
    made = authority.issue_cert("localhost")
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in made.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    with Server(tls_cert=tmp_path / "cert.pem", tls_key=str(tmp_path / "key.pem")) as mail:
        send_with_starttls(mail, ssl.create_default_context(cafile=tmp_path / "ca.pem"))
        send_with_starttls(mail, mail.tls.context)

        assert mail.tls.ca_file == tmp_path / "cert.pem"
        assert len(mail.messages) == 2


def test_a_key_in_the_file_of_the_certificate_is_found(tmp_path: Path) -> None:
    made = trustme.CA().issue_cert("localhost")
    made.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")

    with Server(tls_cert=tmp_path / "both.pem") as mail:
        send_with_starttls(mail, mail.tls.context)

        assert len(mail.messages) == 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"tls_cert": "missing.pem"}, r"tls_cert: missing\.pem cannot be used: No such file or directory; give a"),
        ({"tls_cert": __file__}, r"tls_cert: .*test_tls\.py cannot be used: not a certificate and its key; give a"),
        ({"tls_key": "key.pem"}, r"tls_key: a key is no use without its certificate; give it with --tls-cert"),
    ],
    ids=["no file", "no certificate", "only a key"],
)
def test_files_that_cannot_be_used_are_named(settings: dict[str, str], text: str) -> None:
    with pytest.raises(BadSetting, match=text):
        Server(**settings).start()


def test_an_encrypted_key_is_refused_and_asks_nobody(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = trustme.CA().issue_cert("localhost")
    made.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "key.pem").write_bytes(key)

    with pytest.raises(BadSetting, match="unencrypted key"):
        Server(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem").start()


def test_without_trustme_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    monkeypatch.setattr("mailtrap_lite.server.tls._authority", None)

    with pytest.raises(BadSetting, match=r"pip install 'mailtrap-lite\[tls\]', or give a certificate with --tls-cert"):
        Server(tls=True).start()


def test_without_tls_there_is_no_certificate_and_no_second_door() -> None:
    with Server() as mail:
        for ask in (lambda: mail.tls, lambda: mail.smtps):
            with pytest.raises(BadSetting, match=r"tls: this server has no TLS; Server\(tls=True\) opens it"):
                ask()


def test_the_ca_file_goes_with_the_process() -> None:
    script = "from mailtrap_lite import Server\nwith Server(tls=True) as mail: print(mail.tls.ca_file)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip().endswith(".pem")
    assert not Path(done.stdout.strip()).exists()
    assert done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_makes_a_ca_of_its_own() -> None:
    script = """
import os, sys
from mailtrap_lite import Server
with Server(tls=True) as mail:
    first = mail.tls.ca_file
pid = os.fork()
if pid == 0:
    with Server(tls=True) as mail:
        print(mail.tls.ca_file != first, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print(first.exists())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)

    assert done.stdout.split() == ["True", "True"]


def test_pop3s_is_open_with_tls_and_only_then() -> None:
    with Server(tls=True) as mail:
        client = poplib.POP3_SSL("localhost", mail.pop3s.port, context=mail.tls.context)
        assert client.getwelcome().startswith(b"+OK")
        client.quit()
        assert mail.addresses()["pop3s"] == str(mail.pop3s)
    with Server() as mail, pytest.raises(BadSetting, match="tls: this server has no TLS"):
        mail.pop3s  # noqa: B018
