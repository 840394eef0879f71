"""What users changed about calls: names given by PATCH, calls deleted, structured outputs run again."""

from __future__ import annotations

import dataclasses

from gateway.simulator.customers import JsonObject
from gateway.simulator.moments import BEGINNING, END_OF_TIME, iso
from gateway.simulator.plans import Plan


@dataclasses.dataclass(frozen=True, slots=True)
class Renaming:
    """The name that a call got, and when (epoch milliseconds)."""

    plan: Plan
    name: str
    moment: int


@dataclasses.dataclass(frozen=True, slots=True)
class Deletion:
    """When a call was deleted (epoch milliseconds); None: without a word to the server URL, then or later."""

    plan: Plan
    moment: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Rerun:
    """How often the structured outputs of a call were run again, and when last (epoch milliseconds)."""

    times: int
    moment: int


@dataclasses.dataclass
class Edits:
    """Every change since the start or the last reset."""

    renamings: dict[str, Renaming] = dataclasses.field(default_factory=dict)
    deleted: dict[str, Deletion] = dataclasses.field(default_factory=dict)
    reruns: dict[str, Rerun] = dataclasses.field(default_factory=dict)

    def rerun(self, plan: Plan, now: int) -> None:
        """Run a call's structured outputs once more."""
        before = self.reruns.get(plan.id)
        self.reruns[plan.id] = Rerun(before.times + 1 if before else 1, now)

    def silent_from(self, plan: Plan) -> int:
        """The moment from which a call sends nothing more of its life."""
        deletion = self.deleted.get(plan.id)
        if deletion is None:
            return END_OF_TIME
        return deletion.moment or BEGINNING

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
