"""What works for each sandbox of a server, on threads of its own: for the default from the start, then for others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.store import Store


class Worker(Protocol):
    """What works for one sandbox."""

    def start(self) -> None:
        """Begin with what the last process has left."""

    def stop(self, *, timeout: float = ...) -> None:
        """End; wait for its threads at most this long."""


W = TypeVar("W", bound=Worker)


class Workers(Generic[W]):
    """Any thread, the loop's included, but for `stop`."""

    def __init__(self, sandboxes: Sandboxes, make: Callable[[Sandbox, Store], W]) -> None:
        self._sandboxes = sandboxes
        self._make = make
        self._lock = threading.Lock()
        self._at_work: dict[Sandbox, W] = {}
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
        for worker in ended.values():
            worker.stop(timeout=0.0)
        if default is not None:
            default.stop()

    def _look_after(self, sandbox: Sandbox) -> None:
        """Do what a new sandbox needs."""
        self._begin(sandbox)

    def _begin(self, sandbox: Sandbox) -> None:
        with self._lock:
            if sandbox in self._at_work or self._stopped:
                return
            worker = self._at_work[sandbox] = sandbox.sent_on_by(self._make)
        worker.start()

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            worker = self._at_work.pop(sandbox, None)
        if worker is not None:
            worker.stop(timeout=0.0)  # its threads end by themselves, as its store is closed
