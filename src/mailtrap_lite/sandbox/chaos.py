"""Chaos: errors at three stages of SMTP, each with a code and a probability, as faults of the sandbox.

A trigger is told by its reply from other faults, so that whoever removes all faults ends chaos too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailtrap_lite.errors import BadFault, Reply
from mailtrap_lite.faults import ActiveFault, Chance, Stage
from mailtrap_lite.sandbox.faults import Faults

STAGES: Final = {"Sender": Stage.MAIL, "Recipient": Stage.RCPT, "Authentication": Stage.AUTH}


@dataclass(frozen=True, slots=True)
class Trigger:
    """An error. code: from 400 to 599. probability: in a hundred; 0 is never."""

    code: int = 451
    probability: int = 0

    def __post_init__(self) -> None:
        if not 400 <= self.code <= 599:
            raise BadFault(f"ErrorCode: {self.code} is not from 400 to 599")
        if not 0 <= self.probability <= 100:
            raise BadFault(f"Probability: {self.probability} is not from 0 to 100")


def triggers(faults: Faults) -> dict[str, Trigger]:
    """Return what each stage of chaos does now."""
    found = dict.fromkeys(STAGES, Trigger())
    for active in faults:
        name = _name_of(active)
        if name and isinstance(active.action, Reply) and isinstance(active.fault.count, Chance):
            found[name] = Trigger(active.action.code, round(active.fault.count.chance * 100))
    return found


def set_triggers(faults: Faults, wanted: Mapping[str, Trigger]) -> None:
    """Have these errors happen, and at stages that are not named none."""
    for active in faults:
        if _name_of(active):
            active.remove()
    for name, trigger in wanted.items():
        if trigger.probability:
            reply = Reply(trigger.code, f"{trigger.code // 100}.0.0", _text(name))
            faults.add(STAGES[name], reply, chance=trigger.probability / 100)


def _text(name: str) -> str:
    return f"Chaos {name.lower()} error"


def _name_of(active: ActiveFault) -> str:
    action = active.action
    texts = {_text(name): name for name in STAGES}
    return texts.get(action.text, "") if isinstance(action, Reply) else ""
