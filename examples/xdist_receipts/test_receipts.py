"""Receipts, by two workers of pytest-xdist. Each has a server of its own, so both can sell to the same buyer."""

import pytest
from xdist_receipts.receipts import Shop

from mailtrap_lite import Mail, Server

SALES = [(["1.10"], "1.10"), (["2.00", "3.50"], "5.50"), ([], "0.00"), (["0.1", "0.2"], "0.30")]


@pytest.fixture(scope="session")
def shop(mailtrap_session: Server) -> Shop:
    """The shop, which opens once in each worker."""
    return Shop(mailtrap_session.smtp.host, mailtrap_session.smtp.port)


@pytest.mark.parametrize("again", range(10))
@pytest.mark.parametrize(("prices", "total"), SALES)
def test_a_buyer_gets_one_receipt(
    shop: Shop, mailtrap_session: Server, prices: list[str], total: str, again: int
) -> None:
    shop.sell("bob@x.test", prices)

    message = mailtrap_session.wait_for(to="bob@x.test")
    assert message == Mail(subject=f"Your receipt: {total}", attachments=["receipt.txt"])
    assert message.attachment().text.splitlines()[-1].strip() == total
    mailtrap_session.assert_sent(count=1)


def test_a_worker_sees_its_own_mail_only(shop: Shop, mailtrap_session: Server, testrun_uid: str) -> None:
    assert mailtrap_session.messages == []
    assert testrun_uid  # of pytest-xdist
