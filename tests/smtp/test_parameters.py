"""The ESMTP parameters of MAIL and RCPT."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.settings import EXTENSIONS
from mailtrap_lite.smtp.parameters import MailOptions, check_rcpt_options, mail_options
from mailtrap_lite.smtp.replies import Refused


@pytest.mark.parametrize(
    ("options", "meaning"),
    [
        ((), MailOptions()),
        (("SIZE=0",), MailOptions(size=0)),
        (("size=12", "Body=7bit", "smtputf8", "AUTH=<>"), MailOptions(smtputf8=True, size=12)),
        (("BODY=BinaryMIME", "REQUIRETLS"), MailOptions(binary=True)),
        (("RET=FULL", "ENVID=QQ314159", "BODY=8BITMIME"), MailOptions()),
    ],
)
def test_mail_parameters(options: tuple[str, ...], meaning: MailOptions) -> None:
    assert mail_options(options, EXTENSIONS) == meaning


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("SIZE=",), 501),
        (("SIZE=\uff11",), 501),
        (("SIZE=" + "1" * 21,), 501),
        (("BODY=9BIT",), 501),
        (("SIZE=1", "size=1"), 501),
        (("-X=1",), 501),
        (("X_Y=1",), 501),
        (("X=1",), 555),
        (("X-Y=1",), 555),
        (("NOTIFY=NEVER",), 555),
    ],
)
def test_bad_mail_parameters(options: tuple[str, ...], code: int) -> None:
    with pytest.raises(Refused) as refusal:
        mail_options(options, EXTENSIONS)

    assert (refusal.value.reply.code, refusal.value.reply.enhanced) == (code, "5.5.4")


@pytest.mark.parametrize(
    ("option", "extension"),
    [
        ("SIZE=1", "SIZE"),
        ("BODY=8BITMIME", "8BITMIME"),
        ("SMTPUTF8", "SMTPUTF8"),
        ("AUTH=<>", "AUTH"),
        ("RET=HDRS", "DSN"),
        ("ENVID=x", "DSN"),
        ("REQUIRETLS", "REQUIRETLS"),
    ],
)
def test_a_parameter_belongs_to_its_extension(option: str, extension: str) -> None:
    mail_options((option,), {extension})
    with pytest.raises(Refused, match=r"555 5\.5\.4"):
        mail_options((option,), {"HELP"})


@pytest.mark.parametrize("option", ["NOTIFY=NEVER", "notify=success,delay", "ORCPT=rfc822;Bob+2Btag@x.test"])
def test_rcpt_parameters(option: str) -> None:
    check_rcpt_options((option,), {"DSN"})
    with pytest.raises(Refused, match=r"555 5\.5\.4"):
        check_rcpt_options((option,), {"SIZE"})


@given(st.lists(st.text(max_size=30), max_size=4).map(tuple))
def test_whatever_is_said_there_is_a_meaning_or_a_refusal(options: tuple[str, ...]) -> None:
    with contextlib.suppress(Refused):
        mail_options(options, EXTENSIONS)
    with contextlib.suppress(Refused):
        check_rcpt_options(options, EXTENSIONS)
