"""The list of what is overridden of aiosmtpd, held against the classes."""

from __future__ import annotations

from aiosmtpd.smtp import SMTP

from mailtrap_lite.smtp.dialogue import Dialogue
from mailtrap_lite.smtp.overridden import EVERYWHERE, OVERRIDDEN, REPLACED
from mailtrap_lite.smtp.protocol import CaptureSMTP
from mailtrap_lite.smtp.verbs import VERBS
from mailtrap_lite.smtp.wire import Wire

# What Python gives to each class, and annotations.
_OF_EVERY_CLASS = {"__module__", "__doc__", "__annotations__", "__init__"}


def test_the_list_names_what_is_overridden_and_nothing_else() -> None:
    ours = {name for kind in (Wire, Dialogue, CaptureSMTP) for name in vars(kind)} - (_OF_EVERY_CLASS - {"__init__"})
    theirs = set(dir(SMTP)) | {"tls_context", "_auth_required"}  # these two are set by its constructor

    assert ours & theirs == set(OVERRIDDEN)


def test_the_list_names_the_verbs_that_are_not_upstreams() -> None:
    theirs = {name for name in vars(SMTP) if name.startswith("smtp_")}
    stock = {f"smtp_{verb}" for verb, does in VERBS.items() if does.__qualname__.startswith("_stock")}

    assert stock == {"smtp_EXPN"}
    assert theirs - stock == set(REPLACED)


def test_each_has_a_reason() -> None:
    for reason in (*OVERRIDDEN.values(), *REPLACED.values(), *EVERYWHERE):
        assert len(reason) > 30
        assert reason.endswith(".")
