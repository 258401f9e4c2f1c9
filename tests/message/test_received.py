"""The way of a mail, read out of its Received fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.message.received import Broken, Hop, hop_in, hops

POSTFIX = (
    "from mail.a.test (mail.a.test [192.0.2.7]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) "
    "by mx.b.test (Postfix) with ESMTPS id 4XyZ for <ann@b.test>; Mon, 23 Nov 2026 14:02:11 +0100 (CET)"
)


def test_a_hop_is_read_out() -> None:
    hop = hop_in(POSTFIX)

    assert (hop.sender, hop.by, hop.protocol, hop.id, hop.recipient) == (
        "mail.a.test",
        "mx.b.test",
        "ESMTPS",
        "4XyZ",
        "ann@b.test",
    )
    assert hop.remark.startswith("mail.a.test [192.0.2.7]; using TLSv1.3")
    assert (hop.tls, hop.broken) == ("TLSv1.3", ())
    assert hop.time is not None
    assert hop.time.isoformat() == "2026-11-23T14:02:11+01:00"


def test_the_way_begins_with_the_last_field_and_has_delays() -> None:
    found = hops(
        [
            "from b by c; Mon, 23 Nov 2026 14:02:10 +0000",
            "from x by b",
            "from a by b; Mon, 23 Nov 2026 14:02:01 +0000",
            "by a; Mon, 23 Nov 2026 15:02:05 +0100",
        ]
    )

    assert [(hop.by, hop.delay) for hop in found] == [("a", None), ("b", -4.0), ("b", None), ("c", 9.0)]
    assert [hop.broken for hop in found] == [(), (Broken.BACK_IN_TIME,), (Broken.NO_DATE,), ()]


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("", (Broken.UNREADABLE, Broken.NO_DATE)),
        ("nonsense", (Broken.UNREADABLE, Broken.NO_DATE)),
        ("from a; Mon, 23 Nov 2026 14:02:10 +0000", (Broken.NO_BY,)),
        ("from a by b; yesterday", (Broken.BAD_DATE,)),
        ("from a by b", (Broken.NO_DATE,)),
    ],
    ids=["empty", "no clause", "no by", "no date in it", "no date"],
)
def test_what_is_wrong_is_said(field: str, broken: tuple[Broken, ...]) -> None:
    assert hop_in(field).broken == broken


@pytest.mark.parametrize(
    ("field", "tls"),
    [
        ("from a by b with ESMTP", ""),
        ("from a by b with SMTP", ""),
        ("from a by b with ESMTPSA", "yes"),
        ("from a by b with UTF8SMTPS", "yes"),
        ("from a by b (version=TLS1_2 cipher=X)", "TLSv1.2"),
        ("from a by b with LMTP", ""),
    ],
)
def test_tls_is_told_by_the_protocol_or_a_comment(field: str, tls: str) -> None:
    assert hop_in(field).tls == tls


def test_the_newest_100_hops_are_read() -> None:
    assert len(hops(["from a by b"] * 1_000)) == 100


@given(
    fields=st.lists(
        st.lists(st.sampled_from(["from", "by", "with", "for", "(", ")", "\\", ";", " ", "a", "\0"])), max_size=4
    )
)
def test_no_field_raises(fields: list[list[str]]) -> None:
    assert all(isinstance(hop, Hop) for hop in hops("".join(field) for field in fields))
