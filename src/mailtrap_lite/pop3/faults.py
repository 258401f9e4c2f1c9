"""Where POP3 can misbehave on purpose: which command is which stage, and other unique-ids. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeAlias

from mailtrap_lite.faults import ActiveFault, Stage

# Returns the fault that happens at a stage, to a user, or None.
Asked: TypeAlias = Callable[[Stage, str | None], ActiveFault | None]

# A login is asked about when its credentials are known to be good.
STAGES: Final[dict[str, Stage]] = {
    stage.value: stage
    for stage in (
        *(Stage.CAPA, Stage.STLS, Stage.STAT, Stage.LIST, Stage.UIDL, Stage.RETR, Stage.TOP, Stage.DELE, Stage.QUIT),
    )
}


def no_fault(stage: Stage, user: str | None) -> None:
    """Return that nothing goes wrong."""


def changed_uid(uid: str, mark: str) -> str:
    """Return another unique-id, always the same for the same mark: 40 characters (RFC 1939 section 7 has 70)."""
    return hashlib.sha1(f"{mark} {uid}".encode(), usedforsecurity=False).hexdigest()
