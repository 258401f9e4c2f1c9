"""What a server can pretend not to know, and who may log in: settings and `with` blocks."""

from __future__ import annotations

import smtplib
from pathlib import Path

import pytest

from mailtrap_lite import BadSetting, Server, Settings
from mailtrap_lite.cli.sources import gather
from mailtrap_lite.settings import CAPABILITIES, EXTENSIONS

ALWAYS = set(EXTENSIONS) - {"STARTTLS", "REQUIRETLS"}  # those two depend on TLS


def offered(server: Server) -> set[str]:
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.ehlo()
        return {name.upper() for name in client.esmtp_features}


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_each_capability_can_be_hidden_by_a_setting(name: str) -> None:
    gone = {name, "BINARYMIME"} if name == "CHUNKING" else {name}

    with Server(hide=name) as mail:
        assert offered(mail) == ALWAYS - gone


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_each_capability_can_be_hidden_for_a_while(name: str) -> None:
    with Server() as mail:
        with mail.hidden(name):
            hidden = offered(mail)

        assert name not in hidden
        assert offered(mail) == ALWAYS


def test_starttls_and_requiretls_can_be_hidden() -> None:
    with Server(tls=True) as mail:
        assert offered(mail) == ALWAYS | {"STARTTLS"}
        with mail.hidden("starttls"):
            assert offered(mail) == ALWAYS
        with (
            mail.hidden("REQUIRETLS"),
            smtplib.SMTP_SSL("localhost", mail.smtps.port, context=mail.tls.context) as client,
        ):
            client.ehlo()
            assert not client.has_extn("requiretls")


def test_mechanisms_can_be_hidden_and_auth_goes_with_the_last() -> None:
    with Server() as mail, mail.hidden("PLAIN", "LOGIN", "CRAM-MD5"):
        with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
            client.ehlo()
            assert client.esmtp_features["auth"].split() == ["XOAUTH2"]
        with mail.hidden("XOAUTH2"):
            assert "AUTH" not in offered(mail)
        assert "AUTH" in offered(mail)


def test_a_session_that_has_said_ehlo_loses_what_is_hidden() -> None:
    with Server() as mail, smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        client.ehlo()

        with mail.hidden("DSN"):
            assert client.mail("a@x.test", ["RET=FULL"])[0] == 555
        assert client.mail("a@x.test", ["RET=FULL"])[0] == 250


def test_an_unknown_capability_is_named_with_those_there_are() -> None:
    with Server() as mail, pytest.raises(BadSetting, match=r"^hide: 'TELEPATHY' from the call is not of SIZE, "):
        mail.hidden("TELEPATHY").__enter__()
    with pytest.raises(BadSetting):
        Server(hide=["TELEPATHY"])

    assert Settings(hide=",".join(CAPABILITIES)).hide == CAPABILITIES  # type: ignore[arg-type]  # settings read text


def test_users_come_as_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "mailtrap-lite.toml").write_text(
        'smtp_auth = "table"\n[users]\nalice = "sesame"\n"bob@x.test" = "x:y"\n'
    )

    settings = gather([], {}, tmp_path, base=Settings())

    assert settings.users == (("alice", "sesame"), ("bob@x.test", "x:y"))
    assert settings.smtp_auth == "table"


def test_passwords_are_in_no_repr_and_in_no_error() -> None:
    with Server(users={"alice": "sesame"}) as mail:
        assert "sesame" not in repr(mail.settings)
        assert "sesame" not in repr(mail)
    for bad in ({"": "sesame"}, {"alice": "sesame\0"}, {"alice": 5}, [("alice", "sesame,b")], "sesame"):
        with pytest.raises(BadSetting) as refusal:
            Server(users=bad)
        assert "sesame" not in str(refusal.value)
        assert str(refusal.value).startswith("users: what came from the call is not NAME:PASSWORD")


def test_a_server_without_lmtp_says_how_to_open_it() -> None:
    with Server() as mail, pytest.raises(BadSetting, match=r'lmtp: this server has no LMTP; Server\(lmtp="127'):
        print(mail.lmtp)  # noqa: T201 - it has to be asked for


@pytest.mark.parametrize(("hide", "name"), [("hidden", "DSN"), ("hidden_pop3", "UIDL")])
def test_a_server_may_be_stopped_while_something_is_hidden(hide: str, name: str) -> None:
    mail = Server().start()

    with getattr(mail, hide)(name):
        mail.stop()
