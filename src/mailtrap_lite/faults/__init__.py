"""Faults on purpose: stage, match, action and count, as values. No clock, no chance and no socket of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mailtrap_lite.faults.stages import Stage  # every door asks at its stages

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
    from mailtrap_lite.faults.standing import ActiveFault

# The names are imported when one of them is first used: most servers never have a fault, and it costs each suite's
# first test. All at once: whoever takes modules out of sys.modules meanwhile, as pytester does after a suite in its own
# process, would have us match the actions of one import with the classes of another, and no fault would happen.
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
    "mailtrap_lite.faults.standing": ("ActiveFault",),
}
_LATER = frozenset(name for names in _HOMES.values() for name in names)

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
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for home, names in _HOMES.items():
        module = import_module(home)
        globals().update({each: getattr(module, each) for each in names})
    value: object = globals()[name]
    return value
