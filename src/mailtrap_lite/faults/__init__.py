"""Faults on purpose: stage, match, action and count, as values. No clock, no chance and no socket of its own."""

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
