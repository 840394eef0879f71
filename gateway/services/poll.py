"""Poll: asking upstream every now and then what it has changed, so that nothing depends on webhooks.

The watermark is the moment up to which every change is known. Each poll asks from a little before it, since changes can
become visible late, and moves it on once everything is applied.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

from gateway.domain.coverage import Interval
from gateway.domain.retention import Retention
from gateway.errors import UpstreamTooDense
from gateway.observe.events import Listener, PollGap, PollIncomplete, silence
from gateway.ports import CallSource, SyncState
from gateway.services.backfill import Backfilling
from gateway.services.checkpoints import Checkpoints, Watermark
from gateway.services.intake import Intake
from gateway.services.preparing import snapshots
from gateway.upstream.updates import updated

_SKEW: Final = dt.timedelta(minutes=5)
"""How far upstream's clock may be ahead of ours."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """``interval`` is from one poll to the next, ``overlap`` how far before the watermark each asks.

    A poll is complete up to ``safety`` before it: what happens at the very moment may not be visible yet.
    """

    interval: dt.timedelta = dt.timedelta(seconds=30)
    overlap: dt.timedelta = dt.timedelta(minutes=1)
    safety: dt.timedelta = dt.timedelta(seconds=5)


class Poll:
    """Brings every change, whoever missed it. ``source`` gives outlines with snapshots."""

    def __init__(
        self,
        *,
        source: CallSource,
        intake: Intake,
        state: SyncState,
        backfilling: Backfilling,
        retention: Retention,
        clock: Callable[[], dt.datetime],
        rhythm: Rhythm = Rhythm(),
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._intake = intake
        self._state = state
        self._checkpoints = Checkpoints(state)
        self._backfilling = backfilling
        self._retention = retention
        self._clock = clock
        self._rhythm = rhythm
        self._listen = listen

    async def step(self) -> dt.timedelta:
        """Bring all changes since the last time; after how long to ask again."""
        asked_at = self._clock()
        since = await self._watermark(asked_at) - self._rhythm.overlap
        until = asked_at - self._rhythm.safety
        if await self._brought(since, asked_at + _SKEW):
            await self._state.cover(Interval(since, until))
        await self._checkpoints.keep_watermark(Watermark(until, asked_at))
        return self._rhythm.interval

    async def _brought(self, since: dt.datetime, until: dt.datetime) -> bool:
        """Apply all changes of a stretch; whether that was really all. Waiting would not make it so."""
        try:
            async for outlines in updated(self._source, since, until):
                await self._intake.take(await snapshots(outlines))
        except UpstreamTooDense as error:
            self._listen(PollIncomplete(error.code))
            return False
        return True

    async def _watermark(self, now: dt.datetime) -> dt.datetime:
        """Where to go on. Before the first poll, where the backfill began."""
        known = await self._checkpoints.watermark()
        at = known.at if known else (await self._backfilling.begin()).started_at
        horizon = self._retention.horizon(now)
        if horizon is None or at >= horizon:
            return at
        self._listen(PollGap(at.isoformat(), horizon.isoformat()))
        return (await self._backfilling.again(at)).started_at
