"""Calls that are always under way: some slots, each of which starts a new call when its last one ends.

A slot's calls last equally long, so that which call it holds at a moment is a division and nothing is remembered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from gateway.simulator import ids, kinds, life
from gateway.simulator.chance import numbered, whole
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan, drawn


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """One line that is never idle; its first call began before the anchor (epoch milliseconds)."""

    organisation: Organisation
    number: int

    @property
    def period(self) -> int:
        """How long each call lasts, in milliseconds."""
        return whole(self._key(-1), "period", 90_000, 240_000)

    @property
    def first(self) -> int:
        """When the first call began."""
        return self.organisation.anchor - whole(self._key(-1), "phase", 0, self.period - 1)

    def newest(self, moment: int) -> Iterator[Plan]:
        """Its calls that were created at or before a moment, newest first."""
        latest = (moment - self.first) // self.period
        return (self.plan(generation) for generation in range(latest, -1, -1))

    def count(self, moment: int) -> int:
        """How many of its calls were created at or before a moment."""
        return len(range(self.first, moment + 1, self.period))

    def plan(self, generation: int) -> Plan:
        """The call of a generation."""
        key = self._key(generation)
        lived = life.lasting(key, self.first + generation * self.period, self.period)
        return drawn(self.organisation, key, ids.v7(lived.created, key), kinds.live_kind(key), lived)

    def find(self, identifier: str) -> Plan | None:
        """The call that has an id, if this slot has it, had it or will have it."""
        generation, rest = divmod(ids.moment(identifier) - self.first, self.period)
        if rest or generation < 0:
            return None
        plan = self.plan(generation)
        return plan if plan.id == identifier else None

    def _key(self, generation: int) -> int:
        return numbered(self.organisation.seed, "live", self.number, generation)
