"""Calls that were created over the wire: the only calls that the simulator has to remember."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from gateway.simulator import ids, life
from gateway.simulator.chance import numbered, whole
from gateway.simulator.kinds import Channel, Kind
from gateway.simulator.organisation import Organisation
from gateway.simulator.places import Place
from gateway.simulator.plans import Plan

KINDS = {Channel.WEB: Kind.WEB, Channel.OUTBOUND: Kind.OUTBOUND, Channel.WEBSOCKET: Kind.WEBSOCKET}

# The part of a creating body that the call repeats for ever. ``artifactPlan`` and ``customers`` are not in it.
ECHOED = (
    "name", "assistant", "assistantOverrides", "assistantVersion", "squad", "squadOverrides", "workflowId", "workflow",
    "workflowOverrides", "phoneNumber", "customerId", "customer", "metadata", "schedulePlan",
)  # fmt: skip


@dataclasses.dataclass
class Created:
    """The created calls by id, in the order of creation."""

    organisation: Organisation
    plans: dict[str, Plan] = dataclasses.field(default_factory=dict)

    def add(self, body: dict[str, Any], channel: Channel, now: int) -> Plan:
        """Create a call from an accepted body."""
        key = numbered(self.organisation.seed, "created", len(self.plans))
        plan = Plan(
            key=key,
            id=ids.v7(now, key),
            kind=KINDS[channel],
            channel=channel,
            place=Place.NOBODY,
            life=life.lasting(key, now, whole(key, "duration", 60_000, 180_000)),
            assistant=body.get("assistantId"),
            squad=body.get("squadId"),
            phone_number=body.get("phoneNumberId"),
            request={name: body[name] for name in ECHOED if name in body},
        )
        self.plans[plan.id] = plan
        return plan

    def newest(self, moment: int) -> Iterator[Plan]:
        """The calls that were created at or before a moment, newest first."""
        latest_first = list(self.plans.values())[::-1]
        latest_first.sort(key=lambda plan: -plan.life.created)
        return (plan for plan in latest_first if plan.life.created <= moment)
