"""A mirror in memory, for whoever reads single calls through it: the pure rule, and dictionaries."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.mirrored import Mirrored, State, after
from gateway.domain.observations import Absence, Erasure, Observation, Projection, Snapshot
from gateway.domain.revisions import revision
from gateway.domain.values import instant
from gateway.ports import Document, Stored


@dataclasses.dataclass
class MemoryMirror:
    """A `gateway.ports.Mirror`.

    ``error`` is raised to whoever asks. ``doubts`` is how often an absence is doubted before it counts; ``forgets``
    makes every absence one that is nobody's doing. ``hold`` keeps the answers back until it is set.
    """

    error: Exception | None = None
    doubts: int = 0
    forgets: bool = False
    hold: asyncio.Event | None = None
    asked: list[tuple[str, ...]] = dataclasses.field(default_factory=list)
    held: dict[str, Mirrored] = dataclasses.field(default_factory=dict)
    documents: dict[str, Document] = dataclasses.field(default_factory=dict)
    values: dict[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    changes: dict[str, int] = dataclasses.field(default_factory=dict)

    async def known(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """What is held of these calls."""
        self._fail()
        self.asked.append(tuple(call_ids))
        held = {call_id: self._stored(call_id) for call_id in call_ids if call_id in self.changes}
        if self.hold is not None:
            await self.hold.wait()
        return held

    async def take(self, redacted: Document, read_at: dt.datetime) -> int | None:
        """Put in a call that was read."""
        self._fail()
        read = Snapshot(
            call_id=redacted["id"],
            revision=revision(instant(redacted.get("updatedAt")), read_at),
            digest=hashlib.sha256(json.dumps(redacted, sort_keys=True).encode()).digest(),
            body=json.dumps(redacted).encode(),
            projection=Projection(values={}),
        )
        return self._observe(read)

    async def absent(self, call_id: str, asked_at: dt.datetime) -> State | None:
        """What it means that upstream does not have a call."""
        self._fail()
        if call_id not in self.held:
            return None
        if self.doubts:
            self.doubts -= 1
        else:
            self._observe(Absence(call_id=call_id, noticed_at=asked_at, deleted=not self.forgets))
        return self.held[call_id].state

    def erase(self, call_id: str) -> None:
        """Forget whoever the call is about."""
        self._observe(Erasure(call_id))

    def _observe(self, observation: Observation) -> int | None:
        call_id = observation.call_id
        outcome = after(self.held.get(call_id), observation)
        if outcome is None:
            return None
        self.held[call_id] = outcome.mirrored
        if outcome.takes is not None:
            self.documents[call_id] = json.loads(outcome.takes.body)
        if outcome.mirrored.state in (State.DELETED, State.ERASED) and call_id in self.documents:
            left = self.documents.pop(call_id)
            self.values[call_id] = {name: left.get(name) for name in ("id", "status")}
        if not outcome.visible:
            return None
        self.changes[call_id] = max(self.changes.values(), default=0) + 1
        return self.changes[call_id]

    def _stored(self, call_id: str) -> Stored:
        held = self.held[call_id]
        return Stored(
            call_id=call_id,
            change=self.changes[call_id],
            state=held.state,
            revision=held.revision,
            document=self.documents.get(call_id),
            values=self.values.get(call_id, {}),
        )

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
