"""What sends mail on for each sandbox of a server: for the default from the start, for others once they have some."""

from __future__ import annotations

from functools import partial

from mailtrap_lite.relay import Relay, Ways
from mailtrap_lite.relaying import Policy
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.server.workers import Workers


class Relays(Workers[Relay]):
    """Any thread, the loop's included, but for `stop`."""

    def __init__(self, sandboxes: Sandboxes, policy: Policy) -> None:
        """Raises BadSetting for a login or authorities that cannot be read."""
        self._ways = Ways(policy, sandboxes.settings)
        super().__init__(sandboxes, partial(Relay, ways=self._ways))

    def _look_after(self, sandbox: Sandbox) -> None:
        sandbox.on_queued = partial(self._begin, sandbox)
