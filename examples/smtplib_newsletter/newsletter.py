"""A newsletter with nothing but smtplib: over TLS, one connection for all, and busy mailboxes are tried once more."""

import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid


@dataclass(frozen=True)
class Relay:
    """The mail server that we hand over to."""

    host: str
    port: int
    user: str
    password: str
    tls: ssl.SSLContext


@dataclass
class Report:
    """Who got it, who may get it another day, and whom nobody knows any more."""

    sent: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def letter(address: str, subject: str, text: str) -> EmailMessage:
    """Return the mail for one reader, who can leave with one click (RFC 8058)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "News <news@x.test>", address, subject
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="x.test")
    mail["List-Unsubscribe"] = f"<https://x.test/leave/{address}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text)
    return mail


def send(relay: Relay, addresses: Iterable[str], subject: str, text: str, *, pause: Callable[[], None]) -> Report:
    """Mail everybody. pause: called before the busy ones are tried once more."""
    report = Report()
    with smtplib.SMTP(relay.host, relay.port, timeout=30) as client:
        client.starttls(context=relay.tls)
        client.login(relay.user, relay.password)
        busy = [address for address in addresses if not _sent(client, letter(address, subject, text), report)]
        if busy:
            pause()
        report.later = [address for address in busy if not _sent(client, letter(address, subject, text), report)]
    return report


def _sent(client: smtplib.SMTP, mail: EmailMessage, report: Report) -> bool:
    """Hand one mail over; return whether that is settled, be it for good or ill."""
    try:
        client.send_message(mail)
    except smtplib.SMTPRecipientsRefused as err:
        ((code, _),) = err.recipients.values()
        if code < 500:  # RFC 5321 section 4.2.1: 4yz is worth another attempt, 5yz is not
            return False
        report.gone.append(mail["To"])
    else:
        report.sent.append(mail["To"])
    return True
