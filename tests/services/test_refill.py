"""Refill: columns that are not filled are filled to the end, piece by piece."""

from __future__ import annotations

import datetime as dt

import pytest

from gateway.services.refill import Refill
from tests.services.upkeeps import CountedUpkeep

pytestmark = pytest.mark.anyio


async def test_all_that_is_not_filled_is_filled_in_one_step() -> None:
    """In pieces of a transaction each; then there is nothing to do for a while."""
    upkeep = CountedUpkeep({"refill": 950})
    assert await Refill(upkeep).step() > dt.timedelta()
    assert upkeep.rows == {"refill": 0}
    assert len(upkeep.asked) == 6


async def test_nothing_to_fill_costs_one_question() -> None:
    """Which is what nearly every start finds."""
    upkeep = CountedUpkeep()
    await Refill(upkeep).step()
    assert upkeep.asked == [("refill", None)]
