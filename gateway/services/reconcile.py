"""Reconcile: comparing the mirror with upstream, in case that poll and webhooks have missed something.

Each pass compares the recent calls and a stretch of the older ones. What upstream has is applied, which repairs what
was missed; what it no longer has is asked for by its id before it counts as deleted. Calls that have been live for
hours are read again too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from gateway.domain.coverage import Interval
from gateway.domain.filters import AllOf, Comparator, Condition, Predicate
from gateway.domain.marks import Mark, Reason
from gateway.domain.observations import Snapshot
from gateway.domain.ordering import NEWEST_FIRST
from gateway.domain.retention import Retention
from gateway.domain.slices import Slicing, next_pass
from gateway.observe.events import Listener, Reconciled, silence
from gateway.ports import CallQuery, CallSource, CallStore, Change, PageQuery, Stored, SyncState
from gateway.services.checkpoints import Audit, Checkpoints
from gateway.services.intake import Intake
from gateway.services.preparing import snapshots
from gateway.upstream.instants import MILLISECOND
from gateway.upstream.windows import STEADY, Page, pages

_OVER: Final = ("ended", "not-found", "deletion-failed")
_MOST: Final = 500
_MOST_STUCK: Final = 100
_USUAL: Final = Slicing()


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """What a comparison has found: calls that were looked at, unknown, out of date, and not listed any more."""

    checked: int = 0
    missed: int = 0
    stale: int = 0
    missing: int = 0

    def __add__(self, other: Findings) -> Findings:
        return Findings(*(getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(Findings)))


class Reconcile:
    """Compares in passes, one each ``interval``. ``source`` gives outlines with snapshots, in the background."""

    def __init__(
        self,
        *,
        source: CallSource,
        store: CallStore,
        intake: Intake,
        state: SyncState,
        retention: Retention,
        clock: Callable[[], dt.datetime],
        interval: dt.timedelta = dt.timedelta(hours=6),
        stuck_after: dt.timedelta = dt.timedelta(hours=6),
        slicing: Slicing = _USUAL,
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._store = store
        self._intake = intake
        self._state = state
        self._checkpoints = Checkpoints(state)
        self._retention = retention
        self._clock = clock
        self._interval = interval
        self._stuck_after = stuck_after
        self._slicing = slicing
        self._listen = listen

    async def step(self) -> dt.timedelta:
        """Make the next pass, if it is time for it; after how long to look again."""
        audit, now = await self._checkpoints.audit(), self._clock()
        wait = audit.last_pass_at + self._interval - now if audit.last_pass_at else dt.timedelta()
        if wait > dt.timedelta():
            return min(wait, self._interval)
        bottom = await self._bottom(now)
        if bottom is None:
            return self._interval / 10  # nothing is complete yet
        await self._pass(audit, now, bottom)
        return self._interval

    async def _pass(self, audit: Audit, now: dt.datetime, bottom: dt.datetime) -> None:
        """Compare, and add what was found to the audit."""
        planned = next_pass(self._slicing, now, bottom, audit.position)
        found = Findings()
        for interval in planned.slices:
            found += await self._compared(interval)
        await self._mark(await self._stuck(now, bottom), Reason.STUCK)
        counts = {f.name: getattr(audit, f.name) + getattr(found, f.name) for f in dataclasses.fields(Findings)}
        await self._checkpoints.keep_audit(Audit(last_pass_at=now, position=planned.position, **counts))
        self._listen(Reconciled(found.checked, found.missed, found.stale, found.missing))

    async def _bottom(self, now: dt.datetime) -> dt.datetime | None:
        """The oldest moment from which calls are held that upstream must still have; None before there are any."""
        covered = await self._state.coverage()
        if not covered:
            return None
        return self._retention.certain_since(covered[0].start, now)

    async def _compared(self, interval: Interval) -> Findings:
        """Compare the calls of a stretch; in the end all that upstream has of it is held."""
        query = CallQuery(limit=STEADY, created_from=interval.start, created_to=interval.end)
        found, upper = Findings(), interval.end + MILLISECOND
        async with contextlib.aclosing(pages(self._source, query, listen=self._listen)) as walk:
            async for page in walk:
                lower = max(page.settled, interval.start)
                found += await self._repaired(page) + await self._gone(page, lower, upper)
                upper = lower
        await self._state.cover(interval)
        return found

    async def _repaired(self, page: Page) -> Findings:
        read = await snapshots(row.document for row in page.rows)
        known = await self._store.read([snapshot.call_id for snapshot in read])
        changes = await self._intake.take(read)
        return repaired(read, known, changes, self._clock() - self._slicing.quiet)

    async def _gone(self, page: Page, lower: dt.datetime, upper: dt.datetime) -> Findings:
        """Mark the calls of a stretch that are held and were not listed."""
        listed = {row.id for row in page.rows}
        gone = [call_id for call_id in await self._held(_created(lower, upper)) if call_id not in listed]
        await self._mark(gone, Reason.MISSING)
        return Findings(missing=len(gone))

    async def _stuck(self, now: dt.datetime, bottom: dt.datetime) -> Sequence[str]:
        """Calls that were created hours ago and are still live, as far as is known."""
        live = (Condition("status", Comparator.IS_NULL, value=False), Condition("status", Comparator.NIN, _OVER))
        found = PageQuery(predicate=AllOf((*live, _created(bottom, now - self._stuck_after))), limit=_MOST_STUCK)
        return [place.position.id for place in await self._store.page(found)]

    async def _held(self, predicate: Predicate) -> Sequence[str]:
        found: list[str] = []
        query = PageQuery(predicate=predicate, ordering=NEWEST_FIRST, limit=_MOST)
        while True:
            places = await self._store.page(query)
            found += [place.position.id for place in places]
            if len(places) < _MOST:
                return found
            query = dataclasses.replace(query, after=places[-1].position)

    async def _mark(self, call_ids: Iterable[str], reason: Reason) -> None:
        now = self._clock()
        if marks := [Mark(call_id, reason, now) for call_id in call_ids]:
            await self._state.mark(marks)


def repaired(
    read: Sequence[Snapshot], known: Mapping[str, Stored], changes: Iterable[Change], settled: dt.datetime
) -> Findings:
    """What applying a page has shown: only what upstream changed before ``settled`` should have been here."""
    changed = {change.call_id for change in changes}
    due = [s.call_id for s in read if s.call_id in changed and s.revision.updated_at < settled]
    missed = sum(call_id not in known for call_id in due)
    return Findings(checked=len(read), missed=missed, stale=len(due) - missed)


def _created(lower: dt.datetime, upper: dt.datetime) -> Predicate:
    """Created from ``lower`` on and before ``upper``."""
    return AllOf((Condition("created_at", Comparator.GTE, lower), Condition("created_at", Comparator.LT, upper)))
