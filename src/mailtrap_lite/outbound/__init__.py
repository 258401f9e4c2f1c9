"""The one way out: whatever connects to another machine, because a person asked for it, connects through here."""

from mailtrap_lite.outbound.client import Outbound, Outcome
from mailtrap_lite.outbound.rules import Allowed, Forbidden, objection

__all__ = ["Allowed", "Forbidden", "Outbound", "Outcome", "objection"]
