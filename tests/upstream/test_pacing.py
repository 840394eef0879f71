"""Pacing: how fast one gateway asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import pytest

from gateway.upstream.faults import LONGEST_PAUSE
from gateway.upstream.pacing import Pacing

pytestmark = pytest.mark.anyio

PATIENT = 60.0


async def spent(pacing: Pacing, turns: int) -> float:
    started = time.monotonic()
    await asyncio.gather(*(pacing.turn(patience=PATIENT) for _ in range(turns)))
    return time.monotonic() - started


async def test_a_rate_of_zero_is_unpaced() -> None:
    assert await spent(Pacing(rate=0), 1_000) < 0.5


async def test_a_burst_goes_at_once_and_the_rest_in_pace() -> None:
    pacing = Pacing(rate=200, burst=5)
    assert await spent(pacing, 5) < 0.005
    assert await spent(pacing, 4) >= 0.015


async def test_nobody_asks_before_the_pause_is_over() -> None:
    pacing, started = Pacing(rate=0), time.monotonic()
    pacing.pause(0.02)
    await spent(pacing, 3)
    assert time.monotonic() - started >= 0.02


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    pacing = Pacing(rate=0, clock=lambda: 100.0)
    pacing.pause(30.0)
    pacing.pause(1.0)
    assert pacing.pause_left() == 30.0


async def test_a_pause_beyond_ones_patience_is_not_waited_for() -> None:
    pacing = Pacing(rate=0)
    pacing.pause(30.0)
    assert not await pacing.turn(patience=1.0)


async def test_a_pause_that_grows_while_one_waits_ends_the_waiting() -> None:
    pacing = Pacing(rate=0)
    pacing.pause(0.01)
    waiting = asyncio.ensure_future(pacing.turn(patience=1.0))
    await asyncio.sleep(0)
    pacing.pause(30.0)
    assert not await asyncio.wait_for(waiting, 1.0)


async def test_a_pause_that_begins_while_one_waits_for_the_bucket_holds_too() -> None:
    pacing = Pacing(rate=200)
    await pacing.turn(patience=PATIENT)
    waiting = asyncio.ensure_future(pacing.turn(patience=PATIENT))
    await asyncio.sleep(0)
    started = time.monotonic()
    pacing.pause(0.03)
    assert await waiting
    assert time.monotonic() - started >= 0.03


async def test_a_mistaken_pause_does_not_last_for_ever() -> None:
    pacing = Pacing(rate=0, clock=lambda: 0.0)
    pacing.pause(1e9)
    assert pacing.pause_left() == LONGEST_PAUSE


async def test_a_crowd_beyond_ones_patience_is_not_waited_for() -> None:
    pacing = Pacing(rate=0.1, burst=1)
    assert await pacing.turn(patience=PATIENT)
    assert not await pacing.turn(patience=0.01)


async def test_whoever_gave_up_takes_no_turn_from_others() -> None:
    pacing = Pacing(rate=50, burst=1)
    assert await pacing.turn(patience=PATIENT)
    assert not await pacing.turn(patience=0.001)
    assert await pacing.turn(patience=PATIENT)


# In the background


async def test_the_background_leaves_half_of_the_bucket_to_others() -> None:
    pacing = Pacing(rate=0.001, burst=10)
    for _ in range(5):
        assert await pacing.background_turn(patience=PATIENT)
    waiting = asyncio.ensure_future(pacing.background_turn(patience=PATIENT))
    await asyncio.sleep(0)
    for _ in range(5):
        assert await pacing.turn(patience=0.001)
    assert not waiting.done()
    waiting.cancel()


async def test_the_background_waits_for_whoever_waits() -> None:
    pacing = Pacing(rate=100, burst=1)
    await pacing.turn(patience=PATIENT)
    order: list[str] = []

    async def ask(name: str, turn: Awaitable[bool]) -> None:
        assert await turn
        order.append(name)

    background = ask("background", pacing.background_turn(patience=PATIENT))
    readers = (ask("reader", pacing.turn(patience=PATIENT)) for _ in range(4))
    await asyncio.gather(background, *readers)
    assert order == ["reader"] * 4 + ["background"]


async def test_the_background_honours_a_pause_too() -> None:
    pacing, started = Pacing(rate=0), time.monotonic()
    pacing.pause(0.02)
    assert await pacing.background_turn(patience=PATIENT)
    assert time.monotonic() - started >= 0.02
    pacing.pause(30.0)
    assert not await pacing.background_turn(patience=1.0)


async def test_what_is_spare_is_what_the_bucket_holds_beyond_its_half() -> None:
    pacing = Pacing(rate=0.001, burst=10)
    assert pacing.spare() == 5
    await pacing.turn(patience=PATIENT)
    assert pacing.spare() == 4
    for _ in range(9):
        await pacing.turn(patience=PATIENT)
    assert pacing.spare() == 0


async def test_nothing_is_spare_during_a_pause() -> None:
    pacing = Pacing(rate=0)
    assert pacing.spare() > 0
    pacing.pause(1.0)
    assert pacing.spare() == 0
