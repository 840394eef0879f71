"""Freshness of the mirror: how complete it is, and up to which moment it is current."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from gateway.domain.coverage import BEGINNING, Interval, missing
from gateway.ports import SyncState
from gateway.services.checkpoints import Checkpoints
from gateway.services.unchanged import Unchanged


class MirrorFreshness:
    """What the sync has remembered of its work, for those who read.

    ``allowed_lag`` is how far behind the mirror may be without a word about it; ``unchanged`` keeps what it says.
    """

    def __init__(
        self,
        *,
        state: SyncState,
        clock: Callable[[], dt.datetime],
        allowed_lag: dt.timedelta,
        unchanged: Unchanged | None = None,
    ) -> None:
        self._state = state
        self._checkpoints = Checkpoints(state)
        self._clock = clock
        self._allowed_lag = allowed_lag
        self._unchanged = unchanged or Unchanged()

    async def confirmed_at(self) -> dt.datetime | None:
        """The moment of which every change is held; None before the first poll."""
        watermark = await self._unchanged.ask("watermark", self._checkpoints.watermark)
        return watermark.at if watermark else None

    async def lag(self) -> dt.timedelta | None:
        """How far behind upstream the mirror may be; None before the first poll."""
        confirmed_at = await self.confirmed_at()
        return None if confirmed_at is None else max(self._clock() - confirmed_at, dt.timedelta())

    async def covered(self) -> Sequence[Interval]:
        """The stretches that the mirror holds all calls of."""
        return await self._unchanged.ask("coverage", self._state.coverage)

    async def uncovered(self, reach: Interval, covered: Sequence[Interval] | None = None) -> Interval | None:
        """The part of a stretch that the mirror may miss calls of, the last moments aside.

        ``covered`` is what `covered` says, where whoever asks knows it already.
        """
        latest = min(reach.end, self._clock() - self._allowed_lag)
        covered = await self.covered() if covered is None else covered
        start = await self._beginning(covered, latest) if reach.start == BEGINNING else reach.start
        return missing(covered, Interval(start, latest)) if start <= latest else None

    async def _beginning(self, covered: Sequence[Interval], latest: dt.datetime) -> dt.datetime:
        """Where history begins for who asks for all of it: once it has been walked, with the first that Vapi had."""
        walk = await self._unchanged.ask("backfill", self._checkpoints.backfill)
        is_walked = walk is not None and walk.done and bool(covered) and covered[0].start <= latest
        return covered[0].start if is_walked else BEGINNING
