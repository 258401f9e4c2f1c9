"""What is dangerous about the name of an attached file, for a person to see. It makes no name safe."""

from __future__ import annotations

import re
from enum import StrEnum

_PROGRAM = re.compile(
    r"\.(?:exe|com|bat|cmd|scr|pif|msi|msp|cpl|jar|js|jse|vbs?|vbe|wsf|wsh|ps1|psm1|hta|lnk|reg|chm|iso|img|vhdx?|"
    r"app|dmg|pkg|command|sh|desktop|dll|docm|xlsm|pptm|xll|one|svg|html?|xht(?:ml)?|mht(?:ml)?)[ .]*\Z",
    re.IGNORECASE,
)
_DOUBLE = re.compile(r"\.[a-z0-9]{2,5}\s*\.[a-z0-9]{1,8}[ .]*\Z", re.IGNORECASE)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..{0,200})?\Z", re.IGNORECASE)
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 255


class Danger(StrEnum):
    """What is dangerous about a name."""

    PROGRAM = "program"  # opening it may run something
    DOUBLE = "double"  # a second suffix behind a harmless one
    TURNED = "turned"  # characters that turn the writing round, so that exe.txt reads txt.exe
    CONTROL = "control"  # characters that cannot be seen
    PATH = "path"
    DEVICE = "device"  # a name that Windows keeps for itself
    HIDDEN = "hidden"  # begins with a dot or a hyphen
    LONG = "long"


def dangers(name: str) -> tuple[Danger, ...]:
    """Return what is dangerous about a file name; nothing for "". Never raises."""
    program = bool(_PROGRAM.search(name[-100:]))
    checks = {
        Danger.PROGRAM: program,
        Danger.DOUBLE: program and bool(_DOUBLE.search(name[-100:])),
        Danger.TURNED: bool(_TURNS.search(name)),
        Danger.CONTROL: "\ufffd" in name or any(not c.isprintable() and not _TURNS.match(c) for c in name),
        Danger.PATH: bool(re.search(r"[/\\]|\A[a-zA-Z]:", name)),
        Danger.DEVICE: bool(_DEVICE.match(name)),
        Danger.HIDDEN: name.startswith((".", "-")),
        Danger.LONG: len(name.encode("utf-8", "replace")) > _LONGEST,
    }
    return tuple(danger for danger, there in checks.items() if there)
