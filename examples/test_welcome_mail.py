"""Code that sends mail, and its tests: each has a mail server of its own."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from mailtrap_lite import Server


def sign_up(address: str, host: str, port: int) -> None:
    """The code under test: greets a new user."""
    letter = EmailMessage()
    letter["From"] = "Shop <shop@x.test>"
    letter["To"] = address
    letter["Subject"] = "Welcome, grüß dich!"
    letter.set_content("Confirm: https://shop.test/confirm?token=42\n")
    letter.add_alternative("<p><a href='https://shop.test/confirm?token=42'>Confirm</a></p>", subtype="html")
    letter.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="terms.pdf")
    with smtplib.SMTP(host, port) as client:
        client.send_message(letter)


def test_a_new_user_is_greeted(mailtrap: Server) -> None:
    sign_up("bob@x.test", mailtrap.smtp.host, mailtrap.smtp.port)

    message = mailtrap.wait_for(to="bob@x.test", subject="Welcome*", timeout=2)

    assert message.subject == "Welcome, grüß dich!"
    assert message.sender.address == "shop@x.test"
    assert "token=42" in message.text
    assert "<a href=" in message.html
    assert [part.filename for part in message.attachments] == ["terms.pdf"]


def test_an_address_the_server_refuses_is_reported(mailtrap_factory: Callable[..., Server]) -> None:
    small = mailtrap_factory(message_size="100")

    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        sign_up("bob@x.test", small.smtp.host, small.smtp.port)

    assert refused.value.smtp_code == 552
    assert small.messages == []
