"""The test mail: as a good application writes it, so that each view of a message has something to show."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mailtrap_lite.web.english import t

SENDER = "hello@shop.example"
RECIPIENT = "alice@example.test"


def sample(now: float) -> bytes:
    """Return the mail: text and HTML, a picture in it, and an attachment. now: seconds since the epoch."""
    mail = EmailMessage()
    mail["From"] = f"{t('sample.from')} <{SENDER}>"
    mail["To"] = f"{t('sample.to')} <{RECIPIENT}>"
    mail["Subject"] = t("sample.subject")
    mail["Date"] = format_datetime(datetime.fromtimestamp(int(now), UTC))
    mail["Message-ID"] = f"<{int(now * 1000)}@shop.example>"
    mail["List-Unsubscribe"] = "<https://shop.example/unsubscribe>"
    mail.set_content(f"{t('sample.greeting')}\n\n{t('sample.text')}\n\n{t('sample.link')}: https://shop.example/\n")
    mail.add_alternative(_HTML.format_map({name: t(f"sample.{name}") for name in _WORDS}), subtype="html")
    *_, html = mail.iter_parts()
    html.add_related(_picture(), "image", "png", cid="<picture@shop.example>", filename="picture.png")
    mail.add_attachment("date,amount\n2026-11-24,116.90\n", "csv", filename="receipt.csv")
    return mail.as_bytes(policy=SMTP)


_WORDS = ("subject", "greeting", "text", "link", "foot")
_HTML = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin: 0; padding: 32px 16px; background: #eef2f0; font-family: Arial, sans-serif; color: #1b2422">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="520" cellpadding="0" cellspacing="0"
 style="width: 100%; max-width: 520px; background: #ffffff; border-radius: 12px; overflow: hidden">
<tr><td><img src="cid:picture@shop.example" alt="" width="520"
 style="display: block; width: 100%; height: auto"></td></tr>
<tr><td style="padding: 28px 32px">
<h1 style="margin: 0 0 12px; font-size: 22px">{subject}</h1>
<p style="margin: 0 0 8px; font-size: 15px; line-height: 1.5">{greeting}</p>
<p style="margin: 0 0 24px; font-size: 15px; line-height: 1.5">{text}</p>
<a href="https://shop.example/" style="display: inline-block; padding: 12px 20px; color: #ffffff;
 background: #0d7377; border-radius: 8px; font-size: 15px; text-decoration: none">{link}</a>
<p style="margin: 28px 0 0; font-size: 12px; color: #68756f">{foot}</p>
</td></tr></table></td></tr></table>
</body>
</html>
"""


def _picture(width: int = 520, height: int = 120) -> bytes:
    """Return a PNG: a gradient."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    first, last = (13, 115, 119), (127, 216, 206)
    line = b"".join(bytes(a + (b - a) * x // width for a, b in zip(first, last, strict=True)) for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress((b"\0" + line) * height)),
            chunk(b"IEND", b""),
        )
    )
