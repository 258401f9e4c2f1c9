"""Envelopes in a column: what is written is read again, and rows of older versions are read too."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Envelope, Origin, Recipient
from mailtrap_lite.store.rows import envelope_of_text, envelope_to_text

OLD = '["a@x.test",[["b@x.test","NOTIFY=NEVER"]],["SIZE=3"],"127.0.0.1:4711","h","bob","TLSv1.3","s1","smtp"]'
ENVELOPE = Envelope(
    sender="a@x.test",
    recipients=(Recipient("b@x.test", ("NOTIFY=NEVER",)),),
    options=("SIZE=3",),
    client="127.0.0.1:4711",
    helo="h",
    user="bob",
    tls="TLSv1.3",
    session="s1",
    origin=Origin.SMTP,
)


def test_a_row_without_remarks_has_none() -> None:
    assert envelope_of_text(OLD) == ENVELOPE
    assert ENVELOPE.remarks == ()


@pytest.mark.parametrize("remarks", [(), ("early-data", "unstuffed-dot", "early-data")], ids=["none", "some"])
def test_remarks_come_back_in_their_order(remarks: tuple[str, ...]) -> None:
    envelope = Envelope("", (Recipient("b@x.test"),), remarks=remarks)

    assert envelope_of_text(envelope_to_text(envelope)) == envelope
