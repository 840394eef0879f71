"""Status of the mirror: how complete it is and up to which moment it is current, out of what the sync remembers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from gateway.domain.backfilling import Progress, progress
from gateway.domain.coverage import latest, merged
from gateway.domain.retention import Retention
from gateway.ports import Ledger, SyncState
from gateway.services.checkpoints import Audit, Checkpoints


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """The stretch of which every call is held; None before there is one."""

    start: dt.datetime | None
    end: dt.datetime | None
    complete: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the mirror at a moment."""

    coverage: Coverage
    as_of: dt.datetime | None
    lag_seconds: float | None
    last_poll: dt.datetime | None
    last_webhook: dt.datetime | None
    backfill: Progress | None
    audit: Audit


class MirrorStatus:
    """Reads the state of the mirror."""

    def __init__(
        self,
        *,
        state: SyncState,
        ledger: Ledger,
        retention: Retention,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._state = state
        self._ledger = ledger
        self._checkpoints = Checkpoints(state)
        self._retention = retention
        self._clock = clock

    async def read(self) -> Status:
        """How things stand. Raises the leaves of `gateway.errors.StoreError`."""
        watermark = await self._checkpoints.watermark()
        walk = await self._walk()
        return Status(
            coverage=await self._coverage(done=walk is not None and walk.done),
            as_of=watermark.at if watermark else None,
            lag_seconds=max((self._clock() - watermark.at).total_seconds(), 0.0) if watermark else None,
            last_poll=watermark.polled_at if watermark else None,
            last_webhook=await self._ledger.last_received(),
            backfill=walk,
            audit=await self._checkpoints.audit(),
        )

    async def _walk(self) -> Progress | None:
        walk = await self._checkpoints.backfill()
        return None if walk is None else progress(walk, self._retention)

    async def _coverage(self, *, done: bool) -> Coverage:
        intervals = merged(await self._state.coverage())
        newest = latest(intervals)
        if newest is None:
            return Coverage(None, None, complete=False)
        return Coverage(newest.start, newest.end, complete=done and len(intervals) == 1)
