"""Code that sends mail, and what a strict mail server would say to it."""

import smtplib

from mailtrap_lite import Server

HEAD = "From: shop@x.test\r\nTo: bob@x.test\r\nDate: Mon, 3 Jun 2024 10:00:00 +0200\r\nMessage-ID: <1@x.test>\r\n"
UTF8 = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"


def greet(text: str, host: str, port: int, *, options: tuple[str, ...] = ()) -> None:
    """The code under test: it makes its mail by hand."""
    with smtplib.SMTP(host, port) as client:
        client.sendmail("shop@x.test", ["bob@x.test"], f"{HEAD}{UTF8}\r\n{text}\r\n".encode(), options)


def test_the_greeting_is_clean(mailtrap: Server) -> None:
    greet("Grüß dich!", mailtrap.smtp.host, mailtrap.smtp.port, options=("BODY=8BITMIME",))

    assert mailtrap.wait_for(to="bob@x.test").lint == ()


def test_what_a_strict_server_would_refuse_is_found(mailtrap: Server) -> None:
    greet("Grüß dich!", mailtrap.smtp.host, mailtrap.smtp.port)

    (finding,) = mailtrap.wait_for(to="bob@x.test").lint

    assert (finding.code, finding.refusable, finding.rfc) == ("undeclared-8bit", True, "RFC 6152 section 3")
    assert str(finding) == "undeclared-8bit: 8-bit octets in the body, first in line 9"
