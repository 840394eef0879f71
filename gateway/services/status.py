"""Status of the mirror: how complete it is and up to which moment it is current, out of what the sync remembers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from gateway.domain.backfilling import Progress, progress
from gateway.domain.coverage import latest, merged
from gateway.domain.principal import Principal, Scope
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
    audit: Audit | None


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

    async def read(self, principal: Principal) -> Status:
        """How things stand; to who sees a part of the calls, nothing is told of what happens to the others.

        Raises:
            Forbidden: the principal may not read calls.
            StoreError: the mirror cannot be asked.
        """
        principal.need(Scope.CALLS_READ, "read how the mirror is")
        watermark = await self._checkpoints.watermark()
        walk = await self._walk()
        told = not principal.is_bound
        return Status(
            coverage=await self._coverage(done=walk is not None and walk.done),
            as_of=watermark.at if watermark else None,
            lag_seconds=max((self._clock() - watermark.at).total_seconds(), 0.0) if watermark else None,
            last_poll=watermark.polled_at if watermark else None,
            last_webhook=await self._ledger.last_received() if told else None,
            backfill=walk if told else None,
            audit=await self._checkpoints.audit() if told else None,
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
