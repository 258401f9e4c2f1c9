"""Handing one mail to an SMTP server, to the octet, and what to say of a refusal. It knows no arguments."""

from __future__ import annotations

import re
import smtplib
import ssl
from typing import NamedTuple

from mailtrap_lite.cli import sysexits
from mailtrap_lite.terminal import escaped

_PATIENCE = 60.0  # seconds of silence
_HELO = "localhost"  # without a name smtplib would ask a name server
_DOT_AT_START = re.compile(rb"^\.", re.MULTILINE)


class Refused(Exception):
    """A mail was not taken. code: of sysexits.h."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Mail(NamedTuple):
    """A mail and its envelope. body, notify, ret, envid: as ESMTP parameters have them; "" for not said."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    body: str = ""
    notify: str = ""
    ret: str = ""
    envid: str = ""


def submit(mail: Mail, host: str, port: int, *, ca_file: str = "", login: str = "") -> None:
    """Send a mail; raises Refused, also when only some recipients were refused: then the others got it."""
    for address in (mail.sender, *mail.recipients):
        if not address.isprintable() or set(address) & set("<> "):
            raise Refused(sysexits.DATAERR, f"{address!r} cannot be said over SMTP")
    try:
        with smtplib.SMTP(host, port, local_hostname=_HELO, timeout=_PATIENCE) as client:
            _greet(client, host, ca_file, login)
            _hand_over(client, mail)
    except smtplib.SMTPResponseException as err:
        code = err.smtp_code
        raise Refused(sysexits.of_reply(code), f"{host}:{port} said {code} {_text(err.smtp_error)}") from err
    except UnicodeEncodeError as err:
        raise Refused(sysexits.DATAERR, f"{err.object!r} is not ASCII, and the server has no SMTPUTF8") from err
    except smtplib.SMTPServerDisconnected as err:
        raise Refused(sysexits.TEMPFAIL, f"{host}:{port} went away: {err}") from err
    except smtplib.SMTPException as err:
        raise Refused(sysexits.NOPERM, f"{host}:{port}: {err}") from err
    except OSError as err:
        reason = getattr(err, "strerror", None) or str(err) or type(err).__name__
        raise Refused(
            sysexits.TEMPFAIL,
            f"nobody answers at {host}:{port}: {reason}; start it with `mailtrap-lite`, "
            "or say where it is with --smtp or MAILTRAP_LITE_SMTP",
        ) from err


def _greet(client: smtplib.SMTP, host: str, ca_file: str, login: str) -> None:
    client.ehlo_or_helo_if_needed()
    if ca_file and client.has_extn("starttls"):
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.ehlo()
    if login:
        user, _, password = login.partition(":")
        client.login(user, password)


def _hand_over(client: smtplib.SMTP, mail: Mail) -> None:
    _command(client, f"MAIL FROM:<{mail.sender}>{_of_mail(client, mail)}")
    notify = f" NOTIFY={mail.notify}" if mail.notify and client.has_extn("dsn") else ""
    refused: list[tuple[int, str]] = []
    for recipient in mail.recipients:
        code, said = client.docmd(*_split(f"RCPT TO:<{recipient}>{notify}"))
        if code // 100 != 2:
            refused.append((sysexits.of_reply(code, recipient=True), f"{recipient}: {code} {_text(said)}"))
    if len(refused) < len(mail.recipients):
        _data(client, mail.raw)
    if refused:
        raise Refused(refused[0][0], "; ".join(text for _, text in refused))


def _of_mail(client: smtplib.SMTP, mail: Mail) -> str:
    """Return the parameters of MAIL that the server knows."""
    said = [f"SIZE={len(mail.raw)}"] if client.has_extn("size") else []
    body = mail.body or ("" if mail.raw.isascii() else "8BITMIME")
    said += [f"BODY={body}"] if body and client.has_extn("8bitmime") else []
    if not all(address.isascii() for address in (mail.sender, *mail.recipients)) and client.has_extn("smtputf8"):
        said.append("SMTPUTF8")
        client.command_encoding = "utf-8"
    if client.has_extn("dsn"):
        said += [f"RET={mail.ret}"] if mail.ret else []
        said += [f"ENVID={_xtext(mail.envid)}"] if mail.envid else []
    return "".join(f" {each}" for each in said)


def _data(client: smtplib.SMTP, raw: bytes) -> None:
    _command(client, "DATA")
    # Not client.data(), which would change what a mail has of bare CR (RFC 5321 section 4.5.2 is all that is needed).
    client.send(_DOT_AT_START.sub(b"..", raw) + b".\r\n")
    code, said = client.getreply()
    if code // 100 != 2:
        raise smtplib.SMTPDataError(code, said)


def _command(client: smtplib.SMTP, line: str) -> None:
    code, said = client.docmd(*_split(line))
    if code // 100 not in (2, 3):
        raise smtplib.SMTPResponseException(code, said)


def _split(line: str) -> tuple[str, str]:
    verb, _, rest = line.partition(" ")
    return verb, rest


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return escaped(" ".join(text.split()))


def _xtext(text: str) -> str:
    """Return a text as RFC 3461 section 4 has it."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
