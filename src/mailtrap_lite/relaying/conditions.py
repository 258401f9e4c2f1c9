"""Which mail moves on by itself, and which is copied: lines of conditions, as `to=*@example.test user=alice`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.match import fits
from mailtrap_lite.message import Envelope, Recipient

ALL: Final = "all"
CONDITIONS: Final = ("to", "user", "sandbox")
RULE: Final = "all, or to=ADDRESS, user=NAME and sandbox=NAME, which may have * in them, for example to=*@example.test"
FORWARD: Final = "CONDITIONS -> ADDRESS, or several addresses with commas, for example to=bob@* -> archive@example.test"


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to hold of a recipient of a mail. Patterns; "" asks for nothing."""

    to: str = ""
    user: str = ""
    sandbox: str = ""

    def holds(self, envelope: Envelope, recipient: Recipient, *, sandbox: str) -> bool:
        """Return whether it does. A mail without a login has no user, and none is asked for matches no pattern."""
        asked = (
            (self.to, recipient.address),
            (self.user, envelope.user or ""),
            (self.sandbox, sandbox),
        )
        return all(not pattern or (value != "" and fits(pattern, value, fold=True)) for pattern, value in asked)


@dataclass(frozen=True, slots=True)
class Forward:
    """A copy of what meets a condition, to these addresses."""

    condition: Condition
    addresses: tuple[str, ...]


def condition_of(text: str, *, setting: str = "relay_rules", allowed: str = RULE) -> Condition:
    """Read a line of conditions; raises BadSetting."""
    words = text.split()
    if words == [ALL]:
        return Condition()
    given: dict[str, str] = {}
    for word in words:
        name, equals, pattern = word.partition("=")
        if name not in CONDITIONS or not equals or not pattern or name in given:
            raise BadSetting(f"{setting}: {text!r} is not {allowed}")
        given[name] = pattern
    if not given:
        raise BadSetting(f"{setting}: {text!r} is not {allowed}")
    return Condition(**given)


def forward_of(text: str) -> Forward:
    """Read a line of relay_forward; raises BadSetting."""
    conditions, _, to = text.partition("->")
    addresses = tuple(each.strip() for each in to.split(",") if each.strip())
    if not addresses or not all(is_address(each) for each in addresses):
        raise BadSetting(f"relay_forward: {text!r} is not {FORWARD}")
    return Forward(condition_of(conditions.strip(), setting="relay_forward", allowed=FORWARD), addresses)


def is_address(text: str) -> bool:
    """Return whether a text can stand in RCPT TO: two parts, and nothing that would end the path."""
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and text.isprintable() and not set(text) & set(' <>"(),;:\\')
