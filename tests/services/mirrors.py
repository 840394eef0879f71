"""Mirrors: a store in memory that applies the pure rule, as much of one as keeping a mirror needs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.domain.filters import Predicate, holds
from gateway.domain.mirrored import LISTED, Mirrored, State, after
from gateway.domain.observations import Absence, Observation, Snapshot
from gateway.domain.ordering import compare, in_order, position
from gateway.ports import Batch, Change, Document, PageQuery, Place, Stored
from tests.contracts.memory_sync import MemorySync


@dataclasses.dataclass
class Mirror:
    """A `gateway.ports.CallStore` beside the state that it shares its transactions with.

    ``before`` and ``afterwards`` are called around each transaction; an error of the first keeps it from happening.
    """

    state: MemorySync = dataclasses.field(default_factory=MemorySync)
    before: Callable[[str], None] = lambda name: None
    afterwards: Callable[[str], None] = lambda name: None
    held: dict[str, Mirrored] = dataclasses.field(default_factory=dict)
    contents: dict[str, Snapshot] = dataclasses.field(default_factory=dict)
    log: list[Change] = dataclasses.field(default_factory=list)
    batches: list[Batch] = dataclasses.field(default_factory=list)

    async def apply(self, batch: Batch) -> Sequence[Change]:
        self.before("apply")
        self.batches.append(batch)
        found = [change for each in batch.observations if (change := self._observe(each))]
        await_marks = self.state.marks
        for mark in batch.marks:
            await_marks[mark.call_id, mark.reason] = mark
        for each in batch.observations:
            if isinstance(each, Snapshot):
                self.state.fulfil(each.call_id, each.revision.read_at)
            elif isinstance(each, Absence):
                self.state.fulfil(each.call_id, each.noticed_at)
        self.afterwards("apply")
        return found

    def _observe(self, observation: Observation) -> Change | None:
        outcome = after(self.held.get(observation.call_id), observation)
        if outcome is None:
            return None
        self.held[observation.call_id] = outcome.mirrored
        if outcome.takes:
            self.contents[observation.call_id] = outcome.takes
        if not outcome.visible:
            return None
        self.log.append(Change(len(self.log) + 1, observation.call_id, outcome.mirrored.state))
        return self.log[-1]

    async def read(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        self.before("read")
        return {call_id: self._stored(call_id) for call_id in call_ids if self._is_read(call_id)}

    def _is_read(self, call_id: str) -> bool:
        return call_id in self.held and self.held[call_id].state is not State.UNREAD

    def _stored(self, call_id: str) -> Stored:
        held = self.held[call_id]
        return Stored(
            call_id=call_id,
            change=0,
            state=held.state,
            revision=held.revision,
            document=None,
            values=self.contents[call_id].projection.values if call_id in self.contents else {},
        )

    async def page(self, query: PageQuery) -> Sequence[Place]:
        self.before("page")
        rows = {call_id: self.contents[call_id].projection.values for call_id in self._listed(query.predicate)}
        places = in_order((position(row, id_, query.ordering) for id_, row in rows.items()), query.ordering)
        behind = [p for p in places if query.after is None or compare(query.after, p, query.ordering) < 0]
        return [Place(each, 0) for each in behind[: query.limit]]

    def _listed(self, predicate: Predicate) -> Sequence[str]:
        listed = [call_id for call_id, held in self.held.items() if held.state in LISTED]
        return [call_id for call_id in listed if holds(predicate, self.contents[call_id].projection.values)]

    async def count(self, predicate: Predicate) -> int:
        return len(self._listed(predicate))

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        return [change for change in self.log if change.number > after][:limit]

    async def last_change(self) -> int:
        return len(self.log)

    @property
    def documents(self) -> dict[str, Document]:
        """The documents of the calls that stand in lists."""
        return {id_: _plain(self.contents[id_]) for id_ in self.held if self.held[id_].state in LISTED}


def _plain(snapshot: Snapshot) -> Document:
    document: dict[str, Any] = json.loads(snapshot.body)
    return document
