"""Which occasion for a fault a command of SMTP is. Knows the transaction; what a fault does is not known here.

Only what would be done is an occasion: a command out of order, or one that cannot be read, is refused as always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from mailtrap_lite.faults import Stage
from mailtrap_lite.message import Recipient
from mailtrap_lite.smtp.path import forward_path, reverse_path
from mailtrap_lite.smtp.replies import Refused
from mailtrap_lite.smtp.transaction import Transfer

if TYPE_CHECKING:
    from mailtrap_lite.faults import Occasion
    from mailtrap_lite.smtp.dialogue import Dialogue


def occasion_of(smtp: Dialogue, name: str, argument: str) -> Occasion | None:
    """Return the occasion that a command is, or None."""
    find = _OCCASIONS.get(name.upper())
    try:
        return find(smtp, argument) if find is not None else None
    except Refused:
        return None


def occasion_in(smtp: Dialogue, stage: Stage, recipients: Sequence[Recipient]) -> Occasion:
    """Return the occasion that a stage of the open transaction is, for some of its recipients."""
    return smtp.occasion(
        stage,
        sender=smtp.envelope.mail_from,
        recipients=tuple(each.address for each in recipients),
        user=smtp.session.known_as,
    )


def _greeting(smtp: Dialogue, argument: str) -> Occasion | None:
    return smtp.occasion(Stage.EHLO, user=smtp.session.known_as) if argument else None


def _starttls(smtp: Dialogue, argument: str) -> Occasion | None:
    possible = not argument and "STARTTLS" in smtp.offer and smtp.session.extended_smtp
    return smtp.occasion(Stage.STARTTLS) if possible else None


def _mail(smtp: Dialogue, argument: str) -> Occasion | None:
    if smtp.envelope.is_open or not smtp.session.host_name:
        return None
    return smtp.occasion(Stage.MAIL, sender=reverse_path(argument).address, user=smtp.session.known_as)


def _rcpt(smtp: Dialogue, argument: str) -> Occasion | None:
    if not smtp.envelope.is_open or smtp.envelope.transfer in (Transfer.BEGUN, Transfer.SPOILED):
        return None
    return occasion_in(smtp, Stage.RCPT, [Recipient(forward_path(argument).address)])


def _data(smtp: Dialogue, argument: str) -> Occasion | None:
    possible = smtp.envelope.transfer is Transfer.ANY and smtp.envelope.recipients and not argument
    return occasion_in(smtp, Stage.DATA, smtp.envelope.recipients) if possible else None


def _bdat(smtp: Dialogue, argument: str) -> Occasion | None:
    possible = smtp.envelope.transfer in (Transfer.ANY, Transfer.CHUNKS) and smtp.envelope.recipients
    return occasion_in(smtp, Stage.DATA, smtp.envelope.recipients) if possible and "CHUNKING" in smtp.offer else None


def _quit(smtp: Dialogue, argument: str) -> Occasion | None:
    return smtp.occasion(Stage.QUIT, user=smtp.session.known_as) if not argument else None


# AUTH is asked about when its credentials are known to be good.
_OCCASIONS: Final[dict[str, Callable[[Dialogue, str], Occasion | None]]] = {
    "EHLO": _greeting,
    "HELO": _greeting,
    "LHLO": _greeting,
    "STARTTLS": _starttls,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _data,
    "BDAT": _bdat,
    "QUIT": _quit,
}
