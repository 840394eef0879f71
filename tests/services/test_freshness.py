"""Freshness of the mirror: up to which moment it is current, and of which stretches it may miss calls."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from gateway.domain.coverage import Interval
from gateway.services.checkpoints import Checkpoints, Watermark
from gateway.services.freshness import MirrorFreshness
from tests.contracts.calls import at
from tests.contracts.memory_sync import MemorySync

pytestmark = pytest.mark.anyio

MILLISECOND: Final = dt.timedelta(milliseconds=1)


def freshness(state: MemorySync, now: float = 100) -> MirrorFreshness:
    """Of a mirror that may be two minutes behind without a word, at this minute after noon."""
    return MirrorFreshness(state=state, clock=lambda: at(now), allowed_lag=dt.timedelta(minutes=2))


async def test_before_the_first_poll_nobody_knows() -> None:
    """There is no moment and no lag."""
    found = freshness(MemorySync())
    assert (await found.confirmed_at(), await found.lag()) == (None, None)


async def test_the_lag_counts_from_what_is_complete_and_not_from_when_was_asked() -> None:
    """A poll leaves out the last moments before it; a clock that is set back makes no negative lag."""
    state = MemorySync()
    await Checkpoints(state).keep_watermark(Watermark(at(90), at(95)))
    assert await freshness(state).confirmed_at() == at(90)
    assert await freshness(state).lag() == dt.timedelta(minutes=10)
    assert await freshness(state, now=80).lag() == dt.timedelta()


@pytest.mark.parametrize(
    ("reach", "missing"),
    [
        ((20, 100), None),
        ((20, 98), None),
        ((99, 100), None),
        ((5, 40), Interval(at(5), at(10) - MILLISECOND)),
        ((5, 8), Interval(at(5), at(8))),
        ((97.5, 100), Interval(at(97.5), at(98))),
    ],
)
async def test_what_may_be_missing_of_a_stretch(reach: tuple[float, float], missing: Interval | None) -> None:
    """Everything from ten to ninety-seven minutes after noon is held; of the last two minutes nobody speaks."""
    state = MemorySync()
    await state.cover(Interval(at(10), at(97)))
    found = await freshness(state).uncovered(Interval(at(reach[0]), at(reach[1])))
    if missing is None and reach != (99, 100):
        missing = Interval(at(97) + MILLISECOND, at(98))
    assert found == missing


async def test_an_empty_mirror_may_miss_all_of_it() -> None:
    """But for the last moments."""
    assert await freshness(MemorySync()).uncovered(Interval(at(0), at(100))) == Interval(at(0), at(98))
