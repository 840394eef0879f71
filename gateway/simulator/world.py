"""All calls there are: those of the past, those under way, those created over the wire, less deleted and forgotten."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice, takewhile

from gateway.simulator import analysis, calls, ids, life, plans
from gateway.simulator.created import Created
from gateway.simulator.customers import JsonObject
from gateway.simulator.edits import Deletion, Edits, Renaming
from gateway.simulator.listing import Filters
from gateway.simulator.live import Slot
from gateway.simulator.moments import BEGINNING
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan
from gateway.simulator.timeline import Timeline


@dataclasses.dataclass
class World:
    """The simulated calls. Only ``created`` and ``edits`` are memory; moments are epoch milliseconds.

    ``retention`` is the age in milliseconds beyond which a call is forgotten; None keeps all.
    """

    timeline: Timeline
    organisation: Organisation
    live: int
    retention: int | None = None

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was created, changed and deleted."""
        self.created = Created(self.organisation)
        self.edits = Edits()

    @cached_property
    def slots(self) -> list[Slot]:
        """The lines on which a call is always under way."""
        return [Slot(self.organisation, number) for number in range(self.live)]

    def record(self, plan: Plan, now: int) -> JsonObject:
        """The row of a call."""
        row = self.edits.applied(plan, calls.record(plan, self.organisation, now), now)
        again = self.edits.reruns.get(plan.id)
        if again is None:
            return row
        return row | {"artifact": analysis.rerun(row["artifact"], plan, self.organisation, again)}

    def find(self, identifier: str, now: int) -> Plan | None:
        """The call that has an id, unless it is deleted, forgotten or yet to come."""
        identifier = identifier.lower()
        if identifier in self.edits.deleted or ids.version(identifier) is None:
            return None
        plan = self.created.plans.get(identifier) or self._past(identifier) or self._live(identifier)
        return plan if plan and self.horizon(now) <= plan.life.created <= now else None

    def matching(self, wanted: Filters, now: int) -> Iterator[Plan]:
        """The calls that pass the filters, newest first, at most as many as the limit."""
        found = self._candidates(wanted, now)
        passing = (plan for plan in found if self._passes(plan, wanted, now))
        return islice(passing, wanted.limit)

    def rename(self, plan: Plan, name: str, now: int) -> None:
        """Give a call a name."""
        self.edits.renamings[plan.id] = Renaming(plan, name, now)

    def delete(self, plan: Plan, now: int | None = None) -> None:
        """Delete a call; without a moment nobody is told."""
        self.edits.deleted[plan.id] = Deletion(plan, now)

    def under_way(self, now: int) -> int:
        """How many calls have begun and not ended."""
        recent = takewhile(lambda plan: plan.life.created > now - life.LONGEST, self.newest(now))
        return sum(plan.life.under_way(now) for plan in recent)

    def count(self, now: int) -> int:
        """How many calls there are."""
        horizon = self.horizon(now)
        past = self.timeline.since(horizon - 1) - self.timeline.since(now)
        lived = sum(slot.count(now) - slot.count(horizon - 1) for slot in self.slots)
        created = sum(horizon <= plan.life.created <= now for plan in self.created.plans.values())
        deleted = sum(horizon <= d.plan.life.created <= now for d in self.edits.deleted.values())
        return past + lived + created - deleted

    def there(self, now: int) -> Iterator[Plan]:
        """Every call that can be read, newest first."""
        horizon = self.horizon(now)
        remembered = takewhile(lambda plan: plan.life.created >= horizon, self.newest(now))
        return (plan for plan in remembered if plan.id not in self.edits.deleted)

    def horizon(self, now: int) -> int:
        """The creation of the oldest call that is not forgotten."""
        return BEGINNING if self.retention is None else now - self.retention

    def newest(self, moment: int) -> Iterator[Plan]:
        """Every call that was created at or before a moment, newest first."""
        streams = [self.created.newest(moment), *(s.newest(moment) for s in self.slots), self.past(moment)]
        return heapq.merge(*streams, key=lambda plan: -plan.life.created)

    def past(self, moment: int) -> Iterator[Plan]:
        """The calls of the past that were created at or before a moment, newest first."""
        indexes = range(self.timeline.since(moment), self.timeline.calls)
        return (plans.past(self.timeline, self.organisation, index) for index in indexes)

    def _candidates(self, wanted: Filters, now: int) -> Iterator[Plan]:
        """A superset of what passes, cut to the moments that can."""
        if wanted.id is not None:
            plan = self.find(wanted.id, now)
            return iter([plan] if plan else [])
        high = min(wanted.created.high, wanted.updated.high, now)
        low = max(wanted.created.low, wanted.updated.low - life.LONGEST, self.horizon(now))
        newest = self.newest(high) if self._known(wanted) else self.created.newest(high)
        recent = takewhile(lambda plan: plan.life.created >= low, newest)
        # A renaming moves updatedAt of a call of any age.
        late = self.edits.renamed_before(low) if wanted.updated.low > BEGINNING else []
        return chain(recent, late)

    def _known(self, wanted: Filters) -> bool:
        """Whether any call that was not created over the wire can pass."""
        ours = self.organisation
        return wanted.assistant in {None, *ours.assistant_ids} and wanted.phone_number in {None, *ours.phone_number_ids}

    def _passes(self, plan: Plan, wanted: Filters, now: int) -> bool:
        return (
            plan.id not in self.edits.deleted
            and wanted.assistant in {None, plan.assistant}
            and wanted.phone_number in {None, plan.phone_number}
            and plan.life.created >= self.horizon(now)
            and plan.life.created in wanted.created
            and self.edits.updated(plan, now) in wanted.updated
        )

    def _past(self, identifier: str) -> Plan | None:
        index = self.timeline.index(identifier)
        return None if index is None else plans.past(self.timeline, self.organisation, index)

    def _live(self, identifier: str) -> Plan | None:
        return next(filter(None, (slot.find(identifier) for slot in self.slots)), None)
