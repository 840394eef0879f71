"""Backfill: walking through history, newest first, until the mirror holds all that upstream still has.

Each piece is applied, then its stretch is covered, then the checkpoint saved: after a kill between any two of these the
walk goes on before the piece, and applies again what changes nothing. A stretch whose answer was throttled, cut or
refused is an error of the walk, so it is never covered.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from typing import Final

from gateway.domain.backfilling import Backfill, Progress, onward, progress
from gateway.domain.retention import Retention
from gateway.observe.events import BackfillAdvanced, BackfillDone, Listener, silence
from gateway.ports import CallQuery, CallSource, SyncState
from gateway.services.ahead import ahead
from gateway.services.checkpoints import Checkpoints
from gateway.services.intake import Intake
from gateway.services.preparing import snapshots
from gateway.upstream.windows import STEADY, Page, pages

_IDLE: Final = dt.timedelta(minutes=1)
_TELL: Final = dt.timedelta(seconds=10)
"""How often whoever listens is told how far it is."""


class Backfilling:
    """Walks through history, in pieces that survive the process.

    ``source`` gives outlines with snapshots (`gateway.services.preparing`), in the background; ``ahead`` is how many of
    its answers may wait to be applied. ``ended`` is called at the end of history.
    """

    def __init__(
        self,
        *,
        source: CallSource,
        intake: Intake,
        state: SyncState,
        retention: Retention,
        clock: Callable[[], dt.datetime],
        ahead: int = 1,
        ended: Callable[[], None] = lambda: None,
        listen: Listener = silence,
    ) -> None:
        self._ahead = ahead
        self._ended = ended
        self._source = source
        self._intake = intake
        self._state = state
        self._checkpoints = Checkpoints(state)
        self._retention = retention
        self._clock = clock
        self._listen = listen
        self._writing = asyncio.Lock()

    async def begin(self) -> Backfill:
        """The walk as it is remembered; where there was none, one that starts now."""
        async with self._writing:
            return await self._begun()

    async def again(self, gap_from: dt.datetime) -> Backfill:
        """Walk from now on down to where the mirror was complete before; on to the end where it had not come there."""
        async with self._writing:
            floor = gap_from if (await self._begun()).done else None
            return await self._kept(Backfill(started_at=self._clock(), floor=floor))

    async def progress(self) -> Progress:
        """How far the walk has come."""
        return progress(await self.begin(), self._retention)

    async def step(self) -> dt.timedelta:
        """Walk to the end, if it was not reached yet; after how long to look again."""
        while not (known := await self.begin()).done:
            await self._walk(known)
        return _IDLE

    async def _walk(self, known: Backfill) -> None:
        """Walk on from where it was, until the end, or until it is to begin anew."""
        async with contextlib.aclosing(ahead(self._pieces(known), self._ahead)) as pieces:
            since = told = self._clock()
            async for page, asked_at in pieces:
                await self._intake.take(await snapshots(row.document for row in page.rows))
                known = self._onward(known, page, asked_at, since)
                if not await self._settled(known):
                    return
                since = self._clock()
                told = self._told(known, told)
        if await self._settled(dataclasses.replace(known, done=True)):
            self._listen(BackfillDone(known.rows, (known.position or known.started_at).isoformat()))
            self._ended()

    def _told(self, known: Backfill, last: dt.datetime) -> dt.datetime:
        """Tell now and then how far it is; when that was done last."""
        now = self._clock()
        if now - last < _TELL:
            return last
        shown = progress(known, self._retention)
        self._listen(BackfillAdvanced(shown.rows, round(shown.rate), (known.position or known.started_at).isoformat()))
        return now

    async def _pieces(self, known: Backfill) -> AsyncGenerator[tuple[Page, dt.datetime], None]:
        """What is left of history, each piece with a moment not before that at which upstream was asked for it.

        The millisecond at which the walk stands is read again: a position can be finer.
        """
        query = CallQuery(limit=STEADY, created_from=known.floor, created_to=known.position or known.started_at)
        async with contextlib.aclosing(pages(self._source, query, listen=self._listen)) as walk:
            async for page in walk:
                yield page, self._clock()

    def _onward(self, known: Backfill, page: Page, asked_at: dt.datetime, since: dt.datetime) -> Backfill:
        return onward(
            known,
            settled=page.settled,
            oldest=page.rows[-1].created_at if page.rows else None,
            rows=len(page.rows),
            seconds=(self._clock() - since).total_seconds(),
            asked_at=asked_at,
            retention=self._retention,
        )

    async def _settled(self, walk: Backfill) -> bool:
        """Remember how far the walk has come, unless another has begun meanwhile: whether it is to go on."""
        if covered := walk.covered():
            await self._state.cover(covered)
        async with self._writing:
            if (await self._begun()).started_at != walk.started_at:
                return False
            await self._kept(walk)
            return True

    async def _begun(self) -> Backfill:
        known = await self._checkpoints.backfill()
        return known or await self._kept(Backfill(started_at=self._clock()))

    async def _kept(self, walk: Backfill) -> Backfill:
        await self._checkpoints.keep_backfill(walk)
        return walk
