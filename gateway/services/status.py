"""Status of the mirror: how complete it is and up to which moment it is current, out of what the sync remembers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from gateway.domain.backfilling import Progress, of_json, progress
from gateway.domain.coverage import latest, merged
from gateway.domain.retention import Retention
from gateway.ports import Ledger, SyncState
from gateway.services.freshness import MirrorFreshness


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """The stretch of which every call is held; None before there is one."""

    start: dt.datetime | None
    end: dt.datetime | None
    complete: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the last comparison with upstream found."""

    finished_at: dt.datetime
    checked: int
    missed: int
    outdated: int
    gone: int


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
        freshness: MirrorFreshness,
        retention: Retention,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._state = state
        self._ledger = ledger
        self._freshness = freshness
        self._retention = retention
        self._clock = clock

    async def read(self) -> Status:
        """How things stand. Raises the leaves of `gateway.errors.StoreError`."""
        confirmed_at = await self._freshness.confirmed_at()
        walk = await self._walk()
        return Status(
            coverage=await self._coverage(done=walk is not None and walk.done),
            as_of=confirmed_at,
            lag_seconds=None if confirmed_at is None else max((self._clock() - confirmed_at).total_seconds(), 0.0),
            last_poll=await self._freshness.polled_at(),
            last_webhook=await self._ledger.last_received(),
            backfill=walk,
            audit=await self._audit(),
        )

    async def _walk(self) -> Progress | None:
        saved = await self._state.load("backfill")
        return None if saved is None else progress(of_json(saved), self._retention)

    async def _coverage(self, *, done: bool) -> Coverage:
        intervals = merged(await self._state.coverage())
        newest = latest(intervals)
        if newest is None:
            return Coverage(None, None, complete=False)
        return Coverage(newest.start, newest.end, complete=done and len(intervals) == 1)

    async def _audit(self) -> Audit | None:
        saved = await self._state.load("audit")
        if saved is None:
            return None
        return Audit(
            finished_at=dt.datetime.fromisoformat(saved["finishedAt"]),
            checked=saved["checked"],
            missed=saved["missed"],
            outdated=saved["outdated"],
            gone=saved["gone"],
        )
