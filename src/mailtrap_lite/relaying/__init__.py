"""The rules by which mail moves on: what may leave, where it goes, when it is tried again. Pure; it sends nothing."""

from mailtrap_lite.relaying.policy import Policy, policy_of
from mailtrap_lite.relaying.routes import Route
from mailtrap_lite.relaying.schedule import Schedule

__all__ = ["Policy", "Route", "Schedule", "policy_of"]
