"""A ledger and a mirror in memory, as small as their ports allow: what a kill leaves is what these hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.domain import mirrored
from gateway.domain.filters import Predicate
from gateway.domain.marks import Mark, Reason
from gateway.domain.mirrored import Mirrored
from gateway.domain.observations import Absence, Snapshot
from gateway.ports import Batch, Change, Delivery, Entry, PageQuery, Place, Stored


def let_through(_: object) -> None:
    """What happens before a call of the database that works."""


class MemoryLedger:
    """A `gateway.ports.Ledger`. ``before`` is called first by each method, and raises where the database is to fail."""

    def __init__(self, before: Callable[[object], None] = let_through) -> None:
        self.before = before
        self.entries: dict[int, Entry] = {}
        self.settled: set[int] = set()

    async def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them."""
        self.before(deliveries)
        for delivery in deliveries:
            number = len(self.entries) + 1
            self.entries[number] = Entry(id=number, delivery=delivery)

    async def waiting(self, limit: int) -> Sequence[Entry]:
        """What is neither settled nor dead."""
        self.before(limit)
        return [e for e in self.entries.values() if e.id not in self.settled and e.reason is None][:limit]

    async def bury(self, entry_id: int, reason: str) -> None:
        """Make an entry a dead letter."""
        self.entries[entry_id] = dataclasses.replace(self.entries[entry_id], reason=reason)

    async def dead(self, limit: int) -> Sequence[Entry]:
        """Dead letters."""
        return [e for e in self.entries.values() if e.reason is not None][:limit]

    async def revive(self, entry_ids: Sequence[int]) -> int:
        """Let dead letters wait again."""
        found = [e for e in await self.dead(len(self.entries)) if e.id in entry_ids]
        self.entries |= {e.id: dataclasses.replace(e, reason=None) for e in found}
        return len(found)

    async def tally(self) -> Mapping[str, int]:
        """How many, by type."""
        types = [e.delivery.type for e in self.entries.values()]
        return {each: types.count(each) for each in types}

    async def last_received(self) -> dt.datetime | None:
        """When the last one came."""
        return max((e.delivery.received_at for e in self.entries.values()), default=None)


class MemoryMirror:
    """The part of a `gateway.ports.CallStore` that webhooks need; ``before`` sees each batch, and may raise."""

    def __init__(self, ledger: MemoryLedger, before: Callable[[Batch], None] = let_through) -> None:
        self.ledger = ledger
        self.before = before
        self.calls: dict[str, Mirrored] = {}
        self.marks: dict[tuple[str, Reason], Mark] = {}
        self.batches: list[Batch] = []

    async def apply(self, batch: Batch) -> Sequence[Change]:
        """Apply a batch as a whole, or not at all."""
        self.before(batch)
        self.batches.append(batch)
        changes: dict[str, Change] = {}
        for mark in batch.marks:
            held = self.marks.get((mark.call_id, mark.reason), mark)
            self.marks[mark.call_id, mark.reason] = max(held, mark, key=lambda each: each.due_at)
        for observation in batch.observations:
            if outcome := mirrored.after(self.calls.get(observation.call_id), observation):
                self.calls[observation.call_id] = outcome.mirrored
                if outcome.visible:
                    changes[observation.call_id] = Change(
                        len(self.batches), observation.call_id, outcome.mirrored.state
                    )
            self._fulfil(observation)
        self.ledger.settled |= set(batch.settled)
        return list(changes.values())

    def _fulfil(self, observation: object) -> None:
        """Take away the marks that a reading does the work of."""
        if isinstance(observation, Snapshot | Absence):
            read_at = observation.revision.read_at if isinstance(observation, Snapshot) else observation.noticed_at
            for key, mark in list(self.marks.items()):
                if mark.call_id == observation.call_id and mark.due_at <= read_at:
                    del self.marks[key]

    async def read(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """Not needed."""
        raise NotImplementedError

    async def page(self, query: PageQuery) -> Sequence[Place]:
        """Not needed."""
        raise NotImplementedError

    async def count(self, predicate: Predicate) -> int:
        """Not needed."""
        raise NotImplementedError

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """Not needed."""
        raise NotImplementedError

    async def last_change(self) -> int:
        """Not needed."""
        raise NotImplementedError


def facts(known: Mirrored) -> dict[str, Any]:
    """What webhooks have said of a call."""
    return {name: fact.value for name, fact in known.facts.items()}
