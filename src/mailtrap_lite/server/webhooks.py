"""What tells a receiver of what happens in each sandbox of a server: the default, and those that come later."""

from __future__ import annotations

from functools import partial

from mailtrap_lite.sandbox import Sandboxes
from mailtrap_lite.server.workers import Workers
from mailtrap_lite.webhook import Receiver, Teller


class Tellers(Workers[Teller]):
    """Any thread, the loop's included, but for `stop`."""

    def __init__(self, sandboxes: Sandboxes, receiver: Receiver) -> None:
        super().__init__(sandboxes, partial(Teller, receiver=receiver))
