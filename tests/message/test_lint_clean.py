"""No false alarms: mail as good programs send it, in the envelope they give it, has no findings. Lint never fails.

The mails in tests/mail/clean have the shapes of the programs they are named for, and made-up content.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.message import Content, Envelope, Message, Origin, Recipient, Rule
from mailtrap_lite.message.lint import DEFECTS

CLEAN = Path(__file__).parent.parent / "mail" / "clean"
THREE = ("bob@x.test", "eve@x.test", "carol@x.test")
EIGHT_BIT = ("BODY=8BITMIME",)

# Sender, recipients and MAIL parameters with which each mail is sent.
ENVELOPES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "8bit": ("joerg@shop.test", ("bob@x.test",), EIGHT_BIT),
    "apple-mail": ("ann@orchard.test", ("bob@x.test",), ()),
    "blind-copies": ("clerk@club.test", THREE, ()),
    "bounce": ("", ("tea@house.test",), ()),
    "django-alternatives": (
        "orders@books.test",
        ("reader@x.test", "other@x.test", "copy@x.test", "blind@x.test"),
        EIGHT_BIT,
    ),
    "django-text": ("webmaster@localhost", ("reader@x.test",), ("size=353",)),
    "list": ("devel-bounces@lists.dev.test", ("bob@x.test", "subscriber@y.test"), ()),
    "newsletter": ("bounce+jane=x.test@garden.test", ("jane@x.test",), ()),
    "nodemailer": ("tea@house.test", (*THREE, "blind@x.test"), ()),
    "outlook": ("dana@office.test", ("bob@x.test", "carol@x.test"), ("SIZE=1749",)),
    "smtplib": ("joerg@shop.test", THREE, ("size=1136",)),
    "smtputf8": ("øst@exämple.test", ("用户@例子.test",), ("SMTPUTF8", *EIGHT_BIT)),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in CLEAN.glob("*.eml")))
def test_a_mail_of_a_good_program_is_clean(name: str) -> None:
    sender, recipients, options = ENVELOPES[name]
    envelope = Envelope(sender, tuple(Recipient(address) for address in recipients), options)

    message = Message(1, envelope, (CLEAN / f"{name}.eml").read_bytes(), 0.0)

    assert message.lint == ()
    assert message.content.parts


@pytest.mark.parametrize("name", sorted(path.stem for path in CLEAN.glob("*.eml")))
def test_it_is_clean_when_it_is_planted(name: str) -> None:
    envelope = Envelope.of(*ENVELOPES[name][:2])

    assert Message(1, envelope, (CLEAN / f"{name}.eml").read_bytes(), 0.0).lint == ()


# Deadlines would measure the machine.
many = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)
ASCII = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=1_500)
LINES = st.lists(ASCII, max_size=5).map("\n".join)
DATES = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - they get one


@many
@given(subject=WORDS, name=WORDS, text=LINES, html=LINES, octets=st.binary(max_size=300), filename=WORDS, date=DATES)
def test_what_the_standard_library_builds_is_clean(
    subject: str, name: str, text: str, html: str, octets: bytes, filename: str, date: datetime
) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = "a@x.test"
    mail["To"] = [f"b{number}@x.test" for number in range(30)]
    mail["Date"] = date
    mail["Message-ID"] = "<1@x.test>"
    mail["X-Name"] = name
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    mail.add_attachment(octets, maintype="application", subtype="octet-stream", filename=filename)
    recipients = tuple(Recipient(f"b{number}@x.test") for number in range(30))

    assert Message(1, Envelope("a@x.test", recipients), mail.as_bytes(), 0.0).lint == ()


def test_what_its_older_classes_build_is_clean() -> None:
    mail = MIMEMultipart("alternative")
    mail.attach(MIMEText("Grüße", "plain", "utf-8"))
    mail.attach(MIMEText("<p>Grüße</p>", "html", "iso-8859-1"))
    mail["From"], mail["To"], mail["Message-ID"] = "a@x.test", "b@x.test", "<1@x.test>"
    mail["Date"] = format_datetime(datetime(2024, 6, 3, tzinfo=UTC))
    raw = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))

    assert Message(1, Envelope("a@x.test", (Recipient("b@x.test"),)), raw, 0.0).lint == ()


PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xc3\xbc", b" ", b":", b"x" * 999, b"\r\n\r\n", b"no field\r\n"),
        *(b"From: ", b"To: ", b"Cc: ", b"Bcc: ", b"Date: ", b"Message-ID: ", b"Return-Path: ", b"List-Id: "),
        *(b"MIME-Version: 1.0\r\n", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"--b\r\n"),
        *(b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"binary", b"=", b"--b--", b"; charset=x"),
        *(b"a@x.test", b"<b@x.test>", b"g:", b"'\"<(\\", b"Mon, 3 Jun 2024 10:00:00 +0200"),
    ]
)
MAILS = st.binary(max_size=200) | st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join)
SAID = st.text(max_size=20) | st.sampled_from(["a@x.test", "b@x.test", "BODY=BINARYMIME", "SMTPUTF8", "BODY=", "@"])
ENVELOPE = st.builds(
    Envelope,
    sender=SAID,
    recipients=st.lists(st.builds(Recipient, SAID), max_size=4).map(tuple),
    options=st.lists(SAID, max_size=3).map(tuple),
    origin=st.sampled_from(Origin),
    remarks=st.lists(st.sampled_from([*Rule, "unknown"]) | st.text(max_size=5), max_size=4).map(tuple),
)
RULES = {rule.value: rule for rule in Rule}


@many
@given(raw=MAILS, envelope=ENVELOPE)
def test_lint_never_fails_and_says_the_same_again(raw: bytes, envelope: Envelope) -> None:
    message = Message(1, envelope, raw, 0.0)

    found = message.lint

    assert found == Message(2, envelope, bytes(bytearray(raw)), 1.0).lint
    assert not [defect for defect in message.content.defects if "internal fault" in defect]
    for finding in found:
        assert (RULES[finding.code].rfc, RULES[finding.code].refusable) == (finding.rfc, finding.refusable)
        assert finding.text.isascii()
        assert finding.text.isprintable()
        assert len(finding.text) < 300


@many
@given(raw=MAILS)
def test_the_table_knows_each_defect(raw: bytes) -> None:
    for defect in Content(raw).defects:
        words = defect.partition(": ")[2] if defect.startswith("part ") else defect
        assert words.startswith(tuple(DEFECTS))
