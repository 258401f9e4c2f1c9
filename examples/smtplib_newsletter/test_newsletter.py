"""A newsletter, and all that its readers' mail servers may answer."""

import smtplib
from dataclasses import replace

import pytest
from smtplib_newsletter.newsletter import Relay, Report, send

from mailtrap_lite import Mail, Server

READERS = ["ann@x.test", "bob@x.test", "eve@x.test"]


@pytest.fixture(scope="session")
def mailtrap_settings() -> dict[str, object]:
    return {"require_tls": True, "smtp_auth": "required", "users": {"news": "sesame"}}


@pytest.fixture
def relay(mailtrap: Server) -> Relay:
    return Relay("localhost", mailtrap.smtp.port, "news", "sesame", mailtrap.tls.context)


def send_news(relay: Relay, *, password: str = "sesame") -> Report:
    return send(replace(relay, password=password), READERS, "News of May", "It is spring.\n", pause=lambda: None)


def test_each_reader_gets_a_mail_of_their_own(mailtrap: Server, relay: Relay) -> None:
    report = send_news(relay)

    messages = mailtrap.wait_for_all(3, subject="News of May")
    assert report == Report(sent=READERS)
    assert messages == [Mail(to=[reader], cc=[], bcc=[]) for reader in READERS]
    assert len({message.session for message in messages}) == 1
    assert [message.lint for message in messages] == [(), (), ()]


def test_readers_can_leave_with_one_click(mailtrap: Server, relay: Relay) -> None:
    send_news(relay)

    assert mailtrap.wait_for(to="bob@x.test").unsubscribe(one_click=True).url == "https://x.test/leave/bob@x.test"


def test_a_busy_mailbox_is_tried_once_more(mailtrap: Server, relay: Relay) -> None:
    mailtrap.faults.add("RCPT", "450 4.2.1 mailbox busy", to="bob@x.test", times=1)
    mailtrap.faults.add("RCPT", "450 4.2.1 mailbox busy", to="eve@x.test")

    assert send_news(relay) == Report(sent=["ann@x.test", "bob@x.test"], later=["eve@x.test"])

    mailtrap.assert_sent(to="bob@x.test", count=1)
    mailtrap.assert_no_mail(to="eve@x.test")


def test_who_is_gone_is_told_from_who_is_busy(mailtrap: Server, relay: Relay) -> None:
    mailtrap.faults.add("RCPT", "550 5.1.1 nobody of that name", to="bob@x.test")

    assert send_news(relay) == Report(sent=["ann@x.test", "eve@x.test"], gone=["bob@x.test"])


def test_a_wrong_password_sends_nothing(mailtrap: Server, relay: Relay) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send_news(relay, password="wrong")

    mailtrap.assert_no_mail()


def test_a_server_that_nobody_can_trust_gets_nothing(mailtrap: Server, relay: Relay) -> None:
    mailtrap.faults.add("handshake", "certificate untrusted")

    with pytest.raises(OSError, match="certificate verify failed"):
        send_news(relay)
