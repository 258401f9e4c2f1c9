"""What tells a receiver of what happens in each sandbox of a server: the default, and those that come later."""

from __future__ import annotations

import threading
from functools import partial

from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.webhook import Receiver, Teller


class Tellers:
    """Any thread, the loop's included, but for `stop`."""

    def __init__(self, sandboxes: Sandboxes, receiver: Receiver) -> None:
        self._sandboxes = sandboxes
        self._receiver = receiver
        self._lock = threading.Lock()
        self._at_work: dict[Sandbox, Teller] = {}
        self._stopped = False

    def start(self) -> None:
        """Begin with what the last process has left, and look after sandboxes that come."""
        self._begin(self._sandboxes.default)
        self._sandboxes.on_made.append(self._begin)
        self._sandboxes.on_end.append(self._end)

    def stop(self) -> None:
        """End all; what is under way is told again at the next start."""
        with self._lock:
            self._stopped = True
            ended, self._at_work = self._at_work, {}
        default = ended.pop(self._sandboxes.default, None)
        for teller in ended.values():
            teller.stop(timeout=0.0)
        if default is not None:
            default.stop()

    def _begin(self, sandbox: Sandbox) -> None:
        with self._lock:
            if self._stopped:
                return
            teller = self._at_work[sandbox] = sandbox.sent_on_by(partial(Teller, receiver=self._receiver))
        teller.start()

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            teller = self._at_work.pop(sandbox, None)
        if teller is not None:
            teller.stop(timeout=0.0)  # its thread ends by itself, as its store is closed
