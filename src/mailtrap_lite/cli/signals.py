"""Waiting for SIGINT or SIGTERM without missing one. It knows no server.

Python runs a handler between two steps of the main thread, so one that comes just before that thread blocks on a lock
or a queue would run only when it wakes, which is never. The interpreter's wake-up descriptor is written by the signal
itself, and reading from it cannot miss what was written before.
"""

from __future__ import annotations

import os
import signal
import socket
from types import FrameType, TracebackType
from typing import Self


class Signals:
    """Takes SIGINT and SIGTERM while its block runs; main thread only."""

    def __enter__(self) -> Self:
        self._asked = False
        self._woken, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_DFL)
        self._woken.close()
        self._wakes.close()

    def wait(self) -> None:
        """Return once one of them has come, be it before the call."""
        while not self._asked:
            self._woken.recv(1)  # other signals write here too

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._asked:  # twice: do not wait for anybody
            os._exit(0)
        self._asked = True
