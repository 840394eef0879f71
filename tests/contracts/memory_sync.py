"""What keeping the mirror remembers, in memory."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain.coverage import Interval, merged
from gateway.domain.marks import Mark, Reason


@dataclasses.dataclass
class MemorySync:
    """A `gateway.ports.SyncState`. ``before`` is called with the name of each method before it does anything."""

    before: Callable[[str], None] = lambda name: None
    leases: dict[str, tuple[str, dt.datetime]] = dataclasses.field(default_factory=dict)
    saved: dict[str, Any] = dataclasses.field(default_factory=dict)
    stretches: tuple[Interval, ...] = ()
    marks: dict[tuple[str, Reason], Mark] = dataclasses.field(default_factory=dict)

    async def lease(self, name: str, holder: str, now: dt.datetime, until: dt.datetime) -> bool:
        self.before("lease")
        known, end = self.leases.get(name, (holder, now))
        if known != holder and end > now:
            return False
        self.leases[name] = (holder, until)
        return True

    async def release(self, name: str, holder: str) -> None:
        self.before("release")
        if name in self.leases and self.leases[name][0] == holder:
            del self.leases[name]

    async def load(self, name: str) -> Any:
        self.before("load")
        return copy.deepcopy(self.saved.get(name))

    async def save(self, name: str, value: Any) -> None:
        self.before("save")
        self.saved[name] = copy.deepcopy(value)

    async def cover(self, interval: Interval) -> None:
        self.before("cover")
        self.stretches = merged((*self.stretches, interval))

    async def coverage(self) -> Sequence[Interval]:
        self.before("coverage")
        return self.stretches

    async def mark(self, marks: Sequence[Mark]) -> None:
        self.before("mark")
        for mark in marks:
            known = self.marks.get((mark.call_id, mark.reason))
            if known is None or known.due_at <= mark.due_at:
                self.marks[mark.call_id, mark.reason] = mark

    async def due(self, now: dt.datetime, limit: int) -> Sequence[Mark]:
        self.before("due")
        come = sorted((mark for mark in self.marks.values() if mark.due_at <= now), key=lambda mark: mark.due_at)
        return come[:limit]

    async def unmark(self, marks: Sequence[Mark]) -> None:
        self.before("unmark")
        for mark in marks:
            known = self.marks.get((mark.call_id, mark.reason))
            if known is not None and known.due_at <= mark.due_at:
                del self.marks[mark.call_id, mark.reason]

    def fulfil(self, call_id: str, at: dt.datetime) -> None:
        """Take away the marks that reading a call at a moment, or missing it then, makes needless."""
        for mark in [mark for mark in self.marks.values() if mark.call_id == call_id and mark.due_at <= at]:
            del self.marks[mark.call_id, mark.reason]
