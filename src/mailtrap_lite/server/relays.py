"""What sends mail on for each sandbox of a server: for the default from the start, for others once they have some."""

from __future__ import annotations

import threading
from functools import partial

from mailtrap_lite.relay import Relay, Ways
from mailtrap_lite.relaying import Policy
from mailtrap_lite.sandbox import Sandbox, Sandboxes


class Relays:
    """Any thread, the loop's included, but for `stop`."""

    def __init__(self, sandboxes: Sandboxes, policy: Policy) -> None:
        """Raises BadSetting for a login or authorities that cannot be read."""
        self._sandboxes = sandboxes
        self._ways = Ways(policy, sandboxes.settings)
        self._lock = threading.Lock()
        self._at_work: dict[Sandbox, Relay] = {}
        self._stopped = False

    def start(self) -> None:
        """Begin with what the last process has left, and look after sandboxes that come."""
        self._begin(self._sandboxes.default)
        self._sandboxes.on_made.append(self._look_after)
        self._sandboxes.on_end.append(self._end)

    def stop(self) -> None:
        """End all; what is under way is tried again at the next start."""
        with self._lock:
            self._stopped = True
            ended, self._at_work = self._at_work, {}
        default = ended.pop(self._sandboxes.default, None)
        for relay in ended.values():
            relay.stop(timeout=0.0)
        if default is not None:
            default.stop()

    def _look_after(self, sandbox: Sandbox) -> None:
        sandbox.on_queued = partial(self._begin, sandbox)

    def _begin(self, sandbox: Sandbox) -> None:
        with self._lock:
            if sandbox in self._at_work or self._stopped:
                return
            relay = self._at_work[sandbox] = sandbox.sent_on_by(partial(Relay, ways=self._ways))
        relay.start()

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            relay = self._at_work.pop(sandbox, None)
        if relay is not None:
            relay.stop(timeout=0.0)  # its threads end by themselves, as its store is closed
