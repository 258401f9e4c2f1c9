"""A shop that mails a receipt for each sale. It is configured once, when it opens."""

import smtplib
from dataclasses import dataclass
from decimal import Decimal
from email.message import EmailMessage


@dataclass(frozen=True)
class Shop:
    """Where mail is handed over, once for all sales."""

    host: str
    port: int

    def sell(self, buyer: str, prices: list[str]) -> None:
        """Sell things at these prices, and mail the receipt."""
        total = sum((Decimal(price) for price in prices), Decimal(0))
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = "shop@x.test", buyer, f"Your receipt: {total:.2f}"
        letter.set_content("Thank you.\n")
        lines = "".join(f"{price:>10}\n" for price in [*prices, "-" * 10, f"{total:.2f}"])
        letter.add_attachment(lines, filename="receipt.txt")
        with smtplib.SMTP(self.host, self.port) as client:
            client.send_message(letter)
