"""Lint of what really came over SMTP: Python's own client and its classes, with what they say in MAIL."""

from __future__ import annotations

import smtplib
from email import policy
from email.message import EmailMessage
from email.policy import EmailPolicy

import pytest

from mailtrap_lite import Server

# The last writes UTF-8 into headers, which smtplib does not announce; see below.
SUBJECTS = {
    "default": (policy.default, "Grüße " * 30),
    "SMTP": (policy.SMTP, "Grüße " * 30),
    "SMTPUTF8": (policy.SMTPUTF8, "hello"),
}


def letter(rules: EmailPolicy[EmailMessage] = policy.SMTP, **fields: str) -> EmailMessage:
    """Return a mail that has all it needs, with fields of its own."""
    mail = EmailMessage(policy=rules)
    all_fields = {"From": "a@x.test", "To": "b@x.test", "Date": "Mon, 3 Jun 2024 10:00:00 +0200"}
    for name, value in (all_fields | {"Message-ID": "<1@x.test>"} | fields).items():
        mail[name] = value
    return mail


def sent(server: Server, mail: EmailMessage, *options: str) -> list[str]:
    """Send a mail and return the codes of what is found in it."""
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.send_message(mail, mail_options=options)
    return [finding.code for finding in server.messages[-1].lint]


@pytest.mark.parametrize(("rules", "subject"), SUBJECTS.values(), ids=SUBJECTS)
def test_what_smtplib_sends_is_clean(rules: EmailPolicy[EmailMessage], subject: str) -> None:
    mail = letter(rules, To="b@x.test, c@x.test", Cc="d@x.test", Bcc="e@x.test", Subject=subject)
    mail.set_content("hello\n.\n..\n" + "x" * 2_000)
    mail.add_alternative("<p>hello</p>\n", subtype="html")
    mail.add_attachment(b"\0\r\n" * 999, maintype="application", subtype="zip", filename="a.zip")

    with Server() as server:
        assert sent(server, mail) == []
        assert len(server.messages[0].envelope.recipients) == 4


def test_an_international_sender_makes_smtplib_announce_what_it_sends() -> None:
    mail = letter(policy.SMTPUTF8, From="jörg@x.test", Subject="Grüße")
    mail.set_content("Grüße\n", cte="8bit")

    with Server() as server:
        assert sent(server, mail) == []


def test_8_bit_text_is_not_announced_by_smtplib_unless_it_is_told_to() -> None:
    mail = letter()
    mail.set_content("Grüße\n", cte="8bit")

    with Server() as server:
        assert sent(server, mail) == ["undeclared-8bit"]
        assert sent(server, mail, "BODY=8BITMIME") == []


def test_utf_8_in_the_subject_is_not_announced_by_smtplib_unless_it_is_told_to() -> None:
    mail = letter(policy.SMTPUTF8, Subject="Grüße")

    with Server() as server:
        assert sent(server, mail) == ["undeclared-utf8"]
        assert sent(server, mail, "SMTPUTF8") == []


def test_a_mail_that_was_only_planted_has_no_envelope_to_look_at() -> None:
    mail = letter(Bcc="c@x.test")
    mail.set_content("Grüße\n", cte="8bit")

    with Server() as server:
        assert server.deliver(mail, to="b@x.test").lint == ()
