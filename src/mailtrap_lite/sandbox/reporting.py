"""Bounces and complaints, delivered to who sent the mail as any other mail is. Knows no wire format."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Message
from mailtrap_lite.reports import Reporter, bounce, complaint

if TYPE_CHECKING:
    from mailtrap_lite.sandbox.sandbox import Sandbox

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


def bounced(
    sandbox: Sandbox, message: Message, *, status: str, to: Sequence[str] | None, reason: str | None
) -> Message:
    """Deliver a bounce to the sender of a message, from the null sender (RFC 3464 section 2); raises BadMail."""
    raw = bounce(message, status=status, by=_reporter(sandbox), to=to, reason=reason)
    return sandbox.deliver(raw, to=message.envelope.sender)


def complained(sandbox: Sandbox, message: Message, *, to: str | None, kind: str) -> Message:
    """Deliver a complaint to the sender of a message, or to who asked for them; raises BadMail."""
    receiver = to or message.envelope.sender
    if not receiver:
        raise BadMail("the sender of this mail is <>; say with to= who gets the complaint")
    return sandbox.deliver(complaint(message, by=_reporter(sandbox), to=receiver, kind=kind), to=receiver)


def _reporter(sandbox: Sandbox) -> Reporter:
    return Reporter(sandbox.settings.hostname, sandbox.clock(), secrets.token_hex(12))
