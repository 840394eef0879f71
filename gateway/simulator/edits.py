"""What users changed about calls: names given by PATCH, and calls deleted."""

from __future__ import annotations

import dataclasses

from gateway.simulator.customers import JsonObject
from gateway.simulator.moments import iso
from gateway.simulator.plans import Plan


@dataclasses.dataclass(frozen=True, slots=True)
class Renaming:
    """The name that a call got, and when (epoch milliseconds)."""

    plan: Plan
    name: str
    moment: int


@dataclasses.dataclass
class Edits:
    """Every change since the start or the last reset."""

    renamings: dict[str, Renaming] = dataclasses.field(default_factory=dict)
    deleted: set[str] = dataclasses.field(default_factory=set)

    def updated(self, plan: Plan, now: int) -> int:
        """``updatedAt`` of a call with its renaming."""
        renaming = self.renamings.get(plan.id)
        moment = plan.life.updated(now)
        return max(moment, renaming.moment) if renaming else moment

    def applied(self, plan: Plan, row: JsonObject, now: int) -> JsonObject:
        """A call's row with its renaming."""
        renaming = self.renamings.get(plan.id)
        if renaming is None:
            return row
        return row | {"name": renaming.name, "updatedAt": iso(self.updated(plan, now))}

    def renamed_before(self, moment: int) -> list[Plan]:
        """The renamed calls that were created before a moment, newest first."""
        plans = (renaming.plan for renaming in self.renamings.values())
        return sorted((p for p in plans if p.life.created < moment), key=lambda p: -p.life.created)
