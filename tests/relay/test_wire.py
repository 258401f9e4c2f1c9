"""How the next server is talked to: TLS with whom we meant, logins, and what it must offer for a mail."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.relay.conftest import MAIL, StartServer, onwards, submit

from mailtrap_lite import BadSetting, Endpoint, QueueState, Server

SENT, FAILED, WAITING = QueueState.SENT, QueueState.FAILED, QueueState.WAITING


@pytest.fixture(scope="module")
def secured() -> Any:  # a generator of a server
    """A next server with a certificate of its own, where one has to log in."""
    with Server(hostname="b.test", tls=True, smtp_auth="required", users={"me": "s3cret"}) as server:
        yield server


def tried(sending: Server) -> tuple[QueueState, str]:
    """Return what became of the only entry."""
    sending.queue.wait_until_settled()
    (entry,) = sending.queue
    return entry.state, entry.reason


@pytest.mark.parametrize(
    ("door", "mode"),
    [("smtp", "required"), ("smtp", "offered"), ("smtps", "implicit")],
    ids=["starttls", "offered", "smtps"],
)
def test_mail_goes_over_tls_after_a_login(door: str, mode: str, start: StartServer, secured: Server) -> None:
    before = secured.mark()
    where: Endpoint = getattr(secured, door)
    login = {"relay_user": "me", "relay_password": "s3cret", "relay_ca": secured.tls.ca_file}
    settings = onwards(secured, host="localhost", relay=f"localhost:{where.port}", relay_tls=mode, **login)
    sending = start(**settings, relay_rules="all")

    submit(sending)

    arrived = secured.wait_for(after=before)
    assert (arrived.envelope.tls, arrived.envelope.user) == ("TLSv1.3", "me")
    assert tried(sending)[0] is SENT
    (attempt,) = sending.queue.attempts(1)
    assert attempt.tls == "TLSv1.3"
    assert "s3cret" not in str(attempt) + str(sending.settings) + repr(sending.settings)
    assert "> AUTH (as me)" in attempt.transcript


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"relay_ca": None}, "the certificate is not right: unable to get local issuer certificate"),
        ({"relay_password": "wrong"}, "535 5.7.8"),
        ({"relay_user": None, "relay_password": None}, "530 5.7.0"),
    ],
    ids=["authority", "password", "no login"],
)
def test_mail_waits_where_nobody_can_be_trusted_or_nobody_lets_us_in(
    settings: dict[str, Any], reason: str, start: StartServer, secured: Server
) -> None:
    login = {"relay_user": "me", "relay_password": "s3cret", "relay_ca": secured.tls.ca_file, "relay_tls": "required"}
    before = secured.mark()
    sending = start(**{**onwards(secured), **login, **settings}, relay_rules="all")

    submit(sending)

    state, said = tried(sending)
    assert said.startswith(reason)
    assert state is WAITING
    assert secured.sandbox.messages(after=before) == []


def test_mail_never_goes_in_the_clear_where_tls_is_required(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="all", relay_tls="required")

    submit(sending)

    assert tried(sending) == (WAITING, "STARTTLS extension not supported by server.")
    assert following.messages == []


def test_a_file_of_authorities_that_is_none_is_said_at_the_start(following: Server, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="ascii")
    server = Server(**onwards(following), relay_ca=tmp_path / "ca.pem")

    with pytest.raises(BadSetting, match=r"relay_ca: .* cannot be read"):
        server.start()


def test_a_password_comes_out_of_a_file(start: StartServer, secured: Server, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n", encoding="ascii")
    login = {"relay_user": "me", "relay_password_file": tmp_path / "password"}
    sending = start(**onwards(secured), **login, relay_rules="all")

    submit(sending)

    assert tried(sending)[0] is SENT


EIGHT = MAIL + b"gr\xc3\xbcn\r\n"
WIDE = b"Subject: gr\xc3\xbcn\r\n\r\nhi\r\n"
UTF8 = ("SMTPUTF8", "BODY=8BITMIME")


@pytest.mark.parametrize(
    ("settings", "raw", "options", "reason"),
    [
        ({"hide": "8BITMIME"}, EIGHT, ["BODY=8BITMIME"], "550 5.6.3 the mail needs 8BITMIME"),
        ({"hide": "8BITMIME"}, EIGHT, [], "550 5.6.3 the mail needs 8BITMIME"),
        ({"hide": "SMTPUTF8"}, WIDE, UTF8, "550 5.6.9 the header needs SMTPUTF8"),
        ({"hide": "SMTPUTF8"}, WIDE, [], "250 2.0.0 Ok"),
        ({"message_size": "300"}, MAIL + b"x" * 300 + b"\r\n", [], "550 5.3.4 the mail has"),
        ({"message_size": "300", "hide": "SIZE"}, MAIL + b"x" * 300 + b"\r\n", [], "552 5.3.4"),
        ({"hide": "PIPELINING"}, EIGHT, [], "250 2.0.0 Ok"),
        ({"hide": "PIPELINING,DSN,SIZE,8BITMIME,SMTPUTF8,CHUNKING,BINARYMIME"}, MAIL, [], "250 2.0.0 Ok"),
    ],
)
def test_a_mail_goes_as_it_is_or_comes_back(
    settings: dict[str, Any], raw: bytes, options: list[str], reason: str, start: StartServer
) -> None:
    following = start(**settings)
    sending = start(**onwards(following), relay_rules="all")

    submit(sending, raw=raw, mail=options)

    state, said = tried(sending)
    assert said.startswith(reason)
    assert state is (SENT if reason.startswith("250") else FAILED)
    assert [message.raw[-len(raw) :] for message in following.messages] == ([raw] if state is SENT else [])


@pytest.mark.parametrize("hidden", ["", "SMTPUTF8"], ids=["offered", "hidden"])
def test_only_the_recipient_that_needs_smtputf8_comes_back(hidden: str, start: StartServer) -> None:
    following = start(hide=hidden)
    sending = start(**onwards(following), relay_rules="all")
    with smtplib.SMTP(sending.smtp.host, sending.smtp.port) as client:
        client.sendmail("ann@a.test", ["bob@b.test", "gr\u00fcn@b.test"], MAIL, mail_options=UTF8)

    sending.queue.wait_until_empty()

    bob, other = sending.queue
    assert bob.state is SENT
    assert other.state is (FAILED if hidden else SENT)
    assert following.messages[0].envelope.smtputf8 is not bool(hidden)
    assert [message.envelope.addresses for message in sending.messages[1:]] == ([("ann@a.test",)] if hidden else [])


@pytest.mark.parametrize("pipelining", [True, False], ids=["in one go", "one by one"])
def test_no_mail_is_sent_when_no_recipient_is_taken(pipelining: bool, start: StartServer) -> None:
    following = start(hide="" if pipelining else "PIPELINING")
    following.faults.add("RCPT", "550 5.1.1 nobody", times=2)
    sending = start(**onwards(following), relay_rules="all")

    submit(sending, "bob@b.test", "eve@b.test")
    sending.queue.wait_until_empty()
    submit(sending)
    sending.queue.wait_until_empty()

    assert [entry.state for entry in sending.queue] == [FAILED, FAILED, SENT]
    assert len(following.messages) == 1


def test_a_mail_of_some_megabytes_arrives_whole(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="all")
    raw = MAIL + b".a line of a large mail\r\n" * 80_000

    submit(sending, raw=raw)
    sending.queue.wait_until_empty()

    assert following.messages[0].raw.endswith(raw)


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"554 go \x1b[31maway\xff\r\n", "554 go \\x1b[31maway\ufffd"),
        (b"hello\r\n", "-1 o"),
        (b"220-" + b"x" * 1000 + b"\r\n", "the reply is too long"),
        (b"220 " + b"x" * 9000 + b"\r\n", "500 Line too long."),
        (b"", "the server closed the connection"),
    ],
    ids=["controls", "no reply", "endless", "long", "nothing"],
)
def test_what_a_rude_server_says_can_be_printed(greeting: bytes, reason: str, start: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        settings = {"relay": f"127.0.0.1:{rude.getsockname()[1]}", "relay_hosts": "127.0.0.1", "relay_to": "*@b.test"}
        sending = start(**settings, relay_rules="all", relay_timeout="5")
        submit(sending)
        visitor, _ = rude.accept()
        with visitor, contextlib.suppress(OSError):
            visitor.sendall(greeting * (100 if greeting.startswith(b"220-") else 1))
        state, said = tried(sending)

    assert (state, said) == (WAITING, reason)


@pytest.mark.parametrize("hidden", [(), ("REQUIRETLS",)], ids=["promised", "not promised"])
def test_a_mail_that_asks_for_tls_goes_to_who_promises_it(
    hidden: tuple[str, ...], start: StartServer, secured: Server
) -> None:
    login = {"relay_user": "me", "relay_password": "s3cret", "relay_ca": secured.tls.ca_file, "relay_tls": "required"}
    sending = start(tls=True, **onwards(secured), **login, relay_rules="all")
    before = secured.mark()

    with secured.hidden(*hidden), smtplib.SMTP("localhost", sending.smtp.port) as client:
        client.starttls(context=sending.tls.context)
        client.sendmail("ann@a.test", ["bob@b.test"], MAIL, mail_options=["REQUIRETLS"])
        state, said = tried(sending)

    assert state is (FAILED if hidden else SENT)
    assert said.startswith("550 5.7.30 REQUIRETLS was asked for" if hidden else "250 ")
    assert [message.envelope.require_tls for message in secured.sandbox.messages(after=before)] == [True] * (not hidden)
