"""What the owner of a job is told, and what happens when there is no owner any more."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

from mailtrap_lite.errors import StoreError
from mailtrap_lite.message import Envelope
from mailtrap_lite.store import Arrival
from mailtrap_lite.store.jobs import Incoming, tell

if TYPE_CHECKING:
    from tests.conftest import Loop

ARRIVAL = Arrival(Envelope.of("a@x.test", ["b@x.test"]), b"", ("b@x.test",), 0.0)


def test_a_failure_that_nobody_waits_for_makes_no_noise_later(loop: Loop) -> None:
    async def fail() -> None:
        here = asyncio.get_running_loop()
        tell([(Incoming(ARRIVAL, here, here.create_future()), StoreError("no"))])
        await asyncio.sleep(0)

    loop.run(fail())
    gc.collect()

    assert loop.complaints == []
