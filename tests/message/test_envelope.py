"""The envelope: what SMTP said, kept exactly."""

from __future__ import annotations

import dataclasses

import pytest

from mailtrap_lite.message import Envelope, Origin, Recipient


def test_an_envelope_of_addresses_keeps_order_spelling_and_duplicates() -> None:
    envelope = Envelope.of("", ["B@x.test", "a@x.test", "B@x.test"])

    assert envelope == Envelope(
        "", (Recipient("B@x.test"), Recipient("a@x.test"), Recipient("B@x.test")), origin=Origin.PLANTED
    )
    assert envelope.addresses == ("B@x.test", "a@x.test", "B@x.test")
    assert [str(recipient) for recipient in envelope.recipients] == ["B@x.test", "a@x.test", "B@x.test"]


def test_an_envelope_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Envelope.of("a@x.test", []).sender = "b@x.test"  # type: ignore[misc]
