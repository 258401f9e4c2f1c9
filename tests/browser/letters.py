"""Mails as people get them, and two that nobody wants: for the tests that look at how one message is shown."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

NEWSLETTER = """<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="https://cdn.kiln.example/mail.css">
<style>body{margin:0;background:#f6f1ea;font-family:Georgia,serif;color:#33281f}
.card{max-width:600px;margin:24px auto;padding:32px;background:#fff;border-radius:12px}
.b{display:inline-block;padding:12px 22px;background:#b4552d;color:#fff;border-radius:6px;text-decoration:none}
@media (prefers-color-scheme: dark){body{background:#14110f;color:#eadfd3}.card{background:#221c18}}
@media (max-width:500px){.card{margin:0;border-radius:0}}</style></head><body>
<div class="card"><h1>New in the kiln</h1><p>Four glazes, one firing. The autumn series is here &ndash; and it is
small.</p>
<p><img src="https://cdn.kiln.example/autumn.jpg" alt="Autumn cups" width="536" height="240"></p>
<p><a class="b" href="https://kiln.example/autumn?utm_source=mail">See the series</a></p>
<p>Or pay at <a href="https://pay.kiln-bank.test/login">www.kiln.example/pay</a>.</p>
<p style="font-size:12px"><a href="https://kiln.example/leave">Leave this list</a></p>
<img src="https://t.kiln.example/o.gif?id=4711" width="1" height="1" alt=""></div></body></html>"""

ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:glaze@kiln.example\r\n"
    "DTSTART:20261126T090000Z\r\nDTEND:20261126T100000Z\r\nSUMMARY:Glaze tasting\r\n"
    "ORGANIZER:mailto:mia@kiln.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
WAY = (
    "Received: from out.kiln.example (out.kiln.example [192.0.2.25])\r\n"
    "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
    "\tby mx.example.test (Postfix) with ESMTPS id 4XyZ12\r\n"
    "\tfor <anna.keller@example.test>; Mon, 23 Nov 2026 14:04:31 +0100\r\n"
    "Received: from app-7 (unknown [10.0.3.7]) by out.kiln.example with ESMTP id 9Qw;\r\n"
    "\tMon, 23 Nov 2026 13:02:11 +0000\r\n"
    "Received: something that is no trace\r\n"
    "Authentication-Results: mx.example.test; spf=pass smtp.mailfrom=kiln.example;\r\n"
    "\tdkim=pass header.d=kiln.example; dmarc=fail (p=none) header.from=kiln.example\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; d=kiln.example; s=mail1; h=From:To:Subject; bh=abc=; b=def=\r\n"
)


def _letter(subject: str, text: str, *, sender: str = "Kiln Studio <news@kiln.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Anna Keller <anna.keller@example.test>"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 14:02:11 +0100"
    message["Message-ID"] = "<letter@kiln.example>"
    message.set_content(text)
    return message


def newsletter() -> bytes:
    """HTML with remote content, a tracking pixel, a link that pretends, a way here and a list to leave."""
    message = _letter("New in the kiln: the autumn series", "Four glazes, one firing.\n\nhttps://kiln.example/autumn\n")
    message["List-Unsubscribe"] = "<https://kiln.example/leave>, <mailto:leave@kiln.example>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.add_alternative(NEWSLETTER, subtype="html")
    return WAY.encode() + message.as_bytes(policy=SMTP)


def invoice(png: Callable[..., bytes]) -> bytes:
    """HTML with a picture in it, and files: a PDF, a table, a program that looks like a PDF."""
    message = _letter("Invoice 2026-118", "Please find the invoice attached.\n\n-- \nKiln Studio\nKilngasse 4\n")
    message.add_alternative(
        '<p><img src="cid:logo@kiln" alt="Kiln"></p><p>Please find the invoice attached.', subtype="html"
    )
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(
        png(132, 36, (180, 85, 45), (226, 170, 120)), "image", "png", cid="<logo@kiln>", filename="logo.png"
    )
    message.add_attachment(b"%PDF-1.7 made up", "application", "pdf", filename="invoice-2026-118.pdf")
    message.add_attachment("item,sum\ncups,72.00\nsaucers,38.00\n", subtype="csv", filename="items.csv")
    message.add_attachment(b"MZ made up", "application", "octet-stream", filename="invoice\u202efdp.exe")
    message.add_attachment(png(320, 200, (214, 198, 170), (120, 140, 110)), "image", "jpeg", filename="cups.jpg")
    return message.as_bytes(policy=SMTP)


def invite() -> bytes:
    """A calendar invitation, with the answer to a question quoted."""
    text = (
        "Good, then on Thursday.\n\nOn Monday Anna wrote:\n> Shall we taste the glazes?\n>> I have new ones.\n"
        ">> See https://kiln.example/glazes\n> Thursday suits me.\n\n-- \nMia, Kiln Studio\n"
    )
    message = _letter("Glaze tasting", text, sender="Mia Brandt <mia@kiln.example>")
    message.add_attachment(ICS, subtype="calendar", filename="invite.ics", params={"method": "REQUEST"})
    return message.as_bytes(policy=SMTP)


def right_to_left() -> bytes:
    """Hebrew and Arabic with Latin words and emoji between them."""
    text = (
        "שלום אנה,\n\nההזמנה 4711 בדרך אלייך 🎉\nhttps://kiln.example/4711\n\n"
        "مرحبا، طلبك رقم 4711 في الطريق.\n\nHello Anna.\n"
    )
    message = _letter("ההזמנה שלך 4711 🎉 أُرسلت", text, sender="סטודיו קילן <shop@kiln.example>")
    message.add_alternative(f'<div dir="auto">{text.replace(chr(10), "<br>")}</div>', subtype="html")
    return message.as_bytes(policy=SMTP)


def bounce() -> bytes:
    """A report of a mail that could not be delivered, with the mail in it."""
    returned = _letter("Your order 4711", "Thank you for your order.\n").as_bytes(policy=SMTP)
    return (
        b"From: Mail Delivery System <mailer-daemon@mx.example.test>\r\nTo: news@kiln.example\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\nDate: Mon, 23 Nov 2026 14:05:00 +0100\r\n"
        b"Message-ID: <bounce@mx.example.test>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nI could not deliver your message: user unknown.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test\r\n\r\n"
        b"Final-Recipient: rfc822; anna.keller@example.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + returned + b"\r\n--b--\r\n"
    )


def monster() -> bytes:
    """A header of 1 MB, 1,000 addresses, 1,000 parts, mails in mails, and a line of 1 MB."""
    people = ", ".join(f"Person {number} <p{number}@example.test>" for number in range(1_000))
    parts = "".join(
        f"--b\r\nContent-Type: text/plain; name=part-{number}.txt\r\n\r\npart {number}\r\n" for number in range(998)
    )
    level = 'Content-Type: multipart/mixed; boundary="n{0}"\r\n\r\n--n{0}\r\nContent-Type: message/rfc822\r\n\r\n'
    nested = "".join(f"Subject: level {number}\r\n" + level.format(number) for number in range(100))
    return (
        f"From: Monster <monster@example.test>\r\nTo: {people}\r\nSubject: {'Monster ' * 200}\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/mixed; boundary="b"\r\nX-Long: {"x" * 1_000_000}\r\n\r\n'
        f"--b\r\n\r\n{'w' * 1_000_000}\r\n{parts}--b\r\nContent-Type: message/rfc822\r\n\r\n{nested}\r\n--b--\r\n"
    ).encode()
