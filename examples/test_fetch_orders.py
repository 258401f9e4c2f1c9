"""Code that fetches mail over POP3, and its tests: mail is planted, the mailbox is looked at afterwards."""

import email
import poplib
from email.policy import default

from mailtrap_lite import Server


def fetch_orders(host: str, port: int, user: str, password: str) -> list[str]:
    """The code under test: takes each order out of a mailbox and leaves what is no order."""
    orders = []
    maildrop = poplib.POP3(host, port)
    try:
        maildrop.user(user)
        maildrop.pass_(password)
        for number in range(1, maildrop.stat()[0] + 1):
            letter = email.message_from_bytes(b"\r\n".join(maildrop.retr(number)[1]), policy=default)
            subject = str(letter["Subject"])
            if subject.startswith("Order "):
                orders.append(subject.removeprefix("Order "))
                maildrop.dele(number)
    finally:
        maildrop.quit()
    return orders


def test_orders_are_taken_and_the_rest_stays(mailtrap: Server) -> None:
    orders = mailtrap.mailbox("orders@shop.test")
    orders.deliver(b"Subject: Order 4711\r\n\r\n1 teapot\r\n")
    orders.deliver(b"Subject: When do you open?\r\n\r\n")
    orders.deliver(b"Subject: Order 4712\r\n\r\n2 cups\r\n")

    found = fetch_orders(mailtrap.pop3.host, mailtrap.pop3.port, "orders@shop.test", "secret")

    assert found == ["4711", "4712"]
    assert [message.subject for message in orders.messages] == ["When do you open?"]
    assert [delivery.deleted_by for message in mailtrap.messages for delivery in message.deliveries] == [
        "orders@shop.test",
        None,
        "orders@shop.test",
    ]


def test_an_empty_mailbox_is_no_error(mailtrap: Server) -> None:
    assert fetch_orders(mailtrap.pop3.host, mailtrap.pop3.port, "orders@shop.test", "secret") == []
