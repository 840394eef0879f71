"""Freshness of the mirror: how complete it is, and up to which moment it is current."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from gateway.domain.coverage import Interval, missing
from gateway.ports import SyncState

POLL: Final = "poll"
"""Under this name the poll saves its watermark: ``{"watermark": microseconds since 1970, …}``."""


class MirrorFreshness:
    """What the sync has remembered of its work, for those who read.

    ``allowed_lag`` is how far behind the mirror may be without a word about it.
    """

    def __init__(self, *, state: SyncState, clock: Callable[[], dt.datetime], allowed_lag: dt.timedelta) -> None:
        self._state = state
        self._clock = clock
        self._allowed_lag = allowed_lag

    async def confirmed_at(self) -> dt.datetime | None:
        """When upstream was last asked for all changes; None before the first poll."""
        saved = await self._state.load(POLL)
        return None if saved is None else _EPOCH + int(saved["watermark"]) * _MICROSECOND

    async def lag(self) -> dt.timedelta | None:
        """How far behind upstream the mirror may be; None before the first poll."""
        confirmed_at = await self.confirmed_at()
        return None if confirmed_at is None else max(self._clock() - confirmed_at, dt.timedelta())

    async def uncovered(self, reach: Interval) -> Interval | None:
        """The part of a stretch that the mirror may miss calls of, the last moments aside."""
        latest = min(reach.end, self._clock() - self._allowed_lag)
        if latest < reach.start:
            return None
        return missing(await self._state.coverage(), Interval(reach.start, latest))


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
