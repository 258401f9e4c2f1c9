"""What a list shows of a message, and the message itself."""

from __future__ import annotations

from datetime import UTC, datetime

from mailtrap_lite.message import Address, Content, Envelope, Message
from mailtrap_lite.message.summary import Digest

RAW = (
    b"From: Ann <a@x.test>\r\nTo: b@x.test\r\nCc: c@x.test\r\nBcc: d@x.test\r\nReply-To: r@x.test\r\n"
    b"Message-ID: <1@x.test>\r\n"
    b"Subject: =?utf-8?q?h=C3=A9llo?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\n" + b"two  words\r\n" * 50 + b"\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n"
)


def test_a_digest_has_what_the_list_shows() -> None:
    assert Digest.of(Content(RAW)) == Digest(
        subject="héllo",
        sender=Address("Ann", "a@x.test"),
        to=(Address("", "b@x.test"),),
        cc=(Address("", "c@x.test"),),
        bcc=(Address("", "d@x.test"),),
        reply_to=(Address("", "r@x.test"),),
        message_id="1@x.test",
        snippet=("two words " * 50)[:250],
        attachments=1,
    )


def test_a_digest_of_nothing_is_empty() -> None:
    assert Digest.of(Content(b"")) == Digest("", Address(), (), (), (), (), "", "", 0)


def test_a_message_reads_its_content_and_never_changes_its_bytes() -> None:
    message = Message(id=1, envelope=Envelope.of("s@x.test", ["b@x.test"]), raw=RAW, received=0.0)

    assert (message.subject, str(message.sender), message.text) == ("héllo", "Ann <a@x.test>", "two  words\n" * 50)
    assert (message.to, message.cc) == ((Address("", "b@x.test"),), (Address("", "c@x.test"),))
    assert (message.html, message.headers["subject"], message.size) == ("", "héllo", len(RAW))
    assert [part.content_type for part in message.attachments] == ["image/png"]
    assert message.received_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert message.raw is RAW
