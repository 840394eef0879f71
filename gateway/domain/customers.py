"""The customer across calls: the entity that all calls with one key belong to.

What a call says of its customer is a value (`gateway.domain.customer.CallCustomer`); this is what all of them come to:
each attribute as the newest call that states it does, and the figures of the whole.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from gateway.domain.attributes import Sensitivity, Use, attribute
from gateway.domain.customer import CallCustomer

_WHEN = Use.FILTER | Use.SORT | Use.EXPORT
_HOW_MUCH = Use.FILTER | Use.SORT | Use.MEASURE | Use.EXPORT

SINGLE_CALL = "call:"
"""How the key of a customer begins who is known by nothing but one call: nobody across calls."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Customer(CallCustomer):
    """Somebody who was in calls, with each attribute as the newest call that states it has it."""

    first_seen_at: dt.datetime | None = attribute(
        doc="When the first call was created.", sensitivity=Sensitivity.PUBLIC, use=_WHEN, computed=True
    )
    last_call_at: dt.datetime | None = attribute(
        doc="When the last call was created.", sensitivity=Sensitivity.PUBLIC, use=_WHEN, computed=True
    )
    call_count: int | None = attribute(
        doc="How many calls there were.", sensitivity=Sensitivity.PUBLIC, use=_HOW_MUCH, computed=True
    )
    total_cost: float | None = attribute(
        doc="What they cost together.", unit="USD", sensitivity=Sensitivity.PUBLIC, use=_HOW_MUCH, computed=True
    )
    total_duration_seconds: float | None = attribute(
        doc="How long they lasted together, from start to end.",
        unit="seconds",
        sensitivity=Sensitivity.PUBLIC,
        use=_HOW_MUCH,
        computed=True,
    )
