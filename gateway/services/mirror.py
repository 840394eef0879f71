"""The mirror behind single calls: what it holds of them, and what reading one from upstream means to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from cachetools import TTLCache

from gateway.domain.marks import Mark
from gateway.domain.mirrored import State
from gateway.domain.observations import Snapshot
from gateway.domain.retention import RECHECK, Retention, absent
from gateway.ports import CallStore, Document, Stored, SyncState
from gateway.services.intake import Intake
from gateway.services.rereads import created_at

_MOST_DOUBTED: Final = 10_000


class CallMirror:
    """A `gateway.ports.Mirror` over the store; what it learns takes the one way in.

    ``recall`` reads calls as the store does, but may leave out what columns say of those that have a document.
    """

    def __init__(
        self,
        *,
        store: CallStore,
        recall: Callable[[Sequence[str]], Awaitable[Mapping[str, Stored]]],
        state: SyncState,
        intake: Intake,
        prepare: Callable[[Document, dt.datetime], Snapshot],
        retention: Retention,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._recall = recall
        self._state = state
        self._intake = intake
        self._prepare = prepare
        self._retention = retention
        self._doubted: TTLCache[str, bool] = TTLCache(_MOST_DOUBTED, ttl=2 * RECHECK, timer=clock)  # type: ignore[arg-type]  # moments and durations are as good as numbers to it

    async def known(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """What the mirror holds of these calls."""
        return await self._recall(call_ids)

    async def take(self, redacted: Document, read_at: dt.datetime) -> int | None:
        """Put in a call that upstream was asked for; the number of the change, None where it changes nothing."""
        changes = await self._intake.take([self._prepare(redacted, read_at)])
        return changes[-1].number if changes else None

    async def absent(self, call_id: str, asked_at: dt.datetime) -> State | None:
        """Upstream was asked and does not have the call; what that makes of it. None where it was never known."""
        known = (await self._store.read([call_id])).get(call_id)
        if known is None:
            return None
        if known.state is not State.PRESENT:
            return known.state
        verdict = absent(call_id, None, created_at(call_id, known), asked_at, self._retention)
        if isinstance(verdict, Mark):
            await self._doubt(verdict)
            return State.PRESENT
        await self._intake.take([verdict])
        return State.DELETED if verdict.deleted else State.FORGOTTEN

    async def _doubt(self, mark: Mark) -> None:
        """Let a call be asked for again, once: whoever keeps asking for it must not put that off.

        Nor may he who asks when it is due, before it is done: for as long again as it takes to be due nothing is said.
        """
        if mark.call_id not in self._doubted:
            self._doubted[mark.call_id] = True
            await self._state.mark([mark])
