"""Rereads: reading again the calls of which something was heard, or not heard for too long.

As many are read as can be without anybody waiting for it. The others wait; the next poll fulfils most of their marks.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from gateway.domain import identifiers
from gateway.domain.delays import delay
from gateway.domain.marks import Mark, Reason
from gateway.domain.observations import Observation
from gateway.domain.retention import Retention, absent
from gateway.errors import UpstreamError
from gateway.observe.events import Listener, RereadFailed, silence
from gateway.ports import CallSource, CallStore, Stored, SyncState
from gateway.services.intake import Intake
from gateway.services.preparing import snapshots

_MOST: Final = 20
"""Calls that are read at once."""

_IDLE: Final = dt.timedelta(seconds=1)
_AT_ONCE: Final = dt.timedelta()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What reading a call again came to: something to apply, or other marks; ``done`` are those that are of no use."""

    observations: tuple[Observation, ...] = ()
    marks: tuple[Mark, ...] = ()
    done: tuple[Mark, ...] = ()


class Rereads:
    """Fulfils marks. ``source`` gives outlines with snapshots; ``spare`` says how many requests may go now."""

    def __init__(
        self,
        *,
        source: CallSource,
        store: CallStore,
        intake: Intake,
        state: SyncState,
        retention: Retention,
        spare: Callable[[], int],
        clock: Callable[[], dt.datetime],
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._store = store
        self._intake = intake
        self._state = state
        self._retention = retention
        self._spare = spare
        self._clock = clock
        self._listen = listen

    async def step(self) -> dt.timedelta:
        """Read the calls that are due, as far as the budget goes; after how long to look again."""
        most = min(self._spare(), _MOST)
        due = await self._state.due(self._clock(), most) if most else ()
        found = await asyncio.gather(*(self._reread(call_id, marks) for call_id, marks in _by_call(due).items()))
        await self._apply(found)
        return _AT_ONCE if most and len(due) >= most else _IDLE

    async def _apply(self, found: Iterable[Reread]) -> None:
        """Put it all in, then forget what is of no use any more: after a kill in between it is merely read again."""
        rereads = tuple(found)
        observations = [each for reread in rereads for each in reread.observations]
        marks = [each for reread in rereads for each in reread.marks]
        await self._intake.take(observations, marks=marks)
        if done := [each for reread in rereads for each in reread.done]:
            await self._state.unmark(done)

    async def _reread(self, call_id: str, marks: Sequence[Mark]) -> Reread:
        asked_at = self._clock()
        try:
            outline = await self._source.get(call_id)
        except UpstreamError as error:
            return self._failed(marks, error.code)
        if outline is None:
            return await self._absent(call_id, marks, asked_at)
        taken = await snapshots([outline])
        return Reread(observations=taken) if taken else self._failed(marks, "UNPREPARED")

    def _failed(self, marks: Sequence[Mark], code: str) -> Reread:
        """The same marks, for later."""
        again = tuple(later(mark, self._clock()) for mark in marks)
        self._listen(RereadFailed(marks[0].call_id, code, again[0].attempts))
        return Reread(marks=again)

    async def _absent(self, call_id: str, marks: Sequence[Mark], asked_at: dt.datetime) -> Reread:
        """What it comes to that upstream does not have the call."""
        known = (await self._store.read([call_id])).get(call_id)
        reason = Reason.MISSING if any(mark.reason is Reason.MISSING for mark in marks) else None
        verdict = absent(call_id, reason, created_at(call_id, known), asked_at, self._retention)
        if isinstance(verdict, Mark):
            return Reread(marks=(verdict,), done=tuple(marks))
        return Reread(observations=(verdict,))


def created_at(call_id: str, known: Stored | None) -> dt.datetime | None:
    """When a call was created: as the mirror knows it, else as its id says."""
    stated = known.values.get("created_at") if known is not None else None
    return stated if isinstance(stated, dt.datetime) else identifiers.created_at(call_id)


def later(mark: Mark, now: dt.datetime) -> Mark:
    """A mark whose reading has failed."""
    attempts = mark.attempts + 1
    return dataclasses.replace(mark, attempts=attempts, due_at=now + delay(attempts))


def _by_call(marks: Iterable[Mark]) -> Mapping[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.call_id, []).append(mark)
    return found
