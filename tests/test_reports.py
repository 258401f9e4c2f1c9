"""Bounces and complaints, read by the standard library and by a bounce parser that mailing lists use."""

from __future__ import annotations

import email
import email.message
import email.policy
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from mailtrap_lite import BadMail, Message, Server

MAIL = b"Subject: hello\r\nFrom: Shop <shop@x.test>\r\nTo: bob@x.test\r\nMessage-ID: <1@x.test>\r\n\r\nhi\r\n.dot\r\n"


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


def send(
    mail: Server, *to: str, options: tuple[str, ...] = (), rcpt: tuple[str, ...] = (), sender: str = "shop@x.test"
) -> Message:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp:
        smtp.sendmail(sender, to or ("bob@x.test",), MAIL, options, rcpt)
    return mail.messages[-1]


def parsed(message: Message) -> EmailMessage:
    found = email.message_from_bytes(message.raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


def blocks(report: EmailMessage) -> list[dict[str, str]]:
    """The fields of message/delivery-status, for the message and for each recipient."""
    _, status, _ = report.iter_parts()
    assert isinstance(status, EmailMessage)
    return [dict(each.items()) for each in status.iter_parts()]


def test_a_bounce_comes_to_the_sender_from_nobody(mail: Server) -> None:
    sent = send(mail)

    bounce = mail.bounce(sent)

    assert bounce.envelope.sender == ""
    assert bounce.envelope.addresses == ("shop@x.test",)
    assert mail.mailbox("shop@x.test").messages == [bounce]
    report = parsed(bounce)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"] == "auto-replied"
    assert [part.get_content_type() for part in report.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]
    of_message, of_recipient = blocks(report)
    assert of_message["Reporting-MTA"] == "dns; mailtrap.localhost"
    assert of_recipient == {
        "Final-Recipient": "rfc822; bob@x.test",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 User unknown",
    }
    assert MAIL in bounce.raw  # octet by octet
    assert [each.code for each in bounce.lint] == []


@pytest.mark.parametrize(
    ("status", "action", "detector"),
    [("5.1.1", "failed", (set(), {b"bob@x.test"})), ("4.2.2", "delayed", ({b"bob@x.test"}, set()))],
)
def test_a_bounce_parser_of_mailing_lists_finds_who_bounced(
    status: str, action: str, detector: tuple[set[bytes], set[bytes]], mail: Server
) -> None:
    flufl = pytest.importorskip("flufl.bounce", reason="pip install flufl.bounce")

    bounce = mail.bounce(send(mail), status=status)

    temporary, permanent = flufl.all_failures(email.message_from_bytes(bounce.raw))
    assert (temporary, permanent) == detector
    assert blocks(parsed(bounce))[1]["Action"] == action


def test_what_the_sender_asked_for_is_heeded(mail: Server) -> None:
    sent = send(
        mail,
        options=("RET=HDRS", "ENVID=order+2B7"),
        rcpt=("NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;robert@y.test"),
    )

    bounce = mail.bounce(sent, status="5.2.2", reason="no room for more")

    report = parsed(bounce)
    of_message, of_recipient = blocks(report)
    assert of_message["Original-Envelope-Id"] == "order+7"
    assert of_recipient["Original-Recipient"] == "rfc822; robert@y.test"
    assert of_recipient["Diagnostic-Code"] == "smtp; 552 5.2.2 no room for more"
    assert [part.get_content_type() for part in report.iter_parts()][2] == "text/rfc822-headers"
    assert b"Message-ID: <1@x.test>" in bounce.raw
    assert b".dot" not in bounce.raw


def test_a_bounce_may_be_about_some_recipients_only(mail: Server) -> None:
    sent = send(mail, "bob@x.test", "eve@x.test")

    assert [each.get("Final-Recipient") for each in blocks(parsed(mail.bounce(sent)))[1:]] == [
        "rfc822; bob@x.test",
        "rfc822; eve@x.test",
    ]
    assert len(blocks(parsed(mail.bounce(sent, to=["EVE@x.test"])))) == 2
    with pytest.raises(BadMail, match=r"zoe@x\.test is no recipient of this mail; these are bob@x\.test, eve@x\.test"):
        mail.bounce(sent, to=["zoe@x.test"])


@pytest.mark.parametrize(
    ("notify", "status"),
    [("NEVER", "5.1.1"), ("SUCCESS", "5.1.1"), ("FAILURE", "4.2.2"), ("FAILURE", "2.0.0"), (None, "2.0.0")],
)
def test_no_report_goes_to_who_asked_for_none(notify: str | None, status: str, mail: Server) -> None:
    sent = send(mail, rcpt=(f"NOTIFY={notify}",) if notify else ())

    with pytest.raises(BadMail, match="no recipient is left of whom NOTIFY lets one report"):
        mail.bounce(sent, status=status)


def test_a_success_is_reported_to_who_asked_for_it(mail: Server) -> None:
    bounce = mail.bounce(send(mail, rcpt=("NOTIFY=SUCCESS",)), status="2.0.0")

    assert blocks(parsed(bounce))[1]["Action"] == "delivered"


def test_nobody_bounces_a_bounce(mail: Server) -> None:
    bounce = mail.bounce(send(mail))

    with pytest.raises(BadMail, match="the sender of this mail is <>, to whom no report may be sent"):
        mail.bounce(bounce)
    with pytest.raises(BadMail, match="say with to= who gets the complaint"):
        mail.complain(bounce)


@pytest.mark.parametrize("status", ["", "5", "5.1", "3.1.1", "5.1.1.1", "ok"])
def test_a_status_is_one_of_rfc_3463(status: str, mail: Server) -> None:
    with pytest.raises(BadMail, match=r"is not a status such as 5\.1\.1"):
        mail.bounce(send(mail), status=status)


def test_a_reason_may_not_break_the_report(mail: Server) -> None:
    with pytest.raises(BadMail, match="is not one line of ASCII"):
        mail.bounce(send(mail), reason="no\r\nBcc: eve@x.test")


def test_an_address_that_is_not_ascii_is_reported_as_such(mail: Server) -> None:
    sent = mail.deliver(b"Subject: hallo\r\n\r\n", to="jürgen@x.test", sender="shop@x.test")

    report = parsed(mail.bounce(sent))

    assert [part.get_content_type() for part in report.iter_parts()][1:] == [
        "message/global-delivery-status",
        "message/global",
    ]
    assert "Final-Recipient: utf-8; jürgen@x.test".encode() in mail.messages[-1].raw


def test_a_complaint_is_a_feedback_report(mail: Server) -> None:
    sent = send(mail, "bob@x.test", "eve@x.test")

    complaint = mail.complain(sent)

    report = parsed(complaint)
    assert complaint.envelope.addresses == ("shop@x.test",)
    assert report.get_param("report-type") == "feedback-report"
    _, feedback, original = report.iter_parts()
    fields = feedback.get_payload(0)
    assert isinstance(fields, email.message.Message)
    assert fields["Feedback-Type"] == "abuse"
    assert fields["Version"] == "1"
    assert fields["Original-Mail-From"] == "<shop@x.test>"
    assert fields.get_all("Original-Rcpt-To") == ["<bob@x.test>", "<eve@x.test>"]
    assert fields["Source-IP"] == "127.0.0.1"
    assert original.get_content_type() == "message/rfc822"
    assert MAIL in complaint.raw


def test_a_complaint_may_go_to_who_asked_for_complaints(mail: Server) -> None:
    complaint = mail.complain(send(mail), to="fbl@x.test", kind="not-spam")

    assert complaint.envelope.addresses == ("fbl@x.test",)
    with pytest.raises(BadMail, match="is not a type of feedback; these are abuse, fraud"):
        mail.complain(mail.messages[0], kind="boring")
