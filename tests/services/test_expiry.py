"""Expiry: what has a lifetime is let go of when it is over, piece by piece."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from gateway.services.expiry import Expiry, Keeping
from tests.contracts.calls import at
from tests.services.upkeeps import CountedUpkeep

pytestmark = pytest.mark.anyio

DAY: Final = dt.timedelta(days=1)


class Bench:
    """Expiry at noon, and how often it said that something was let go of."""

    def __init__(self, keeping: Keeping, **rows: int) -> None:
        self.upkeep = CountedUpkeep(rows)
        self.changes = 0
        self.expiry = Expiry(self.upkeep, keeping, clock=lambda: at(0), changed=self._changed)

    async def _changed(self) -> None:
        self.changes += 1


async def test_what_has_no_lifetime_is_kept_for_good() -> None:
    """Nobody is even asked."""
    b = Bench(Keeping(), content=5, documents=5, ledger=5)
    assert await b.expiry.step() > dt.timedelta()
    assert (b.upkeep.asked, b.changes) == ([], 0)


async def test_each_has_a_lifetime_of_its_own() -> None:
    """Counted back from now."""
    b = Bench(Keeping(content=DAY, documents=2 * DAY, ledger=3 * DAY))
    await b.expiry.step()
    assert b.upkeep.asked == [("content", at(0) - DAY), ("documents", at(0) - 2 * DAY), ("ledger", at(0) - 3 * DAY)]


async def test_it_goes_on_at_once_until_nothing_is_left_and_then_rests() -> None:
    """A piece at a time, so that others get their turn; what was deleted leaves the files after each."""
    b = Bench(Keeping(content=DAY, ledger=DAY), content=450, ledger=10)
    pauses = [await b.expiry.step() for _ in range(4)]
    assert pauses[:3] == [dt.timedelta()] * 3
    assert pauses[3] > dt.timedelta()
    assert (b.upkeep.rows, b.changes) == ({"content": 0, "ledger": 0}, 3)
