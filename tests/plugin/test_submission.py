"""How a program is told to hand its mail over, for each kind of server."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any  # Any: settings by name

import pytest

from mailtrap_lite import Server
from mailtrap_lite.remote import shared_sandbox
from pytest_mailtrap_lite.frameworks.submission import Security, submission, trust

USERS = {"shop@x.test": "s/e:s@me", "eve": "other"}


@pytest.mark.parametrize(
    ("settings", "implicit", "security", "login"),
    [
        ({}, False, Security.NONE, ""),
        ({}, True, Security.NONE, ""),
        ({"tls": True}, False, Security.STARTTLS, ""),
        ({"tls": True}, True, Security.TLS, ""),
        ({"tls": True, "hide": "STARTTLS"}, False, Security.TLS, ""),
        ({"users": USERS}, False, Security.NONE, "shop%40x.test:s%2Fe%3As%40me@"),
        ({"smtp_auth": "required"}, False, Security.NONE, "mailtrap:mailtrap@"),
        ({"smtp_auth": "reject"}, False, Security.NONE, "mailtrap:mailtrap@"),
    ],
    ids=["plain", "plain, TLS wanted", "STARTTLS", "TLS", "no STARTTLS", "users", "any login", "no login is right"],
)
def test_a_program_takes_what_the_server_has(
    settings: dict[str, Any], implicit: bool, security: Security, login: str
) -> None:
    with Server(**settings) as mail:
        target = submission(mail, implicit_tls=implicit)

        where = mail.smtps if security is Security.TLS else mail.smtp
        scheme = "smtps" if security is Security.TLS else "smtp"
        assert (target.security, target.login, target.port) == (security, login, where.port)
        assert target.url == f"{scheme}://{login}127.0.0.1:{where.port}"
        assert target.ca_file == (None if security is Security.NONE else mail.tls.ca_file)
        assert "s/e:s@me" not in repr(target)


def issuers() -> list[object]:
    """Whom a program trusts by itself."""
    return [certificate["issuer"] for certificate in ssl.create_default_context().get_ca_certs()]


def test_a_ca_is_trusted_beside_those_that_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme = pytest.importorskip("trustme")
    first, second = (trustme.CA(organization_name=name) for name in ("the first", "the second"))
    first.cert_pem.write_to_path(tmp_path / "first.pem")
    second.cert_pem.write_to_path(tmp_path / "second.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "first.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    trust(None, monkeypatch, tmp_path)
    assert "the second" not in str(issuers())
    trust(tmp_path / "second.pem", monkeypatch, tmp_path)

    assert len(issuers()) == 2
    assert "the first" in str(issuers())
    assert "the second" in str(issuers())


def test_a_ca_is_trusted_where_none_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme = pytest.importorskip("trustme")
    trustme.CA(organization_name="the only").cert_pem.write_to_path(tmp_path / "only.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    trust(tmp_path / "only.pem", monkeypatch, tmp_path)

    assert "the only" in str(issuers())


def test_a_sandbox_of_a_shared_server_is_chosen_by_the_login() -> None:
    with Server(tls=True) as server, shared_sandbox(server.url) as mail:
        target, own = submission(mail), submission(server)

        assert (target.host, target.port) == (mail.smtp.host, mail.smtp.port)
        assert (target.user, target.password, target.security) == (mail.name, mail.password, Security.NONE)
        assert (own.user, own.security) == ("", Security.STARTTLS)
