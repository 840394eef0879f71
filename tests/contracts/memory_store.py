"""The mirror in memory: the rules of the domain over dictionaries, everything else worked out when it is asked for.

The oracle of the mirrors in databases: what it says is right because there is nothing in it that could be wrong.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.domain import identifiers
from gateway.domain.answers import OUTLINE
from gateway.domain.catalog import Catalog
from gateway.domain.customers import SINGLE_CALL
from gateway.domain.filters import EVERYTHING, Predicate, holds
from gateway.domain.mirrored import GONE, LISTED, Mirrored, State, after, overlaid
from gateway.domain.observations import Observation, Projection
from gateway.domain.ordering import Position, compare, in_order, position
from gateway.ports import Batch, Change, Document, PageQuery, Place, Stored
from gateway.store.packing import unpack

Row = Mapping[str, Any]
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Held:
    """A call: ``read`` is the document as it was read, ``projection`` what the tables hold of it with facts over it."""

    mirrored: Mirrored
    change: int = 0
    read: Document | None = None
    projection: Projection

    @property
    def values(self) -> Row:
        """The columns, with when the call was created, whatever says so."""
        updated = self.mirrored.revision.updated_at if self.mirrored.revision else None
        born = identifiers.created_at(self.mirrored.call_id) or updated
        created = self.projection.values.get("created_at") or max(born or _BEGINNING, _BEGINNING)
        return {**self.projection.values, "id": self.mirrored.call_id, "created_at": created}


class MemoryStore:
    """Implements `gateway.ports.CallStore` and `CustomerStore`; of marks and the ledger it knows nothing."""

    def __init__(self, project: Callable[[Document], Projection], catalog: Catalog) -> None:
        self._project = project
        self._nothing = dict.fromkeys(attribute.flat for attribute in catalog.mirrored())
        self._stated = tuple(a.flat for a in catalog.mirrored_customer() if not a.computed)
        self._calls: dict[str, Held] = {}
        self._last = 0

    async def apply(self, batch: Batch) -> Sequence[Change]:
        """One observation after the other."""
        visible: dict[str, bool] = {}
        for observation in batch.observations:
            changed = self._observe(observation)
            visible[observation.call_id] = visible.get(observation.call_id, False) or changed
        changed_ids = [call_id for call_id, changed in visible.items() if changed]
        for number, call_id in enumerate(changed_ids, self._last + 1):
            self._calls[call_id] = dataclasses.replace(self._calls[call_id], change=number)
        self._last += len(changed_ids)
        return [self._change(self._calls[call_id]) for call_id in changed_ids]

    def _observe(self, observation: Observation) -> bool:
        held = self._calls.get(observation.call_id)
        outcome = after(held.mirrored if held else None, observation)
        if outcome is None:
            return False
        nothing = Held(mirrored=outcome.mirrored, projection=Projection(values=self._nothing))
        held = dataclasses.replace(held or nothing, mirrored=outcome.mirrored)
        if outcome.takes is not None:
            held = dataclasses.replace(held, read=unpack(outcome.takes.body))
        self._calls[observation.call_id] = self._projected(held)
        return outcome.visible

    def _projected(self, held: Held) -> Held:
        if held.mirrored.state in GONE:
            outline = {name: held.values[name] for name in OUTLINE}
            return dataclasses.replace(held, read=None, projection=Projection(values={**self._nothing, **outline}))
        if held.read is None:
            return held
        return dataclasses.replace(held, projection=self._project(overlaid(held.read, held.mirrored.facts)))

    async def read(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """The calls of these ids that were read, or are gone."""
        known = (self._calls[call_id] for call_id in call_ids if call_id in self._calls)
        return {held.mirrored.call_id: _stored(held) for held in known if held.mirrored.state is not State.UNREAD}

    def _listed(self, predicate: Predicate) -> list[Held]:
        listed = (held for held in self._calls.values() if held.mirrored.state in LISTED)
        return [held for held in listed if holds(predicate, held.values, frozenset(held.projection.words.split()))]

    def listed(self) -> list[tuple[Row, frozenset[str]]]:
        """The values of all calls that can be listed, with the words of their texts."""
        return [(held.values, frozenset(held.projection.words.split())) for held in self._listed(EVERYTHING)]

    async def page(self, query: PageQuery) -> Sequence[Place]:
        """The first of those behind the position."""
        held = {each.mirrored.call_id: each for each in self._listed(query.predicate)}
        found = _page([position(each.values, call_id, query.ordering) for call_id, each in held.items()], query)
        return [Place(at, held[at.id].change) for at in found]

    async def count(self, predicate: Predicate) -> int:
        """How many there are."""
        return len(self._listed(predicate))

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """The calls that were changed behind this number."""
        changed = sorted((held for held in self._calls.values() if held.change > after), key=lambda held: held.change)
        return [self._change(held) for held in changed if held.change][:limit]

    async def last_change(self) -> int:
        """The last number."""
        return self._last

    def _change(self, held: Held) -> Change:
        return Change(held.change, held.mirrored.call_id, held.mirrored.state)

    def all_customers(self, within: Predicate = EVERYTHING) -> dict[str, Row]:
        """The customers of the calls for which it holds, by their keys."""
        calls: dict[str, list[Row]] = {}
        for call in sorted(self._listed(within), key=_age):
            if (key := call.values["customer_key"]) and not key.startswith(SINGLE_CALL):
                calls.setdefault(key, []).append(call.values)
        return {key: self._customer(of) for key, of in calls.items()}

    def _customer(self, calls: Sequence[Row]) -> Row:
        """What some calls of a customer come to, oldest first."""
        newest = {name: call[name] for call in calls for name in self._stated if call[name] is not None}
        return {
            **dict.fromkeys(self._stated),
            **newest,
            "customer_key": calls[0]["customer_key"],
            "customer_first_seen_at": calls[0]["created_at"],
            "customer_last_call_at": calls[-1]["created_at"],
            "customer_call_count": len(calls),
            "customer_total_cost": sum(round((call["cost"] or 0) * 10**9) for call in calls) / 10**9,
            "customer_total_duration_seconds": sum(round((c["duration_seconds"] or 0) * 1000) for c in calls) / 1000,
        }

    async def customers(
        self, keys: Sequence[str], *, within: Predicate = EVERYTHING
    ) -> Mapping[str, Mapping[str, Any]]:
        """The customers of these keys."""
        return {key: row for key, row in self.all_customers(within).items() if key in keys}

    async def customer_page(self, query: PageQuery, *, within: Predicate = EVERYTHING) -> Sequence[Position]:
        """The first of those behind the position."""
        rows = self.all_customers(within).items()
        return _page([position(r, key, query.ordering) for key, r in rows if holds(query.predicate, r)], query)

    async def customer_count(self, predicate: Predicate, *, within: Predicate = EVERYTHING) -> int:
        """How many there are."""
        return sum(holds(predicate, row) for row in self.all_customers(within).values())


def _age(held: Held) -> tuple[dt.datetime, str]:
    return held.values["created_at"], held.mirrored.call_id


def _page(positions: Iterable[Position], query: PageQuery) -> list[Position]:
    behind = [at for at in positions if query.after is None or compare(at, query.after, query.ordering) > 0]
    return list(in_order(behind, query.ordering))[: query.limit]


def _stored(held: Held) -> Stored:
    facts = held.mirrored.facts
    return Stored(
        call_id=held.mirrored.call_id,
        change=held.change,
        state=held.mirrored.state,
        revision=held.mirrored.revision,
        provisional=bool(facts),
        document=overlaid(held.read, facts) if held.read is not None else None,
        values=held.values,
    )
