"""When each call of the past was created, and which call was created when: index ↔ moment ↔ id, without a table.

Index 0 is the newest call and was created at the anchor; history goes back from there in weeks of 3,360 calls (three
minutes apart on average), whose days differ, whose nights are empty and whose last day is free. Because the offset
never falls as the index grows, a moment is found by bisection.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable
from itertools import accumulate, takewhile

from gateway.simulator import ids, kinds
from gateway.simulator.chance import fraction, happens, numbered, whole
from gateway.simulator.kinds import Kind
from gateway.simulator.moments import DAY

OPEN = 14 * 60 * 60 * 1000
WEEK = (620, 580, 600, 640, 560, 360, 0)
STARTS = (0, *accumulate(WEEK))
PER_WEEK = STARTS[-1]

# Rows of one batch share their millisecond in real data: two of eight in a batch of February 2026.
NEIGHBOURS = 40
BATCHES_PERCENT = 25
CROWD = range(820, 970)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One call in the timeline; ``created`` in epoch milliseconds."""

    key: int
    kind: Kind
    created: int
    id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Timeline:
    """The moments of ``calls`` calls that end at ``anchor`` (epoch milliseconds)."""

    seed: int
    calls: int
    anchor: int

    def key(self, index: int) -> int:
        """The number from which everything about a call is drawn."""
        return numbered(self.seed, "history", index)

    def entry(self, index: int) -> Entry:
        """A call's key, kind, moment and id. Only outbound phone calls are created in batches."""
        key, batch = self.key(index), self.batch(index)
        kind = Kind.OUTBOUND if batch else kinds.kind(key)
        created = self.anchor - self._offset(batch.start if batch else index)
        identifier = ids.sealed(index, key) if kind is Kind.LEGACY else ids.v7(created, key)
        return Entry(key, kind, created, identifier)

    def created(self, index: int) -> int:
        """The moment at which a call was created."""
        batch = self.batch(index)
        return self.anchor - self._offset(batch.start if batch else index)

    def id(self, index: int) -> str:
        """The id of a call: version 7, or version 4 for the rows of 2024."""
        return self.entry(index).id

    def index(self, identifier: str) -> int | None:
        """The call that has an id, or None."""
        return next((i for i in self._candidates(identifier) if self.id(i) == identifier), None)

    def since(self, moment: int) -> int:
        """The first index that was created at or before a moment: how many calls are younger."""
        return bisect.bisect_left(range(self.calls), -moment, key=lambda i: -self.created(i))

    def batch(self, index: int) -> range | None:
        """The calls that share the millisecond of a call, when it is one of a batch."""
        if index in CROWD:
            return CROWD
        first = index - index % NEIGHBOURS
        key = numbered(self.seed, "neighbours", first)
        if not happens(key, "batch", BATCHES_PERCENT):
            return None
        start = first + whole(key, "start", 0, NEIGHBOURS - 13)
        batch = range(start, start + whole(key, "size", 2, 12))
        return batch if index in batch and batch.start not in CROWD else None

    def _candidates(self, identifier: str) -> Iterable[int]:
        match ids.version(identifier):
            case 4:
                index = ids.unsealed(identifier)
                return range(index, index + 1) if index < self.calls else range(0)
            case 7:
                moment = ids.moment(identifier)
                return takewhile(lambda i: self.created(i) == moment, range(self.since(moment), self.calls))
            case _:
                return range(0)

    def _offset(self, index: int) -> int:
        """Milliseconds between a call and the anchor, batches aside."""
        if index == 0:
            return 0
        week, place = divmod(index, PER_WEEK)
        day = bisect.bisect_right(STARTS, place) - 1
        gap = fraction(self.key(index), "gap")
        part = (place - STARTS[day] + gap) / WEEK[day]
        return (week * len(WEEK) + day) * DAY + int(part * OPEN)
