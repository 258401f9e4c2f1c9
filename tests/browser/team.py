"""What a team's test run leaves behind, for pictures and for the tests of whole views; and the pictures in its mail."""

from __future__ import annotations

import smtplib
import struct
import tomllib
import zlib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from mailtrap_lite import Server

REALISTIC = Path(__file__).parent / "realistic"
PDF = b"%PDF-1.7 made up"
RECIPIENTS = ["anna.keller@example.test", "orders@shop.example", "archive@example.test"]
Colour = tuple[int, int, int]


def fill(mail: Server) -> None:
    """Leave it behind in a server: eleven mails, of which the last was sent over SMTP."""
    for row in tomllib.loads((REALISTIC / "inbox.toml").read_text("utf-8"))["mail"]:
        message = written(row["from"], row["to"], row["subject"], row["text"] + "\n")
        if "attached" in row:
            message.add_attachment(PDF, "application", "pdf", filename=row["attached"])
        received = mail.sandbox.clock() - row["age"] * 60
        planted = mail.sandbox.deliver(message, to=row["to"], sender="", received_at=received)
        if row.get("read"):
            mail.sandbox.mark_read([planted.id])
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=10) as smtp:
        smtp.login("shop-staging", "made-up")
        smtp.sendmail("bounces+4711@shop.example", RECIPIENTS, order().as_bytes(policy=SMTP))


def order() -> EmailMessage:
    """Return a receipt as a shop sends it."""
    sums = "4 cups, sand     72.00\n4 saucers, moss  38.00\nShipping          6.90\n\nTotal EUR       116.90\n"
    message = written(
        "Kiln Studio <hello@shop.example>",
        "Anna Keller <anna.keller@example.test>",
        "Your order 4711 is confirmed",
        f"Thank you for your order, Anna.\n\n{sums}",
    )
    message["Cc"] = "orders@shop.example"
    message["Date"] = "Mon, 23 Nov 2026 14:02:11 +0100"
    message["Message-ID"] = "<order-4711@shop.example>"
    message.add_alternative((REALISTIC / "receipt.html").read_text("utf-8"), subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    logo, cups = png(132, 36, (180, 85, 45), (226, 170, 120)), png(640, 420, (214, 198, 170), (120, 140, 110))
    html.add_related(logo, "image", "png", cid="<logo@shop>", filename="logo.png")
    message.add_attachment(cups, "image", "png", filename="cups.png")
    message.add_attachment(PDF, "application", "pdf", filename="order-4711.pdf")
    return message


def written(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail with a text."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    return message


def png(width: int, height: int, first: Colour, last: Colour) -> bytes:
    """Return a picture: a gradient between two colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for y in range(height):
        row = (
            bytes(a + (b - a) * (x + y) // (width + height) for a, b in zip(first, last, strict=True))
            for x in range(width)
        )
        rows += b"\0" + b"".join(row)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data
