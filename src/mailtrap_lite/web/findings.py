"""What lint objects to in a message, as the API and the pages show it. It knows no rule."""

from __future__ import annotations

from typing import Protocol

from mailtrap_lite.message import Message


class Finding(Protocol):
    """One objection. code: its stable name. text: a sentence. refusable: a strict receiver refuses the mail for it."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def refusable(self) -> bool: ...
    @property
    def rfc(self) -> str: ...


def findings(message: Message) -> tuple[Finding, ...]:
    """Return what is wrong with a message, in the order in which lint says it."""
    # At the merge with lint this line becomes `return message.lint`, and Finding is lint's own.
    found: tuple[Finding, ...] = getattr(message, "lint", ())
    return found
