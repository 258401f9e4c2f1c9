"""Real programs send and fetch; the bytes are the same at the other end."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from mailtrap_lite import Endpoint, Server

RECIPIENT = "bob@x.test"
HEAD = b"From: Alice <alice@x.test>\r\nTo: bob@x.test\r\nSubject: a real one\r\nMIME-Version: 1.0\r\n"


def with_attachment(octets: int) -> bytes:
    """A mail with an attachment of that many octets."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "alice@x.test", RECIPIENT, "large"
    letter.set_content("See the file.\n")
    letter.add_attachment(random.Random(7).randbytes(octets), maintype="application", subtype="zip", filename="a.zip")
    return letter.as_bytes(policy=letter.policy.clone(linesep="\r\n"))


MAIL: dict[str, bytes] = {
    "plain": HEAD + b"\r\nhello\r\n",
    "20 MB attachment": with_attachment(20_000_000),
    "8-bit": HEAD
    + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    + "grüße \N{PILE OF POO}\r\n".encode()
    + b"\xff\xfe\x80\r\n",
    "NUL": HEAD + b"\r\nbefore\0after\r\n\0\r\n",
    "leading dots": HEAD + b"\r\n.\r\n..\r\n.hidden\r\n...\r\nlast\r\n",
    "first line is a dot": b".\r\n..\r\n",
    "a line of 1 MB": HEAD + b"\r\n" + b"x" * 1_000_000 + b"\r\nnext\r\n",
    "no final line end": HEAD + b"\r\nthe end",
    "empty body": HEAD + b"\r\n",
    "no headers": b"\r\njust a body\r\n",
}

# fetchmail writes headers for a mail that has none, and getmail an empty line. fetchmail spoils two others, whatever
# the server: it writes stray octets into lines beyond 8 KB, and takes a first line of one dot for a header. The others
# show that we sent them right.
UNTOUCHED: dict[tuple[str, str], Callable[[bytes], bytes]] = {
    ("fetchmail", "no headers"): lambda raw: raw[raw.index(b"\r\n\r\n") + 2 :] if raw.startswith(b"From:") else raw,
    ("fetchmail", "a line of 1 MB"): lambda raw: bytes(octet for octet in raw if octet == ord("x")),
    ("fetchmail", "first line is a dot"): lambda raw: raw[:3],
    ("getmail", "first line is a dot"): lambda raw: raw.lstrip(),
}


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server(message_size="40m") as server:  # 20 MB grow to 27 on their way
        yield server


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def whole_lines(raw: bytes) -> bytes:
    """Return mail with CRLF at each line's end, as every program has to send it (RFC 5321 section 2.3.8)."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n") + (b"" if lines.endswith(b"\n") or not lines else b"\r\n")


@pytest.mark.parametrize("kind", MAIL)
def test_what_a_program_sends_is_what_is_kept(
    mail: Server, sender: tuple[str, Callable[[Endpoint, bytes], None]], kind: str
) -> None:
    _, send = sender

    send(mail.smtp, MAIL[kind])

    (message,) = mail.messages
    assert digest(message.raw) == digest(whole_lines(MAIL[kind]))
    assert (message.envelope.sender, message.envelope.addresses) == ("alice@x.test", (RECIPIENT,))


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "delete"])
@pytest.mark.parametrize("kind", MAIL)
def test_what_is_kept_is_what_a_program_fetches(
    mail: Server, fetcher: tuple[str, Callable[..., list[bytes]]], kind: str, keep: bool
) -> None:
    name, fetch = fetcher
    mail.deliver(MAIL[kind], to=RECIPIENT)

    found = fetch(mail.pop3, keep=keep)

    untouched = UNTOUCHED.get((name, kind), bytes)
    assert [digest(untouched(whole_lines(raw))) for raw in found] == [digest(untouched(whole_lines(MAIL[kind])))]
    assert len(mail.mailbox(RECIPIENT).messages) == (1 if keep else 0)
    (message,) = mail.messages
    assert message.raw == MAIL[kind]
    assert message.deliveries[0].fetched_by == RECIPIENT


def test_many_mails_are_fetched_in_order_and_once(
    mail: Server, fetcher: tuple[str, Callable[..., list[bytes]]]
) -> None:
    sent = [HEAD + b"X-Number: %d\r\n\r\nmail %d\r\n" % (n, n) for n in range(30)]
    for raw in sent:
        mail.deliver(raw, to=RECIPIENT)
    mail.deliver(HEAD + b"\r\nfor somebody else\r\n", to="eve@x.test")
    _, fetch = fetcher

    assert [whole_lines(raw) for raw in fetch(mail.pop3, keep=False)] == sent
    assert fetch(mail.pop3, keep=False) == []
    assert len(mail.messages) == 31
    assert len(mail.mailbox("eve@x.test").messages) == 1


@pytest.mark.parametrize("fetcher", ["mpop", "fetchmail", "getmail"], indirect=True)
def test_a_program_that_remembers_what_it_has_seen_gets_each_mail_once(
    mail: Server, fetcher: tuple[str, Callable[..., list[bytes]]]
) -> None:
    _, fetch = fetcher
    sent = [HEAD + b"\r\nmail %d\r\n" % n for n in range(3)]
    for raw in sent[:2]:
        mail.deliver(raw, to=RECIPIENT)

    first = fetch(mail.pop3, keep=True)
    mail.deliver(sent[2], to=RECIPIENT)
    second = fetch(mail.pop3, keep=True)

    assert [whole_lines(raw) for raw in first + second] == sent


def test_the_attachment_is_the_file_that_was_attached(
    mail: Server, sender: tuple[str, Callable[[Endpoint, bytes], None]]
) -> None:
    _, send = sender

    send(mail.smtp, with_attachment(100_000))

    (attachment,) = mail.messages[0].attachments
    assert (attachment.filename, attachment.data) == ("a.zip", random.Random(7).randbytes(100_000))
    assert base64.b64encode(attachment.data)[:20] in mail.messages[0].raw
