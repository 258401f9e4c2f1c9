"""A fault as a value: stage, match, action and count. An impossible one cannot be made."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Final

from mailtrap_lite.errors import BadFault
from mailtrap_lite.faults.actions import Action
from mailtrap_lite.faults.counting import Always, Count, Greylist, check_count
from mailtrap_lite.faults.occasion import Occasion
from mailtrap_lite.faults.stages import KNOWN, Stage
from mailtrap_lite.faults.table import check, protocols_for
from mailtrap_lite.message import Protocol

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
CONDITIONS: Final = ("to", "sender", "user", "client", "session", "protocol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Raises BadFault for what is impossible, and says what is possible.

    to, sender, user and client are compared whole, without case, with `*` and `?` as wildcards. to: a recipient; of a
    mail with several, one is enough. sender: the envelope's, "" for the null sender. client: an IP address.
    session: the id of a session. protocol: smtp, lmtp or pop3; each that can do it if None.
    """

    stage: Stage
    action: Action
    to: str | None = None
    sender: str | None = None
    user: str | None = None
    client: str | None = None
    session: str | None = None
    protocol: Protocol | None = None
    count: Count = field(default_factory=Always)

    def __post_init__(self) -> None:
        protocols_for(self.stage, self.action, self.protocol)
        check(self.stage, self.action)
        check_count(self.count)
        for name in ("to", "sender", "user", "client", "session"):
            value = getattr(self, name)
            if value is None:
                continue
            if name in ("to", "sender", "user") and name not in KNOWN[self.stage]:
                known = ", ".join(sorted({*KNOWN[self.stage], "client", "session", "protocol"}))
                raise BadFault(f"{self.stage}: nobody knows {name} there yet; what is known: {known}")
            if not value.isprintable() or any(letter.isspace() for letter in value) or (not value and name != "sender"):
                raise BadFault(f"{self.stage}: {name}={value!r} is not one word")
        if isinstance(self.count, Greylist) and self.stage is not Stage.RCPT:
            raise BadFault(f"{self.stage}: {self.count} is possible at RCPT only")

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """In which it can happen."""
        return protocols_for(self.stage, self.action, self.protocol)

    def matched(self, occasion: Occasion) -> str | None:
        """Return for which address, user or client an occasion fits; None if it does not."""
        if occasion.stage is not self.stage or occasion.protocol not in self.protocols:
            return None
        recipients = occasion.recipients
        if self.to is not None:
            recipients = tuple(each for each in recipients if _globs(self.to, each))
            if not recipients:
                return None
        held = ((self.sender, occasion.sender), (self.user, occasion.user), (self.client, occasion.host))
        if any(glob is not None and (value is None or not _globs(glob, value)) for glob, value in held):
            return None
        if self.session not in (None, occasion.session):
            return None
        if recipients:
            return recipients[0]
        return occasion.sender if occasion.sender is not None else occasion.user or occasion.client

    def __str__(self) -> str:
        said = [f"{name}={getattr(self, name)}" for name in CONDITIONS if getattr(self, name) is not None]
        return " ".join(filter(None, [self.stage, *said, str(self.action), str(self.count)]))


assert {each.name for each in fields(Fault)} == {"stage", "action", "count", *CONDITIONS}  # noqa: S101 - str says all


@cache
def _expression(glob: str) -> re.Pattern[str]:
    # Brackets stand for themselves: an address literal has some. What fnmatch makes of stars needs no ages.
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")), re.IGNORECASE)


def _globs(glob: str, value: str) -> bool:
    return _expression(glob).fullmatch(value) is not None
