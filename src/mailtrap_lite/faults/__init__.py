"""Faults on purpose: stage, match, action and count, as values. No clock, no chance and no socket of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtrap_lite.faults.actions import (
        AcceptThenDrop,
        Action,
        BadCertificate,
        ChangeUidl,
        Delay,
        Drip,
        Drop,
        DropAfter,
        Err,
        FailHandshake,
        Flaw,
        Hide,
        Reset,
        Stall,
    )
    from mailtrap_lite.faults.counting import Always, Chance, Count, Every, Greylist, Nth, Times
    from mailtrap_lite.faults.fault import Fault
    from mailtrap_lite.faults.grammar import fault_of
    from mailtrap_lite.faults.occasion import Hit, Occasion
    from mailtrap_lite.faults.stages import Stage
    from mailtrap_lite.faults.standing import ActiveFault

# Each name is imported when it is first used: most servers never have a fault, and it costs each suite's first test.
_HOMES = {
    "mailtrap_lite.faults.actions": (
        "AcceptThenDrop",
        "Action",
        "BadCertificate",
        "ChangeUidl",
        "Delay",
        "Drip",
        "Drop",
        "DropAfter",
        "Err",
        "FailHandshake",
        "Flaw",
        "Hide",
        "Reset",
        "Stall",
    ),
    "mailtrap_lite.faults.counting": ("Always", "Chance", "Count", "Every", "Greylist", "Nth", "Times"),
    "mailtrap_lite.faults.fault": ("Fault",),
    "mailtrap_lite.faults.grammar": ("fault_of",),
    "mailtrap_lite.faults.occasion": ("Hit", "Occasion"),
    "mailtrap_lite.faults.stages": ("Stage",),
    "mailtrap_lite.faults.standing": ("ActiveFault",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AcceptThenDrop",
    "Action",
    "ActiveFault",
    "Always",
    "BadCertificate",
    "Chance",
    "ChangeUidl",
    "Count",
    "Delay",
    "Drip",
    "Drop",
    "DropAfter",
    "Err",
    "Every",
    "FailHandshake",
    "Fault",
    "Flaw",
    "Greylist",
    "Hide",
    "Hit",
    "Nth",
    "Occasion",
    "Reset",
    "Stage",
    "Stall",
    "Times",
    "fault_of",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
