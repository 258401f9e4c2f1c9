"""The timer of a connection, by a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.fastloop import run

from mailtrap_lite.door.patience import Patience


def never() -> bool:
    return False


async def ended(
    live: Callable[[Patience], object] | None = None,
    *,
    excused: Callable[[], bool] = never,
    idle: float = 600,
    transfer: float = float("inf"),
) -> tuple[float, bool]:
    """Return when it was over, and whether that was for a mail that took too long; `live` is called each 100 s."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[bool] = loop.create_future()
    patience = Patience(idle=idle, over=over.set_result, excused=excused, transfer=transfer)
    for _ in range(50):
        done, _ = await asyncio.wait({over}, timeout=100)
        if done:
            return round(loop.time()), over.result()
        if live is not None:
            live(patience)
    patience.end()
    return round(loop.time()), False


def until(seconds: float, act: Callable[[Patience], object]) -> Callable[[Patience], object]:
    """Return what acts so long only."""
    return lambda patience: act(patience) if asyncio.get_running_loop().time() <= seconds else None


def test_silence_ends_it_when_its_time_is_over() -> None:
    assert run(ended()) == (600, False)


def test_it_counts_from_the_last_sign_of_life() -> None:
    assert run(ended(until(1000, Patience.moved))) == (1600, False)


def test_who_is_excused_is_not_silent() -> None:
    assert run(ended(excused=lambda: asyncio.get_running_loop().time() < 1500)) == (1800, False)


def test_who_waits_for_us_is_not_silent() -> None:
    async def worked() -> float:
        loop = asyncio.get_running_loop()
        over: asyncio.Future[bool] = loop.create_future()
        patience = Patience(idle=600, over=over.set_result, excused=never)
        with patience.working():
            await asyncio.sleep(5000)
        assert not over.done()
        await over
        return round(loop.time())

    assert run(worked()) == 5600


@pytest.mark.parametrize("idle", [600.0, 5000.0])
def test_a_mail_that_takes_too_long_ends_it_though_it_moves(idle: float) -> None:
    def live(patience: Patience) -> None:
        patience.transfer_begins()
        patience.moved()

    assert run(ended(live, idle=idle, transfer=3600)) == (3700, True)


def test_a_mail_that_has_ended_does_not_count() -> None:
    def live(patience: Patience) -> None:
        patience.transfer_begins()
        patience.moved()
        patience.transfer_ends()

    assert run(ended(live, transfer=300)) == (5000, False)


def test_the_last_seconds_are_for_anything() -> None:
    assert run(ended(until(100, lambda patience: patience.last(5)))) == (105, False)


def test_who_has_gone_is_not_looked_for() -> None:
    assert run(ended(Patience.end)) == (5000, False)
