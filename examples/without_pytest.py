"""The server as a context manager: catch a mail, look at it, fetch it, all without pytest."""

import poplib
import smtplib

from mailtrap_lite import Server

with Server() as mail:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        client.sendmail("shop@x.test", ["bob@x.test"], b"Subject: Your order\r\n\r\nIt is on its way.\r\n")

    message = mail.wait_for(to="bob@x.test", subject="Your order", timeout=2)
    print("caught: ", message.subject, "for", *message.envelope.addresses)

    maildrop = poplib.POP3(mail.pop3.host, mail.pop3.port)
    maildrop.user("bob@x.test")
    maildrop.pass_("any password")
    print("fetched:", maildrop.retr(1)[1][-1].decode())
    maildrop.dele(1)
    maildrop.quit()

    print("waiting:", len(mail.mailbox("bob@x.test").messages), "of", len(mail.messages))
